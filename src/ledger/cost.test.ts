import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenPrice } from '../catalog/catalog.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';
import { picoUsdPerToken } from '../core/money.ts';
import { costOf, worstCaseNanoUsd } from './cost.ts';

const price: TokenPrice = {
  input: picoUsdPerToken(3),
  cachedInput: picoUsdPerToken(0.3),
  cacheWrite: picoUsdPerToken(3.75),
  cacheWrite1h: picoUsdPerToken(6),
  output: picoUsdPerToken(15),
};

const tokens = fc.integer({ min: 0, max: 10_000_000 });
const anyUsage: fc.Arbitrary<Usage> = fc
  .record({ input: tokens, cachedInput: tokens, cacheWrite: tokens, hour: fc.nat(100), output: tokens, reasoning: tokens })
  .map(({ hour, ...classes }) => ({
    ...classes,
    cacheWrite1h: Math.floor((classes.cacheWrite * hour) / 100),
    source: 'upstream' as const,
  }));
const picoPrice = fc.integer({ min: 0, max: 600_000_000 });
type TokenClass = 'input' | 'cachedInput' | 'cacheWrite' | 'cacheWrite1h' | 'output';
const fullPrice: fc.Arbitrary<Readonly<Record<TokenClass, number>>> = fc.record({
  input: picoPrice,
  cachedInput: picoPrice,
  cacheWrite: picoPrice,
  cacheWrite1h: picoPrice,
  output: picoPrice,
});

describe('costOf', () => {
  it('prices every class once', () => {
    const usage: Usage = {
      input: 1_000,
      cachedInput: 10_000,
      cacheWrite: 500,
      cacheWrite1h: 200,
      output: 400,
      reasoning: 100,
      source: 'upstream',
    };

    // 3,000 + 3,000 + 300 × 3.75 + 200 × 6 + 500 × 15 micro-USD
    expect(costOf(usage, price)).toEqual({ costNanoUsd: 15_825_000, priced: true, source: 'price-list' });
  });

  it('is the exact sum over the classes, rounded half up once', () => {
    fc.assert(
      fc.property(anyUsage, fullPrice, (usage, list) => {
        const picoUsd =
          BigInt(usage.input) * BigInt(list.input) +
          BigInt(usage.cachedInput) * BigInt(list.cachedInput) +
          BigInt(usage.cacheWrite - usage.cacheWrite1h) * BigInt(list.cacheWrite) +
          BigInt(usage.cacheWrite1h) * BigInt(list.cacheWrite1h) +
          BigInt(usage.output + usage.reasoning) * BigInt(list.output);

        expect(costOf(usage, list).costNanoUsd).toBe(Number((picoUsd + 500n) / 1_000n));
      }),
    );
  });

  it('is never negative and never falls when tokens are added', () => {
    fc.assert(
      fc.property(anyUsage, fullPrice, fc.constantFrom('input', 'cachedInput', 'output', 'reasoning'), (usage, list, field) => {
        const before = costOf(usage, list).costNanoUsd ?? -1;
        const after = costOf({ ...usage, [field]: usage[field as 'input'] + 1 }, list).costNanoUsd ?? -1;

        expect(before).toBeGreaterThanOrEqual(0);
        expect(after).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('rounds the sum and not the classes: three classes of 0.4 nano-USD are 1, not 0', () => {
    expect(costOf({ ...noUsage, input: 1, cachedInput: 1, output: 1 }, { input: 400, cachedInput: 400, output: 400 }).costNanoUsd).toBe(1);
  });

  it('is unknown, not 0, when a class with tokens has no price', () => {
    const { output: _, ...withoutOutput } = price;

    expect(costOf({ ...noUsage, input: 5, output: 1 }, withoutOutput)).toEqual({ costNanoUsd: null, priced: false, source: 'unknown' });
    expect(costOf({ ...noUsage, input: 5, reasoning: 1 }, withoutOutput).priced).toBe(false);
    expect(costOf({ ...noUsage, input: 5 }, undefined).priced).toBe(false);
    expect(costOf(noUsage, undefined).costNanoUsd).toBeNull();
  });

  it('needs no price for a class without tokens', () => {
    expect(costOf({ ...noUsage, input: 5 }, { input: 2_000 }).costNanoUsd).toBe(10);
  });

  it('charges cached reads as input where the list has no price for them', () => {
    expect(costOf({ ...noUsage, cachedInput: 5 }, { input: 2_000 }).costNanoUsd).toBe(10);
  });

  it('has no substitute for the price of a cache write, of either kind', () => {
    expect(costOf({ ...noUsage, cacheWrite: 5 }, { input: 2_000, output: 2_000 }).priced).toBe(false);
    expect(costOf({ ...noUsage, cacheWrite: 5, cacheWrite1h: 5 }, { input: 2_000, cacheWrite: 2_500 }).priced).toBe(false);
  });

  it('prices the whole request by the tier that all its input reaches, cached input included', () => {
    const tiered: TokenPrice = {
      ...price,
      above: { inputTokens: 200_000, price: { input: picoUsdPerToken(6), output: picoUsdPerToken(22.5) } },
    };

    expect(costOf({ ...noUsage, input: 200_000 }, tiered).costNanoUsd).toBe(600_000_000);
    expect(costOf({ ...noUsage, input: 1, cachedInput: 200_000 }, tiered).costNanoUsd).toBe(200_001 * 6_000);
  });

  it('takes the word of the provider only where the list is silent', () => {
    const usage: Usage = { ...noUsage, input: 10, providerCostNanoUsd: 77 };

    expect(costOf(usage, undefined)).toEqual({ costNanoUsd: 77, priced: true, source: 'provider' });
    expect(costOf(usage, price).costNanoUsd).toBe(30_000);
  });

  it('stays exact past the largest safe number of pico-USD', () => {
    expect(costOf({ ...noUsage, output: 100_000_001 }, { output: picoUsdPerToken(180) }).costNanoUsd).toBe(18_000_000_180_000);
  });
});

describe('worstCaseNanoUsd', () => {
  it('is never below what the same tokens then cost', () => {
    fc.assert(
      fc.property(anyUsage, fullPrice, fullPrice, fc.integer({ min: 1, max: 20_000_000 }), (usage, list, above, inputTokens) => {
        const tiered: TokenPrice = { ...list, above: { inputTokens, price: above } };
        const input = usage.input + usage.cachedInput + usage.cacheWrite;
        const worst = worstCaseNanoUsd(tiered, { input, output: usage.output + usage.reasoning });

        expect(worst).toBeGreaterThanOrEqual(costOf(usage, tiered).costNanoUsd ?? 0);
      }),
    );
  });

  it('is unknown where a price is', () => {
    expect(worstCaseNanoUsd({ input: 1 }, { input: 1, output: 1 })).toBeNull();
    expect(worstCaseNanoUsd(undefined, { input: 1, output: 1 })).toBeNull();
  });
});
