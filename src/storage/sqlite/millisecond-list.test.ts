import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillisecondList } from './millisecond-list.ts';

describe('MillisecondList', () => {
  it('is written as JSON would write the milliseconds', () => {
    const micros = fc.oneof(
      fc.integer({ min: 0, max: 5_000_000 }),
      fc.nat({ max: 2 ** 52 }),
      fc.constant(Number.NaN),
      fc.integer({ max: 0 }),
    );
    const list = new MillisecondList();

    fc.assert(
      fc.property(fc.array(micros, { maxLength: 8 }), (values) => {
        list.start();
        for (const value of values) list.micros(value);

        expect(list.end()).toBe(JSON.stringify(values.map((value) => value / 1_000)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('writes whole numbers as they are', () => {
    expect(new MillisecondList().start().whole(200).micros(1_500).whole(Number.NaN).end()).toBe('[200,1.5,null]');
  });
});
