import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputTotal, outputTotal, usageFromTotals } from '../../canonical/usage.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeUsage, encodeUsage, mergeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it('adds cache reads and writes to the input total', () => {
    const usage = decodeUsage({
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 15 },
    });

    expect(usage).toEqual({ input: 10, cachedInput: 100, cacheWrite: 50, cacheWrite1h: 30, output: 25, reasoning: 15, source: 'upstream' });
  });

  it('takes the cache writes from their parts when there is no sum', () => {
    expect(decodeUsage({ input_tokens: 1, output_tokens: 1, cache_creation: { ephemeral_5m_input_tokens: 4 } })).toMatchObject({
      cacheWrite: 4,
    });
  });

  it('sums the passes of an answer, which the top level leaves out in part', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 100, output_tokens: 20 },
      { type: 'message', input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 3 },
    ];

    expect(decodeUsage({ input_tokens: 10, output_tokens: 5, iterations })).toMatchObject({ input: 110, cachedInput: 3, output: 25 });
  });

  it.each([[undefined], [null], [{}], [{ input_tokens: null }], ['none']])('is undefined for %j', (wire) => {
    expect(decodeUsage(wire)).toBeUndefined();
  });

  it("reads the provider's own cost where the connection knows how", () => {
    const cost = (usage: JsonObject): number => Number(usage.cost) * 1e9;

    expect(decodeUsage({ input_tokens: 1, output_tokens: 1, cost: 0.5 }, { cost })).toMatchObject({ providerCostNanoUsd: 500_000_000 });
  });
});

describe('mergeUsage', () => {
  it('lets the last number win and keeps fields that only one of the two has', () => {
    const start = { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 1 };

    expect(mergeUsage(start, { input_tokens: 61, output_tokens: 30, cache_read_input_tokens: null })).toEqual({
      input_tokens: 61,
      cache_read_input_tokens: 7,
      output_tokens: 30,
    });
  });
});

describe('encodeUsage', () => {
  it('loses no token on the way out and back', () => {
    const count = fc.nat(1_000_000);
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count, count),
        ([input, cachedInput, cacheWrite, cacheWrite1h, output, reasoning]) => {
          const usage = usageFromTotals({
            inputTotal: input + cachedInput + cacheWrite,
            cachedInput,
            cacheWrite,
            cacheWrite1h,
            outputTotal: output + reasoning,
            reasoning,
          });

          const back = decodeUsage(encodeUsage(usage) as JsonObject);

          expect(back).toEqual(usage);
          expect(back && inputTotal(back) + outputTotal(back)).toBe(inputTotal(usage) + outputTotal(usage));
        },
      ),
    );
  });
});
