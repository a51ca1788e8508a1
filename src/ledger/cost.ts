// What a call cost: integer pico-USD per token class, summed exactly, rounded to nano-USD once per entry.
// A class that has tokens and no price makes the whole cost unknown (null), never 0.
import type { TokenPrice } from '../catalog/catalog.ts';
import { inputTotal, type Usage } from '../canonical/usage.ts';
import { nanoFromPico } from '../core/money.ts';

export interface Cost {
  /** null = unknown: some class with tokens has no price. */
  readonly costNanoUsd: number | null;
  readonly priced: boolean;
  /** `provider`: the price list had no answer, the provider's own figure for this call was taken. */
  readonly source: 'price-list' | 'provider' | 'unknown';
}

const unknownCost: Cost = { costNanoUsd: null, priced: false, source: 'unknown' };

/**
 * The price list decides; where it is silent the provider's own figure counts (resellers tell one), else the cost is unknown.
 *
 * Rules for absent prices: a cached read costs as much as fresh input (no provider asks more, so this never undercharges);
 * a cache write has no substitute, because providers that count writes bill them above input; a one-hour write has none
 * either. Reasoning is billed as output. A class without tokens needs no price.
 */
export function costOf(usage: Usage, price: TokenPrice | undefined): Cost {
  const picoUsd = price === undefined ? undefined : sumClasses(usage, tierFor(price, inputTotal(usage)));
  if (picoUsd !== undefined) return { costNanoUsd: toNano(picoUsd), priced: true, source: 'price-list' };
  if (usage.providerCostNanoUsd !== undefined) return { costNanoUsd: usage.providerCostNanoUsd, priced: true, source: 'provider' };
  return unknownCost;
}

/**
 * The most a call can cost: every input token at the dearest input price it could meet, every output token used,
 * in whichever tier is dearer. null = unknown price.
 */
export function worstCaseNanoUsd(
  price: TokenPrice | undefined,
  tokens: { readonly input: number; readonly output: number },
): number | null {
  if (price === undefined) return null;
  const tiers = price.above !== undefined && tokens.input > price.above.inputTokens ? [price, price.above.price] : [price];
  let worst = 0;
  for (const tier of tiers) {
    if (tier.input === undefined || tier.output === undefined) return null;
    const dearestInput = Math.max(tier.input, tier.cachedInput ?? 0, tier.cacheWrite ?? 0, tier.cacheWrite1h ?? 0);
    worst = Math.max(worst, toNano(product(tokens.input, dearestInput) + product(tokens.output, tier.output)));
  }
  return worst;
}

/** The tier is chosen by all input, cached or not, and replaces the whole price list, as providers do it. */
function tierFor(price: TokenPrice, inputTokens: number): TokenPrice {
  return price.above !== undefined && inputTokens > price.above.inputTokens ? tierFor(price.above.price, inputTokens) : price;
}

function sumClasses(usage: Usage, price: TokenPrice): number | bigint | undefined {
  const { input, cachedInput, cacheWrite, cacheWrite1h } = usage;
  const output = usage.output + usage.reasoning;
  const cacheWrite5m = cacheWrite - cacheWrite1h;
  if (
    (input > 0 && price.input === undefined) ||
    (cachedInput > 0 && price.cachedInput === undefined && price.input === undefined) ||
    (cacheWrite5m > 0 && price.cacheWrite === undefined) ||
    (cacheWrite1h > 0 && price.cacheWrite1h === undefined) ||
    (output > 0 && price.output === undefined)
  ) {
    return undefined;
  }
  const inputPrice = price.input ?? 0;
  const cachedPrice = price.cachedInput ?? inputPrice;
  const sum =
    input * inputPrice +
    cachedInput * cachedPrice +
    cacheWrite5m * (price.cacheWrite ?? 0) +
    cacheWrite1h * (price.cacheWrite1h ?? 0) +
    output * (price.output ?? 0);
  // Exact while it is small enough; every partial sum is smaller still.
  if (sum <= exactLimit) return sum;
  return (
    product(input, inputPrice) +
    product(cachedInput, cachedPrice) +
    product(cacheWrite5m, price.cacheWrite ?? 0) +
    product(cacheWrite1h, price.cacheWrite1h ?? 0) +
    product(output, price.output ?? 0)
  );
}

/** Room for the half that rounding adds. */
const exactLimit = Number.MAX_SAFE_INTEGER - 500;

// 100 million tokens at 180 USD per million are 1.8e16 pico-USD: past 2^53, where a float would lose the last digits.
function product(tokens: number, picoPerToken: number): bigint {
  return BigInt(tokens) * BigInt(picoPerToken);
}

function toNano(picoUsd: number | bigint): number {
  if (typeof picoUsd === 'number') return nanoFromPico(picoUsd);
  return picoUsd <= BigInt(Number.MAX_SAFE_INTEGER - 500) ? nanoFromPico(Number(picoUsd)) : Number((picoUsd + 500n) / 1000n);
}
