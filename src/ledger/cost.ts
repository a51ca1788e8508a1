// What a call cost: integer pico-USD per token class and unit, summed exactly, rounded to nano-USD once per entry.
// A class or unit that was counted and has no price makes the whole cost unknown (null), never 0.
import type { TokenPrice } from '../catalog/catalog.ts';
import { inputTotal, type Usage, type UsageUnit } from '../canonical/usage.ts';
import { nanoFromPico } from '../core/money.ts';
import { nanoWithUnits, worstUnitsNanoUsd } from './unit-cost.ts';

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
 * either. Reasoning is billed as output. A class without tokens needs no price. Units are charged besides the tokens,
 * each by the price of its variant or else by that of its kind (`unit-cost.ts`).
 */
export function costOf(usage: Usage, price: TokenPrice | undefined): Cost {
  const nanoUsd = price === undefined ? undefined : listCost(usage, price);
  if (nanoUsd !== undefined) return { costNanoUsd: nanoUsd, priced: true, source: 'price-list' };
  if (usage.providerCostNanoUsd !== undefined) return { costNanoUsd: usage.providerCostNanoUsd, priced: true, source: 'provider' };
  return unknownCost;
}

function listCost(reported: Usage, price: TokenPrice): number | undefined {
  if (price.free === true) return 0;
  const usage = reported.billed === undefined ? reported : asBilled(reported, reported.billed);
  const tier = tierFor(price, inputTotal(usage));
  if (usage.units !== undefined || usage.parts !== undefined || price.units !== undefined) return nanoWithUnits(usage, price, tier);
  const picoUsd = sumClasses(usage, tier);
  return picoUsd === undefined ? undefined : toNano(picoUsd);
}

/** Who tells what it charges for knows no other classes. */
function asBilled(usage: Usage, { input, output }: { readonly input: number; readonly output: number }): Usage {
  return { ...usage, input, output, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, reasoning: 0 };
}

/** What a call may consume at most. */
export interface CallLimits {
  readonly input: number;
  readonly output: number;
  /** Units asked for; without a variant, the dearest one is meant. */
  readonly units?: readonly UsageUnit[] | undefined;
}

/**
 * The most a call can cost: every input token at the dearest input price it could meet, every output token used,
 * in whichever tier is dearer, and every unit besides. null = unknown price.
 */
export function worstCaseNanoUsd(price: TokenPrice | undefined, limits: CallLimits): number | null {
  if (price === undefined) return null;
  if (price.free === true) return 0;
  const unitsNanoUsd = limits.units === undefined ? 0 : worstUnitsNanoUsd(limits.units, price);
  const tokensNanoUsd = price.unitsOnly === true ? 0 : worstTokensNanoUsd(price, limits);
  return unitsNanoUsd === null || tokensNanoUsd === null ? null : unitsNanoUsd + tokensNanoUsd;
}

function worstTokensNanoUsd(price: TokenPrice, tokens: CallLimits): number | null {
  const least = worstOfTierNanoUsd(price, tokens);
  if (least === null || price.above === undefined || tokens.input <= price.above.inputTokens) return least;
  const above = worstOfTierNanoUsd(price.above.price, tokens);
  return above === null ? null : Math.max(least, above);
}

function worstOfTierNanoUsd(tier: TokenPrice, { input, output }: CallLimits): number | null {
  if ((input > 0 && tier.input === undefined) || (output > 0 && tier.output === undefined)) return null;
  const { cachedInput = 0, cacheWrite = 0, cacheWrite1h = 0, inputAudio = 0, inputImage = 0, outputAudio = 0, outputImage = 0 } = tier;
  const dearestInput = Math.max(tier.input ?? 0, cachedInput, cacheWrite, cacheWrite1h, inputAudio, inputImage);
  const dearestOutput = Math.max(tier.output ?? 0, outputAudio, outputImage);
  const sum = input * dearestInput + output * dearestOutput;
  return toNano(sum <= exactLimit ? sum : product(input, dearestInput) + product(output, dearestOutput));
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
