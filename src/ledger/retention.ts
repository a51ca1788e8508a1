// Forgets old entries in small steps with pauses between them, so that no request waits for a large delete.
import type { Clock } from '../core/clock.ts';
import type { RetentionStore } from './entry-store.ts';

export interface RetentionOptions {
  readonly store: RetentionStore;
  readonly clock: Clock;
  /** 0 = keep everything. */
  readonly retentionDays: number;
  readonly onError?: (cause: unknown) => void;
}

const dayMs = 86_400_000;
const firstPassMs = 60_000;
const passEveryMs = 3_600_000;
const pauseMs = 20;
const rowsPerStep = 500;
// A decision is renewed at most once a day while entries use it, so it must outlive the oldest entry by that day.
const decisionGraceMs = dayMs;

/** The returned function stops it. */
export function startRetention({ store, clock, retentionDays, onError = () => undefined }: RetentionOptions): () => void {
  if (retentionDays <= 0) return () => undefined;
  let cancel = clock.after(firstPassMs, step);

  function step(): void {
    cancel = clock.after(deleteSome() ? pauseMs : passEveryMs, step);
  }

  /** Is there more to delete? */
  function deleteSome(): boolean {
    const cutoffMs = clock.wallMs() - retentionDays * dayMs;
    try {
      const entries = store.deleteEntriesBefore(cutoffMs, rowsPerStep);
      const decisions = store.deleteDecisionsBefore(cutoffMs - decisionGraceMs, rowsPerStep);
      return entries === rowsPerStep || decisions === rowsPerStep;
    } catch (cause) {
      onError(cause);
      return false;
    }
  }

  return () => cancel();
}
