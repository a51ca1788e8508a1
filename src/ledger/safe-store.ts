// A store that may fail, made safe: what it refuses is set aside on disk, and brought home when it works again.
import type { Clock } from '../core/clock.ts';
import type { Batch, EntryStore } from './entry-store.ts';

export type StoreTrouble =
  /** The store refused a batch; it waits on disk. Without a cause: the store is known to be down. */
  | { readonly kind: 'set-aside'; readonly entries: number; readonly cause?: unknown }
  | { readonly kind: 'recovered'; readonly entries: number };

export interface SafeStore {
  /** Resolves when the batch is in the store or on disk; rejects with the disk's error when neither takes it. */
  save(batch: Batch): Promise<void>;
  /** Is the store being retried? */
  isDown(): boolean;
  /** Stops retrying. */
  close(): void;
}

export interface SafeStoreOptions {
  readonly store: EntryStore;
  readonly clock: Clock;
  readonly onTrouble: (trouble: StoreTrouble) => void;
  /** Called when the store works again. */
  readonly onRecovery: () => void;
}

const firstBackoffMs = 100;
const maxBackoffMs = 5_000;

export function createSafeStore({ store, clock, onTrouble, onRecovery }: SafeStoreOptions): SafeStore {
  let backoffMs = 0;
  let cancelRetry: (() => void) | undefined;
  let closed = false;

  function setAside(batch: Batch, trouble: { readonly cause?: unknown }): void {
    store.setAside(batch);
    onTrouble({ kind: 'set-aside', entries: batch.entries.length, ...trouble });
  }

  function retryAfter(delayMs: number): void {
    if (closed) return;
    cancelRetry?.();
    backoffMs = delayMs;
    cancelRetry = clock.after(delayMs, () => void retry());
  }

  async function retry(): Promise<void> {
    if (await recover()) {
      const wasDown = backoffMs > 0;
      backoffMs = 0;
      if (wasDown) onRecovery();
    } else retryAfter(backoffMs === 0 ? firstBackoffMs : Math.min(backoffMs * 2, maxBackoffMs));
  }

  async function recover(): Promise<boolean> {
    try {
      const count = await store.recover();
      if (count > 0) onTrouble({ kind: 'recovered', entries: count });
      return true;
    } catch {
      // The cause was told when the batch was set aside; the next try follows.
      return false;
    }
  }

  // What an earlier process set aside comes home first.
  void retry();

  return {
    async save(batch) {
      if (backoffMs > 0) {
        setAside(batch, {});
        return;
      }
      try {
        await store.save(batch);
      } catch (cause) {
        if (backoffMs === 0) retryAfter(firstBackoffMs);
        setAside(batch, { cause });
      }
    },
    isDown: () => backoffMs > 0,
    close() {
      closed = true;
      cancelRetry?.();
    },
  };
}
