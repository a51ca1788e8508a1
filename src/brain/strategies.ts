// The strategies: how each orders offers, and the number that stands for an offer's place in it. Ties are broken by id, so
// the same question always has the same answer.
import type { Offer } from '../catalog/catalog.ts';
import { compareText } from '../catalog/name-index.ts';
import type { Strategy } from './decision.ts';
import { factsOf, unknownPrice } from './offer-facts.ts';

/** What `balanced` gives each part; they add up to 1. */
const balancedWeights = { quality: 0.4, cost: 0.4, speed: 0.2 } as const;

/** A list price (a million tokens in and out) that `balanced` counts as the dearest there is. */
const dearestUsd = 300;

/** Dearer calls all rank as this one: the score stays comparable. */
const dearestCallUsd = 900;

/**
 * - `quality-first`: quality tier, speed tier, price, id
 * - `speed-priority`: speed tier, quality tier, price, id
 * - `cost-optimized`: worst-case cost of this request, then as `quality-first`
 * - `balanced`: the weighted sum, then id
 */
export function compareStanding(one: Offer, other: Offer, strategy: Strategy): number {
  const a = factsOf(one);
  const b = factsOf(other);
  const quality = b.quality - a.quality;
  const speed = b.speed - a.speed;
  const price = a.listPrice - b.listPrice || compareText(one.canonicalId, other.canonicalId);
  if (strategy === 'speed-priority') return speed || quality || price;
  if (strategy === 'balanced') return balancedScore(other) - balancedScore(one) || compareText(one.canonicalId, other.canonicalId);
  return quality || speed || price;
}

/** Higher is better. For `cost-optimized` it is minus the worst-case cost of this request (`costNanoUsd`) in USD. */
export function scoreOf(offer: Offer, strategy: Strategy, costNanoUsd: number): number {
  const { quality, speed, listPrice } = factsOf(offer);
  // Between 0 (unknown or without end) and 9 (free), so that a price never outweighs a tier.
  const price = listPrice === unknownPrice ? 0 : 9 / (1 + listPrice / 1_000_000);
  switch (strategy) {
    case 'quality-first':
      return 100 * quality + 10 * speed + price;
    case 'speed-priority':
      return 100 * speed + 10 * quality + price;
    case 'balanced':
      return balancedScore(offer);
    case 'cost-optimized':
      return -Math.min(costNanoUsd / 1e9, dearestCallUsd);
  }
}

function balancedScore(offer: Offer): number {
  const { quality, speed, listPrice } = factsOf(offer);
  // Logarithmic: from 1 to 10 USD is as far as from 10 to 100.
  const usd = listPrice / 1_000_000;
  const cheapness = listPrice === unknownPrice ? 0 : Math.max(0, 1 - Math.log1p(usd) / Math.log1p(dearestUsd));
  const { quality: q, cost: c, speed: s } = balancedWeights;
  return (q * quality) / 2 + c * cheapness + (s * speed) / 2;
}
