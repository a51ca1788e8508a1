import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { startRetention } from './retention.ts';

const dayMs = 86_400_000;

describe('startRetention', () => {
  it('deletes in steps of 500 with a pause between them, and again an hour later', () => {
    const clock = fakeClock();
    const steps: number[] = [];
    let left = 1_200;
    const store = {
      deleteEntriesBefore(_timeMs: number, limit: number): number {
        const deleted = Math.min(limit, left);
        left -= deleted;
        steps.push(deleted);
        return deleted;
      },
      deleteDecisionsBefore: () => 0,
    };
    startRetention({ store, clock, retentionDays: 30 });

    clock.advance(60_000);
    expect(steps).toEqual([500]);
    clock.advance(19);
    expect(steps).toEqual([500]);
    clock.advance(1_000);
    expect(steps).toEqual([500, 500, 200]);
    clock.advance(3_600_000);
    expect(steps).toEqual([500, 500, 200, 0]);
  });

  it('cuts at the given age, and keeps decisions a day longer', () => {
    const clock = fakeClock();
    const cuts: number[] = [];
    const note = (timeMs: number): number => {
      cuts.push(clock.wallMs() - timeMs);
      return 0;
    };
    startRetention({ store: { deleteEntriesBefore: note, deleteDecisionsBefore: note }, clock, retentionDays: 7 });

    clock.advance(60_000);

    expect(cuts).toEqual([7 * dayMs, 8 * dayMs]);
  });

  it('keeps everything when the retention is 0 days', () => {
    const clock = fakeClock();
    const fail = (): number => {
      throw new Error('must not delete');
    };
    startRetention({ store: { deleteEntriesBefore: fail, deleteDecisionsBefore: fail }, clock, retentionDays: 0 });

    expect(clock.pendingTimers()).toBe(0);
  });

  it('goes on after an error of the store, and stops when told', () => {
    const clock = fakeClock();
    const errors: unknown[] = [];
    const store = {
      deleteEntriesBefore(): number {
        throw new Error('database is locked');
      },
      deleteDecisionsBefore: () => 0,
    };
    const stop = startRetention({ store, clock, retentionDays: 1, onError: (cause) => errors.push(cause) });

    clock.advance(60_000 + 3_600_000);
    expect(errors).toHaveLength(2);
    stop();

    expect(clock.pendingTimers()).toBe(0);
  });
});
