import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toTokenPrice } from './build-price.ts';
import { createCatalog } from './create-catalog.ts';
import type { PriceRecord } from './records.ts';
import { sampleCompiled } from './sample-catalog.ts';

describe('toTokenPrice', () => {
  it('makes pico-USD of every class', () => {
    expect(
      toTokenPrice({ input: 2.5, cached_input: 1.25, output: 10, input_audio: 40, output_image: 32, above: { input_tokens: 9, input: 5 } }),
    ).toEqual({
      input: 2_500_000,
      cachedInput: 1_250_000,
      output: 10_000_000,
      inputAudio: 40_000_000,
      outputImage: 32_000_000,
      above: { inputTokens: 9, price: { input: 5_000_000 } },
    });
  });

  it('keeps the number of units a price is for', () => {
    const { units } = toTokenPrice({
      units: [
        { unit: 'character', usd: 15, per: 1_000_000 },
        { unit: 'image', usd: 0.04, variant: '1024x1024', unless_tokens: true },
      ],
    });

    expect(units).toEqual([
      { unit: 'character', picoUsd: 15e12, per: 1_000_000 },
      { unit: 'image', picoUsd: 4e10, per: 1, variant: '1024x1024', unlessTokens: true },
    ]);
  });

  it('refuses what it would have to round', () => {
    expect(() => toTokenPrice({ units: [{ unit: 'second', usd: 0.111 / 3_600 }] })).toThrow('cannot be held exactly');
    expect(() => toTokenPrice({ input_audio: 0.1234567 })).toThrow('cannot be held exactly');
    expect(() => toTokenPrice({ units: [{ unit: 'image', usd: -1 }] })).toThrow('cannot be held exactly');
  });

  it('holds every price of up to twelve decimals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (picoUsd) => {
        expect(toTokenPrice({ units: [{ unit: 'image', usd: picoUsd / 1e12 }] }).units?.[0]?.picoUsd).toBe(picoUsd);
      }),
    );
  });
});

describe('the price of an offer', () => {
  const priceOf = (price: PriceRecord, local: boolean) =>
    createCatalog(sampleCompiled({ offers: [{ provider: 'acme', id: 'one', model: 'one', price, local }] })).offers[0]?.price;

  it('is nothing for units too where tokens are free on the operator’s own machine', () => {
    expect(priceOf({ input: 0, output: 0 }, true)?.free).toBe(true);
  });

  it('stays what the operator charges for his own machine', () => {
    expect(priceOf({ input: 1, output: 1 }, true)).toEqual({ input: 1_000_000, output: 1_000_000 });
    expect(priceOf({ input: 1, output: 1 }, false)?.free).toBeUndefined();
  });
});
