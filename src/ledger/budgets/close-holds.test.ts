import { describe, expect, it } from 'vitest';
import { closeHolds } from './close-holds.ts';
import type { JournalRecord, Settled } from './hold-journal.ts';

const counter = 1;
const opened = (operationId: string): JournalRecord => ({
  kind: 'opened',
  operation: { operationId, principal: 'key:a', model: 'm', provider: 'p', openedMs: 0, amounts: [[counter, 100]] },
});
const settled = (operationId: string, nanoUsd: number): Settled => ({ operationId, costs: [[counter, nanoUsd]] });
const flushed = (number: number, ...calls: readonly Settled[]): JournalRecord => ({ kind: 'flush', number, settled: calls });
const unknown = (): undefined => undefined;

describe('what a process that died left open', () => {
  it('costs what was settled, and what was held where nobody saw the end', () => {
    const closing = closeHolds([opened('a'), opened('b'), flushed(1, settled('a', 7))], 0, unknown);

    expect(closing.spent).toEqual(new Map([[counter, 107]]));
    expect(closing.closed.map(({ operationId, basis }) => [operationId, basis])).toEqual([['b', 'estimated']]);
  });

  it('is not booked again when the database has it', () => {
    expect(closeHolds([opened('a'), flushed(1, settled('a', 7))], 1, unknown).spent).toEqual(new Map());
  });

  it('is booked once when the database refused it and it was written to the journal again', () => {
    const records = [opened('a'), flushed(1, settled('a', 7)), opened('b'), flushed(2, settled('a', 7), settled('b', 5))];

    expect(closeHolds(records, 0, unknown).spent).toEqual(new Map([[counter, 12]]));
  });
});
