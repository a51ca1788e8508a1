import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenPrice, UnitPrice } from '../catalog/catalog.ts';
import { noUsage, type Usage, type UsageUnit } from '../canonical/usage.ts';
import { costOf, worstCaseNanoUsd } from './cost.ts';

const usd = 1e12;
const nano = (usage: Partial<Usage>, price: TokenPrice): number | null => costOf({ ...noUsage, ...usage }, price).costNanoUsd;
const images = (count: number, variant?: string): UsageUnit => ({ unit: 'image', count, ...(variant !== undefined && { variant }) });

const kinds = ['image', 'second', 'character', 'page', 'request', 'search'] as const;
const anyUnit: fc.Arbitrary<UsageUnit> = fc.record({
  unit: fc.constantFrom(...kinds),
  count: fc.integer({ min: 0, max: 100_000_000 }).map((thousandths) => thousandths / 1_000),
});
const anyUnitPrice = (unit: (typeof kinds)[number]): fc.Arbitrary<UnitPrice> =>
  fc.record({
    unit: fc.constant(unit),
    picoUsd: fc.integer({ min: 0, max: 100 * usd }),
    per: fc.constantFrom(1, 60, 1_000, 3_600, 1_000_000),
  });
const anyUnitPrices = fc.tuple(...kinds.map(anyUnitPrice));
const anyTokens = fc.record({ input: fc.nat(1_000_000), output: fc.nat(1_000_000) });

