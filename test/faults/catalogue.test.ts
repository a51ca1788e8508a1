// Every row of the failure catalogue with a few seeds; `npm run faults -- --seeds N [--row K] [--pairs]` plays more.
import { afterAll, describe, expect, it } from 'vitest';
import { playFaults, rows } from './catalogue.ts';
import { choosePairs } from './pairs.ts';

const { FAULT_SEED, FAULT_SEEDS = '5', FAULT_ROWS, FAULT_PAIRS, FAULT_ONLY, FAULT_FROM, FAULT_WITHIN } = process.env;
const seeds = FAULT_SEED === undefined ? Array.from({ length: Number(FAULT_SEEDS) }, (_, index) => index + 1) : [Number(FAULT_SEED)];
const limit = { timeout: 60_000 };

it('is complete', () => {
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 23 }, (_, index) => index + 1));
});

if (FAULT_PAIRS === undefined) {
  const wanted = FAULT_ROWS?.split('+').map(Number);
  if (wanted !== undefined && wanted.length > 1) {
    const pair = rows.filter(({ row }) => wanted.includes(row));
    it.each(seeds)(`survives the faults ${FAULT_ROWS} at once, seed %i`, limit, (seed) => playFaults(seed, pair));
  } else {
    describe.each(rows.filter(({ row }) => wanted?.includes(row) ?? true))('row $row: $name', (fault) => {
      it.each(seeds)('seed %i', limit, (seed) => playFaults(seed, [fault]));
    });
  }
} else {
  const lastBeginMs = performance.now() + Number(FAULT_WITHIN ?? Number.POSITIVE_INFINITY) * 1_000;
  let goOnWith: string | undefined;
  describe.each(choosePairs(rows, { only: FAULT_ONLY, from: FAULT_FROM }))('rows $rows at once', ({ rows: names, faults }) => {
    it.for(seeds)('seed %i', limit, async (seed, { skip }) => {
      if (performance.now() > lastBeginMs) goOnWith ??= names;
      skip(goOnWith !== undefined, 'the time is over');
      await playFaults(seed, faults);
    });
  });
  afterAll(() => {
    process.stdout.write(
      goOnWith === undefined ? 'every pair that was asked for was played\n' : `not played from here on: --from ${goOnWith}\n`,
    );
  });
}
