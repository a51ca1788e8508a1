import { describe, expect, it } from 'vitest';
import { choosePairs } from './pairs.ts';
import type { FaultRow } from './row.ts';

const rows = [1, 2, 3, 4].map((row): FaultRow => ({ row, name: `row ${row}`, play: async () => undefined }));
const namesOf = (wish: Parameters<typeof choosePairs>[1]): readonly string[] => choosePairs(rows, wish).map((pair) => pair.rows);

describe('choosePairs', () => {
  it('plays each row with each other one once', () => {
    expect(namesOf({})).toEqual(['1+2', '1+3', '1+4', '2+3', '2+4', '3+4']);
  });

  it('goes on from a pair, and plays no more than those that are named', () => {
    expect(namesOf({ from: '1+4' })).toEqual(['1+4', '2+3', '2+4', '3+4']);
    expect(namesOf({ only: '3+4,1+2' })).toEqual(['1+2', '3+4']);
    expect(namesOf({ only: '3+4,1+2', from: '1+3' })).toEqual(['3+4']);
  });

  it('refuses a pair that is none', () => {
    expect(() => namesOf({ from: '4+3' })).toThrow('there is no pair 4+3; pairs are named from 1+2 to 3+4');
    expect(() => namesOf({ only: '1+2,1+9' })).toThrow('no pair 1+9');
  });
});
