// Writes the ledger behind the answer: an entry waits at most `flushMs`, then a batch becomes one transaction.
// A row is never lost to a failing store: it is set aside on disk and saved when the store is back.
import { LRUCache } from 'lru-cache';
import { upTo } from '../core/cache-size.ts';
import type { Clock } from '../core/clock.ts';
import type { Entry } from './entry.ts';
import { EntryBatch } from './entry-batch.ts';
import type { Batch, DecisionRecord, EntryStore } from './entry-store.ts';
import { createSafeStore, type StoreTrouble } from './safe-store.ts';

export interface EntryWriterOptions {
  readonly store: EntryStore;
  readonly clock: Clock;
  /** Longest wait of a finished entry: what a kill -9 may cost. */
  readonly flushMs?: number;
  readonly maxBatch?: number;
  /** Entries kept in memory when neither the store nor the disk takes them; the oldest go first. */
  readonly maxQueued?: number;
  /** Told of each failure and of the recovery, for logs and metrics. */
  readonly onTrouble?: (trouble: WriterTrouble) => void;
}

export type WriterTrouble =
  | StoreTrouble
  /** Neither the store nor the disk took a batch; it is kept in memory. */
  | { readonly kind: 'held'; readonly entries: number; readonly cause: unknown }
  | { readonly kind: 'lost'; readonly entries: number };

export interface EntryWriter {
  /** Constant time; the write itself happens later. */
  write(entry: Entry): void;
  /** Keeps a decision once; `toJson` is called off the request's path and only when the decision is new. */
  saveDecision(id: string, toJson: () => string): void;
  /** Resolves when everything written so far is in the store or set aside. */
  flush(): Promise<void>;
  /** Flushes and stops all timers. */
  close(): Promise<void>;
  /** Entries not yet durable. */
  pending(): number;
}

interface PendingDecision {
  readonly id: string;
  readonly toJson: () => string;
}

const dayMs = 86_400_000;
// An id this process has saved lately is not saved again. Once a day it is, which renews its age for retention.
const rememberedDecisions = 10_000;

export function createEntryWriter(options: EntryWriterOptions): EntryWriter {
  const { clock, flushMs = 50, maxBatch = 100, maxQueued = 100_000, onTrouble = () => undefined } = options;
  const store = createSafeStore({ store: options.store, clock, onTrouble, onRecovery: () => void drain() });
  const seenDecisions = new LRUCache<string, number>(upTo(rememberedDecisions));
  /** Oldest first. Entries are added to the last. */
  const queue: EntryBatch[] = [];
  /** Empty, for when the last one is full or on its way. */
  let spare: EntryBatch | undefined = new EntryBatch(maxBatch);
  let queued = 0;
  let decisions: PendingDecision[] = [];
  let timer: { readonly delayMs: number; readonly cancel: () => void } | undefined;
  let draining: Promise<void> | undefined;
  let inFlight = 0;

  function schedule(delayMs: number): void {
    if (draining !== undefined || (timer !== undefined && timer.delayMs <= delayMs)) return;
    timer?.cancel();
    timer = { delayMs, cancel: clock.after(delayMs, () => void drain()) };
  }

  function drain(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    draining ??= saveAll().then((allSafe) => {
      draining = undefined;
      // Written in the moment between the last look at the queue and now. What is held waits for the store's recovery.
      if (allSafe && queued + decisions.length > 0) schedule(flushMs);
    });
    return draining;
  }

  async function saveAll(): Promise<boolean> {
    while (queued + decisions.length > 0) {
      const batch = takeBatch();
      inFlight = batch.entries.length;
      try {
        await store.save(batch);
        batch.entries.clear();
        spare = batch.entries;
      } catch (cause) {
        hold(batch, cause);
        return false;
      } finally {
        inFlight = 0;
      }
    }
    return true;
  }

  function takeBatch(): Batch {
    const nowMs = clock.wallMs();
    const entries = queue.shift() ?? takeEmpty();
    queued -= entries.length;
    const batch = { entries, decisions: decisions.map((decision) => toRecord(decision, nowMs)) };
    decisions = [];
    return batch;
  }

  function takeEmpty(): EntryBatch {
    const empty = spare ?? new EntryBatch(maxBatch);
    spare = undefined;
    return empty;
  }

  function lastWithRoom(): EntryBatch {
    const last = queue.at(-1);
    if (last !== undefined && !last.isFull) return last;
    const empty = takeEmpty();
    queue.push(empty);
    return empty;
  }

  function hold(batch: Batch, cause: unknown): void {
    queue.unshift(batch.entries);
    queued += batch.entries.length;
    for (const { id, json } of batch.decisions) decisions.push({ id, toJson: () => json });
    if (queued > maxQueued) dropOldest(queued - maxQueued);
    onTrouble({ kind: 'held', entries: queued, cause });
  }

  function dropOldest(surplus: number): void {
    let left = surplus;
    while (left > 0) {
      const entries = queue.shift()?.toEntries() ?? [];
      if (entries.length > left) queue.unshift(EntryBatch.of(entries.slice(left)));
      left -= entries.length;
    }
    queued -= surplus;
    onTrouble({ kind: 'lost', entries: surplus });
  }

  async function flush(): Promise<void> {
    // A drain under way may have begun before the last write.
    await draining;
    await drain();
  }

  return {
    write(entry) {
      lastWithRoom().add(entry);
      queued += 1;
      schedule(queued >= maxBatch && !store.isDown() ? 0 : flushMs);
    },
    saveDecision(id, toJson) {
      const nowMs = clock.wallMs();
      const seenMs = seenDecisions.get(id);
      if (seenMs !== undefined && nowMs - seenMs < dayMs) return;
      seenDecisions.set(id, nowMs);
      decisions.push({ id, toJson });
      schedule(flushMs);
    },
    flush,
    async close() {
      await flush();
      store.close();
      // Neither the store nor the disk would take them to the end.
      if (queued > 0) onTrouble({ kind: 'lost', entries: queued });
    },
    pending: () => queued + inFlight,
  };
}

// A decision that cannot be spelled out is a bug elsewhere; it must not take the entries of its batch with it.
function toRecord({ id, toJson }: PendingDecision, seenMs: number): DecisionRecord {
  try {
    return { id, json: toJson(), seenMs };
  } catch (cause) {
    return { id, json: JSON.stringify({ error: `this decision could not be written: ${String(cause)}` }), seenMs };
  }
}
