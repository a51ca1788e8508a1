// Every row of the failure catalogue with a few seeds; `npm run faults -- --seeds N [--row K] [--pairs]` plays more.
import { describe, expect, it } from 'vitest';
import { playFaults, rows } from './catalogue.ts';

const { FAULT_SEED, FAULT_SEEDS = '5', FAULT_ROWS, FAULT_PAIRS } = process.env;
const seeds = FAULT_SEED === undefined ? Array.from({ length: Number(FAULT_SEEDS) }, (_, index) => index + 1) : [Number(FAULT_SEED)];
const limit = { timeout: 60_000 };

it('is complete', () => {
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
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
  const pairs = rows.flatMap((one, index) => rows.slice(index + 1).map((two) => ({ one, two, rows: `${one.row}+${two.row}` })));
  describe.each(pairs)('rows $rows at once', ({ one, two }) => {
    it.each(seeds)('seed %i', limit, (seed) => playFaults(seed, [one, two]));
  });
}
