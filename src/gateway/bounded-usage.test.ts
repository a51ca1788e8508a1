import fc from 'fast-check';
import { expect, it } from 'vitest';
import { noUsage, outputTotal } from '../canonical/usage.ts';
import { boundedUsage } from './bounded-usage.ts';

const count = fc.integer({ min: 0, max: 100_000 });

it('never leaves more output than the model can make, nor less than nothing', () => {
  fc.assert(
    fc.property(count, count, count, fc.integer({ min: 0, max: 4 }), (output, reasoning, most, answers) => {
      const usage = boundedUsage({ ...noUsage, output, reasoning }, most, answers);

      expect(outputTotal(usage)).toBe(Math.min(output + reasoning, most * Math.max(1, answers)));
      expect(Math.min(usage.output, usage.reasoning)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('says what it did, and leaves alone what is possible or unknown', () => {
  const usage = { ...noUsage, output: 10, reasoning: 5, anomaly: 'odd' };

  expect(boundedUsage(usage, 8)).toEqual({ ...usage, output: 3, anomaly: 'odd, output > model maximum' });
  expect(boundedUsage(usage, 15)).toBe(usage);
  expect(boundedUsage(usage, undefined)).toBe(usage);
});
