// What a process that died left open → what to book. Settled calls cost what they cost; a call whose end nobody saw costs what
// its ledger entry says, and without one what was reserved for it: closed as `estimated`.
import type { JournalRecord, OpenHold } from './hold-journal.ts';

export interface ClosedHold extends OpenHold {
  /** `entry`: the ledger knew the cost. */
  readonly basis: 'entry' | 'estimated';
}

export interface Closing {
  /** Counter id → nano-USD to add to what is spent. */
  readonly spent: ReadonlyMap<number, number>;
  readonly closed: readonly ClosedHold[];
}

/** `costOfEntry`: undefined = there is no entry, or its cost is unknown. `flushes`: the last one the database has seen. */
export function closeHolds(
  records: readonly JournalRecord[],
  flushes: number,
  costOfEntry: (operationId: string) => number | undefined,
): Closing {
  const spent = new Map<number, number>();
  const add = (counterId: number, nanoUsd: number): void => void spent.set(counterId, (spent.get(counterId) ?? 0) + nanoUsd);
  const open = new Map<string, Map<number, number>>();
  const facts = new Map<string, OpenHold>();
  const settled = new Set<string>();
  for (const record of records) {
    if (record.kind === 'opened') {
      const { operationId, amounts } = record.operation;
      const known = open.get(operationId) ?? new Map<number, number>();
      // A call that went on to another candidate is written again, with what it holds by then.
      for (const [counterId, nanoUsd] of amounts) known.set(counterId, nanoUsd);
      open.set(operationId, known);
      facts.set(operationId, record.operation);
      continue;
    }
    for (const { operationId, costs } of record.settled) {
      open.delete(operationId);
      // What the database refused stands in the next flush again.
      if (settled.has(operationId)) continue;
      settled.add(operationId);
      // Flushes up to the last one are in the database already: adding them again would charge twice.
      if (record.number > flushes) for (const [counterId, nanoUsd] of costs) add(counterId, nanoUsd);
    }
  }
  const closed: ClosedHold[] = [];
  for (const [operationId, amounts] of open) {
    const cost = costOfEntry(operationId);
    for (const [counterId, reserved] of amounts) add(counterId, cost ?? reserved);
    const fact = facts.get(operationId);
    if (fact !== undefined) closed.push({ ...fact, amounts: [...amounts], basis: cost === undefined ? 'estimated' : 'entry' });
  }
  return { spent, closed };
}
