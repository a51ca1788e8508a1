import { describe, expect, it } from 'vitest';
import { acme } from '../../test/support/sample-money.ts';
import type { Offer } from '../catalog/catalog.ts';
import { picoUsdPerToken } from '../core/money.ts';
import { mostOfOffer, mostOfPlan, mostTokens } from './plan-cost.ts';

const offer = (usd: number | undefined, maxOutputTokens?: number): Offer => {
  const { price: _, maxOutputTokens: __, ...base } = acme.offer;
  const price = usd === undefined ? undefined : { input: picoUsdPerToken(usd), output: picoUsdPerToken(usd) };
  return { ...base, ...(price !== undefined && { price }), ...(maxOutputTokens !== undefined && { maxOutputTokens }) };
};

const planOf = (...offers: readonly Offer[]): { readonly offer: Offer }[] => offers.map((one) => ({ offer: one }));

describe('mostOfPlan', () => {
  it('is that of the dearest candidate, wherever it stands', () => {
    expect(mostOfPlan(planOf(offer(1, 100), offer(5, 100), offer(2, 100)), { input: 100 })).toBe(1_000_000);
  });

  it('is unknown when the first price is, and leaves later unknown ones to their own attempt', () => {
    expect(mostOfPlan(planOf(offer(undefined), offer(5)), { input: 1 })).toBeNull();
    expect(mostOfPlan(planOf(offer(1, 1), offer(undefined)), { input: 1 })).toBe(2_000);
  });
});

describe('mostOfOffer', () => {
  it('takes the smaller of what the caller asks for and what the model can make, for each answer', () => {
    expect(mostOfOffer(offer(1, 1_000), { input: 0, maxOutput: 10 })).toBe(10_000);
    expect(mostOfOffer(offer(1, 1_000), { input: 0, maxOutput: 5_000 })).toBe(1_000_000);
    expect(mostOfOffer(offer(1, 1_000), { input: 0, maxOutput: 10, answers: 3 })).toBe(30_000);
  });

  it('expects no output tokens where they have no price', () => {
    const embedding: Offer = { ...offer(1), price: { input: picoUsdPerToken(1) } };

    expect(mostOfOffer(embedding, { input: 7 })).toBe(7_000);
    expect(mostTokens(embedding, { input: 7 })).toBe(7);
  });

  it('assumes much, not nothing, where no limit is known', () => {
    expect(mostOfOffer(offer(1), { input: 0 })).toBe(32_768_000);
  });
});
