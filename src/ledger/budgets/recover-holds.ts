// Closes what a crashed process left open: its journal says which calls, its sign of life says that it is dead.
import type { Clock } from '../../core/clock.ts';
import type { Entry } from '../entry.ts';
import type { BudgetStore, ProcessState } from './budget-store.ts';
import { type ClosedHold, closeHolds } from './close-holds.ts';
import type { HoldJournals } from './hold-journal.ts';
import { heartbeatMs } from './process-leases.ts';

export interface RecoverHoldsOptions {
  readonly store: BudgetStore;
  readonly journals: HoldJournals;
  readonly clock: Clock;
  /** The cost in the operation's ledger entry; undefined = no entry, or its cost is unknown. */
  readonly costOfEntry: (operationId: string) => number | undefined;
  readonly onClosed: (closed: readonly ClosedHold[]) => void;
  readonly onTrouble: (cause: unknown) => void;
  /** The process this runs in: a loop that was held up must not take itself for dead. */
  readonly ownProcess: () => string;
}

/** Three missed signs of life. With a look every ten seconds a crashed process is closed within 41 s of the restart. */
const deadAfterMs = 3 * heartbeatMs;

/** When a process was first seen without a sign of life since. */
interface Seen {
  readonly flushes: number;
  readonly sinceMs: number;
}

/**
 * Looks every ten seconds; the returned function stops it. A process is dead when its count of flushes, which each sign of life
 * raises, stands still while we watch: the clock on the wall may jump, and would take the living for dead.
 */
export function startHoldRecovery(options: RecoverHoldsOptions): () => void {
  const { store, clock, ownProcess, onTrouble } = options;
  let seen = new Map<string, Seen>();
  let cancel = (): void => undefined;

  function look(): void {
    cancel = clock.after(heartbeatMs, look);
    try {
      const nowMs = clock.monotonicMs();
      const now = new Map<string, Seen>();
      for (const process of store.listProcesses()) {
        if (process.id === ownProcess()) continue;
        const before = seen.get(process.id);
        if (before?.flushes !== process.flushes) now.set(process.id, { flushes: process.flushes, sinceMs: nowMs });
        else if (nowMs - before.sinceMs >= deadAfterMs) closeProcess(process, options);
        else now.set(process.id, before);
      }
      seen = now;
    } catch (cause) {
      onTrouble(cause);
    }
  }

  look();
  return () => cancel();
}

/** Books what a dead process left open, and gives its leases back. */
export function closeProcess(
  { id, flushes }: ProcessState,
  { store, journals, costOfEntry, onClosed }: Omit<RecoverHoldsOptions, 'clock' | 'onTrouble' | 'ownProcess'>,
): void {
  const { spent, closed } = closeHolds(journals.read(id), flushes, costOfEntry);
  // Another process may have been faster; only one of them books.
  if (!store.closeProcess(id, spent)) return;
  journals.remove(id);
  if (closed.length > 0) onClosed(closed);
}

/** The ledger's line for a call whose end nobody saw: it may have cost all that was held for it. */
export function toEstimatedEntry(hold: ClosedHold): Entry {
  return {
    id: hold.operationId,
    timeMs: hold.openedMs,
    principal: hold.principal,
    dialect: 'unknown',
    endpoint: 'unknown',
    model: hold.model,
    provider: hold.provider,
    stream: false,
    status: 500,
    errorCode: 'internal_error',
    attempts: [],
    costNanoUsd: Math.max(0, ...hold.amounts.map(([, nanoUsd]) => nanoUsd)),
    warnings: ['cost: estimated, because the gateway stopped before the call ended'],
    finish: 'estimated',
    timings: { authMs: 0, planMs: 0, totalMs: 0, overheadMs: 0 },
  };
}
