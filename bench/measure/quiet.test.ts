import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createQuiet } from './quiet.ts';

/** A machine on which so many ticks of a thousand are stolen during each measurement, one after the other. */
function machine(stolen: readonly number[]) {
  let all = 0;
  let gone = 0;
  let reads = 0;
  const readStat = (): string => {
    if (reads % 2 === 1) {
      const share = stolen[(reads - 1) / 2] ?? 0;
      all += 1_000 - share;
      gone += share;
    }
    reads += 1;
    return `cpu  ${all} 0 0 0 0 0 0 ${gone} 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n`;
  };
  let calls = 0;
  return { readStat, work: async () => (calls += 1) };
}

describe('a measurement', () => {
  it('is made once on a quiet machine', async () => {
    const { readStat, work } = machine([20]);
    const quiet = createQuiet({ patienceMs: 1_000, readStat, pauseMs: 0 });

    expect(await quiet.measure(work)).toBe(1);
    expect(quiet.notes()).toEqual([]);
  });

  it('is repeated until the host leaves it the processor', async () => {
    const { readStat, work } = machine([300, 21, 5]);
    const quiet = createQuiet({ patienceMs: 1_000, readStat, pauseMs: 0 });

    expect(await quiet.measure(work)).toBe(3);
    expect(quiet.notes()).toEqual(["2 measurements repeated: the host had taken more than 2 % of the processor's time from them."]);
  });

  it('is the quietest of its tries when patience ends, and the report says how quiet', async () => {
    const { readStat, work } = machine([300, 100, 200, 200]);
    const quiet = createQuiet({ patienceMs: 25, readStat, pauseMs: 10 });

    expect(await quiet.measure(work)).toBe(2);
    expect(quiet.notes().join()).toContain('in the worst that was kept it was 10 %');
    // Nothing of the patience is left for the next one.
    expect(await quiet.measure(work)).toBeGreaterThan(2);
  });
});

it.skipIf(process.platform !== 'linux')('reads what this kernel counts', async () => {
  expect(readFileSync('/proc/stat', 'latin1').split('\n')[0]?.trim().split(/\s+/).length).toBeGreaterThanOrEqual(9);
  expect(await createQuiet({ patienceMs: 0 }).measure(async () => 'measured')).toBe('measured');
});