describe('the cost of units', () => {
  it('is that of the very variant, else that of the kind', () => {
    const price: TokenPrice = {
      units: [
        { unit: 'image', picoUsd: 0.04 * usd, per: 1 },
        { unit: 'image', picoUsd: 0.12 * usd, per: 1, variant: '1792x1024/hd' },
      ],
    };

    expect(nano({ units: [images(2, '1792x1024/hd')] }, price)).toBe(240_000_000);
    expect(nano({ units: [images(2, '512x512/hd')] }, price)).toBe(80_000_000);
    expect(nano({ units: [images(1), images(1, '1792x1024/hd')] }, price)).toBe(160_000_000);
  });

  it('has a price for what is made when nothing was chosen', () => {
    const price: TokenPrice = {
      units: [
        { unit: 'image', picoUsd: 0.03 * usd, per: 1, variant: 'default' },
        { unit: 'image', picoUsd: 0.03 * usd, per: 1, variant: '512x512' },
      ],
    };

    expect(nano({ units: [images(1)] }, price)).toBe(30_000_000);
    // Four times the size would be four times the price, which the list does not tell.
    expect(nano({ units: [images(1, '2048x2048')] }, price)).toBeNull();
  });

  it('is unknown, never 0, for a unit or a variant without a price', () => {
    const price: TokenPrice = { input: 1, output: 1, units: [{ unit: 'image', picoUsd: 1, per: 1, variant: '1024x1024' }] };

    expect(nano({ units: [images(1, '512x512')] }, price)).toBeNull();
    expect(nano({ units: [{ unit: 'second', count: 3 }] }, price)).toBeNull();
    expect(nano({ input: 5, units: [images(1)] }, { input: 1, output: 1 })).toBeNull();
  });

  it('is unknown where units are charged and nobody counted any', () => {
    const price: TokenPrice = { units: [{ unit: 'second', picoUsd: 1, per: 1 }] };

    expect(nano({}, price)).toBeNull();
    expect(nano({ input: 7 }, { ...price, unitsOnly: true })).toBeNull();
  });

  it('keeps prices that are no whole number for one: 0.111 USD an hour, 15 USD a million characters', () => {
    expect(nano({ units: [{ unit: 'second', count: 12.5 }] }, { units: [{ unit: 'second', picoUsd: 0.111 * usd, per: 3_600 }] })).toBe(
      385_417,
    );
    expect(nano({ units: [{ unit: 'character', count: 33 }] }, { units: [{ unit: 'character', picoUsd: 15 * usd, per: 1_000_000 }] })).toBe(
      495_000,
    );
  });

  it('comes besides the tokens: a search fee on top of the answer', () => {
    const price: TokenPrice = { input: 1_000_000, output: 1_000_000, units: [{ unit: 'search', picoUsd: 0.005 * usd, per: 1 }] };

    expect(nano({ input: 10, output: 10, units: [{ unit: 'search', count: 2 }] }, price)).toBe(20_000 + 10_000_000);
  });

  it('charges an image once: by its tokens where they are told, else by the image', () => {
    const price: TokenPrice = {
      input: 5_000_000,
      output: 30_000_000,
      units: [{ unit: 'image', picoUsd: 0.211 * usd, per: 1, variant: '1024x1024/high', unlessTokens: true }],
    };

    expect(nano({ input: 10, output: 100, units: [images(1, '1024x1024/high')] }, price)).toBe(3_050_000);
    expect(nano({ input: 10, output: 100, units: [images(1, 'auto')] }, price)).toBe(3_050_000);
    expect(nano({ units: [images(1, '1024x1024/high')] }, price)).toBe(211_000_000);
    expect(nano({ units: [images(1, 'auto')] }, price)).toBeNull();
  });

  it('ignores tokens where units are all that is charged', () => {
    const price: TokenPrice = { unitsOnly: true, units: [{ unit: 'search', picoUsd: 2 * usd, per: 1_000 }] };

    expect(nano({ input: 900, units: [{ unit: 'search', count: 1 }] }, price)).toBe(2_000_000);
  });

  it('takes a count that is none for nothing, and one without end for unknown', () => {
    const price: TokenPrice = { units: [{ unit: 'second', picoUsd: usd, per: 1 }] };

    expect(nano({ units: [{ unit: 'second', count: -5 }] }, price)).toBe(0);
    expect(nano({ units: [{ unit: 'second', count: Number.NaN }] }, price)).toBe(0);
    expect(nano({ units: [{ unit: 'second', count: Number.POSITIVE_INFINITY }] }, price)).toBeNull();
  });

  it('is nothing at all where the provider charges nothing', () => {
    expect(nano({ input: 10, units: [images(3)] }, { input: 0, output: 0, free: true })).toBe(0);
  });

  it('falls back on what the provider says it charged', () => {
    const usage: Usage = { ...noUsage, units: [images(1)], providerCostNanoUsd: 70_000_000 };

    expect(costOf(usage, undefined)).toEqual({ costNanoUsd: 70_000_000, priced: true, source: 'provider' });
    expect(costOf(usage, { input: 1, output: 1 }).costNanoUsd).toBe(70_000_000);
  });

  it('is the exact sum, rounded half up once', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 5 }), anyUnitPrices, anyTokens, (units, prices, tokens) => {
        const price: TokenPrice = { input: 123_457, output: 654_321, units: prices };
        const denominator = 1_000n * 3_600_000_000n;
        let over = (BigInt(tokens.input) * 123_457n + BigInt(tokens.output) * 654_321n) * denominator;
        for (const { unit, count } of units) {
          const one = prices.find((candidate) => candidate.unit === unit);
          if (one === undefined) throw new Error('every kind has a price');
          over += BigInt(Math.round(count * 1_000)) * BigInt(one.picoUsd) * (3_600_000_000n / BigInt(one.per));
        }
        fc.pre(units.length > 0 || tokens.input + tokens.output > 0);

        expect(nano({ ...tokens, units }, price)).toBe(Number((2n * over + 1_000n * denominator) / (2_000n * denominator)));
      }),
    );
  });

  it('is never negative, never falls when a unit is added, and never exceeds the worst case', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { minLength: 1, maxLength: 5 }), anyUnit, anyUnitPrices, anyTokens, (units, more, prices, tokens) => {
        const price: TokenPrice = { input: 1_000, output: 5_000, units: prices };
        const before = nano({ ...tokens, units }, price) ?? -1;
        const after = nano({ ...tokens, units: [...units, more] }, price) ?? -1;

        expect(before).toBeGreaterThanOrEqual(0);
        expect(after).toBeGreaterThanOrEqual(before);
        expect((worstCaseNanoUsd(price, { ...tokens, units }) ?? -1) + 1).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

describe('tokens that are no text', () => {
  const price: TokenPrice = { input: 5_000_000, output: 10_000_000, inputImage: 8_000_000, outputImage: 32_000_000 };

  it('are charged at their own price, and the rest of their class at its', () => {
    expect(nano({ input: 100, output: 50, parts: { inputImage: 40, outputImage: 50 } }, price)).toBe(60 * 5_000 + 40 * 8_000 + 50 * 32_000);
  });

  it('cost what their class costs where the list makes no difference', () => {
    expect(nano({ input: 100, output: 50, parts: { inputAudio: 40, outputAudio: 50 } }, price)).toBe(100 * 5_000 + 50 * 10_000);
  });

  it('are at most their whole class, whatever the provider says', () => {
    expect(nano({ input: 10, parts: { inputImage: 99 } }, price)).toBe(10 * 8_000);
  });
});

describe('what the provider says it bills', () => {
  it('is charged in place of what the model read and wrote', () => {
    const usage: Usage = { ...noUsage, input: 507, cachedInput: 20, output: 30, reasoning: 4, billed: { input: 12, output: 8 } };

    expect(costOf(usage, { input: 1_000_000, output: 2_000_000 }).costNanoUsd).toBe(12 * 1_000 + 8 * 2_000);
  });
});

describe('the worst case', () => {
  it('takes the dearest variant where none is named, and is unknown without a price', () => {
    const price: TokenPrice = {
      units: [
        { unit: 'image', picoUsd: 0.04 * usd, per: 1, variant: 'a' },
        { unit: 'image', picoUsd: 0.12 * usd, per: 1, variant: 'b' },
      ],
    };

    expect(worstCaseNanoUsd(price, { input: 0, output: 0, units: [images(2)] })).toBe(240_000_000);
    expect(worstCaseNanoUsd(price, { input: 0, output: 0, units: [images(2, 'a')] })).toBe(80_000_000);
    expect(worstCaseNanoUsd(price, { input: 0, output: 0, units: [{ unit: 'page', count: 1 }] })).toBeNull();
    expect(worstCaseNanoUsd(price, { input: 9, output: 0, units: [images(1)] })).toBeNull();
  });
});
