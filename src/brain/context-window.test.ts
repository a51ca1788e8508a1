import fc from 'fast-check';
import { expect, it } from 'vitest';
import { neededTokens, roundUpContext } from './context-window.ts';
import { sampleProfile } from './sample-situation.ts';

const ascending = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 8 }).map((limits) => limits.sort((a, b) => a - b));

it('rounds to a count that fits exactly the same windows, named or chosen', () => {
  fc.assert(
    fc.property(
      ascending,
      fc.integer({ min: 0, max: 9_000 }),
      fc.integer({ min: 0, max: 3_000 }),
      (limits, contextTokens, maxOutputTokens) => {
        const rounded = roundUpContext(contextTokens, maxOutputTokens, limits);

        const fits = (tokens: number, named: boolean) =>
          limits.map((limit) => neededTokens(sampleProfile({ contextTokens: tokens, maxOutputTokens }), named) <= limit);
        expect(fits(rounded, false)).toEqual(fits(contextTokens, false));
        expect(fits(rounded, true)).toEqual(fits(contextTokens, true));
      },
    ),
    { numRuns: 5_000 },
  );
});

it('makes few questions of many prompts', () => {
  const limits = [8_192, 128_000, 200_000, 1_000_000];
  const rounded = new Set<number>();
  for (let tokens = 1; tokens < 2_000_000; tokens += 37) rounded.add(roundUpContext(tokens, 0, limits));

  expect(rounded.size).toBeLessThanOrEqual(2 * limits.length + 1);
});

it('leaves an unknown size unknown', () => {
  expect(roundUpContext(0, 4_000, [8_192])).toBe(0);
});
