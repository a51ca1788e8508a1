// The cost of what is counted in images, seconds, characters and the like, and of tokens that are no text. Exact: every
// sum is a fraction of whole numbers, and is rounded once. Most calls are text and never come here.
import type { TokenPrice, UnitPrice } from '../catalog/catalog.ts';
import type { Usage, UsageUnit } from '../canonical/usage.ts';

/** Pico-USD as `over / under`. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/** Seconds come with decimals; a thousandth is as fine as any provider counts. */
const countScale = 1_000;

/**
 * Nano-USD, half up; undefined = something was counted that has no price. `price` is the whole list, `tier` the part of it
 * that the size of the prompt chose.
 */
export function nanoWithUnits(usage: Usage, price: TokenPrice, tier: TokenPrice): number | undefined {
  const hasTokens = usage.input + usage.cachedInput + usage.cacheWrite + usage.output + usage.reasoning > 0;
  const units = usage.units ?? [];
  // The list charges by units, and nobody counted any: that is no free call.
  if (price.units !== undefined && units.length === 0 && (price.unitsOnly === true || !hasTokens)) return undefined;

  const tokens = price.unitsOnly === true ? 0n : tokensPicoUsd(usage, tier);
  if (tokens === undefined) return undefined;
  let sum: Fraction = { over: tokens, under: 1n };
  for (const unit of units) {
    if (hasTokens && paidByTokens(unit, price)) continue;
    const picoUsd = unitPicoUsd(unit, priceOf(unit, price.units));
    if (picoUsd === undefined) return undefined;
    sum = plus(sum, picoUsd);
  }
  return toNano(sum);
}

/** The dearest the units can come to; null = one of them has no price. */
export function worstUnitsNanoUsd(units: readonly UsageUnit[], price: TokenPrice): number | null {
  let sum: Fraction = { over: 0n, under: 1n };
  for (const unit of units) {
    const list = unit.variant === undefined ? dearestOf(unit, price.units) : priceOf(unit, price.units);
    const picoUsd = unitPicoUsd(unit, list);
    if (picoUsd === undefined) return null;
    sum = plus(sum, picoUsd);
  }
  return toNano(sum);
}

/** What a model makes when the caller chose nothing has a price under this name, where its sizes have prices of their own. */
const unchosen = 'default';

/** The price of the very variant, else the one that names no variant. */
function priceOf({ unit, variant = unchosen }: UsageUnit, prices: readonly UnitPrice[] = []): UnitPrice | undefined {
  const ofKind = prices.filter((price) => price.unit === unit);
  return ofKind.find((price) => price.variant === variant) ?? ofKind.find((price) => price.variant === undefined);
}

function dearestOf({ unit }: UsageUnit, prices: readonly UnitPrice[] = []): UnitPrice | undefined {
  let dearest: UnitPrice | undefined;
  for (const price of prices) {
    if (price.unit === unit && (dearest === undefined || price.picoUsd / price.per > dearest.picoUsd / dearest.per)) dearest = price;
  }
  return dearest;
}

/** An image that was charged by its tokens is not charged again as an image. */
function paidByTokens({ unit }: UsageUnit, { units }: TokenPrice): boolean {
  return units?.some((price) => price.unit === unit && price.unlessTokens === true) === true;
}

function unitPicoUsd({ count }: UsageUnit, price: UnitPrice | undefined): Fraction | undefined {
  if (!(count > 0)) return { over: 0n, under: 1n };
  if (price === undefined || !Number.isFinite(count)) return undefined;
  return { over: BigInt(Math.round(count * countScale)) * BigInt(price.picoUsd), under: BigInt(countScale * price.per) };
}

function tokensPicoUsd(usage: Usage, price: TokenPrice): bigint | undefined {
  const parts = usage.parts ?? {};
  const outputTokens = usage.output + usage.reasoning;
  const audioIn = atMost(parts.inputAudio, usage.input);
  const imageIn = atMost(parts.inputImage, usage.input - audioIn);
  const audioOut = atMost(parts.outputAudio, outputTokens);
  const imageOut = atMost(parts.outputImage, outputTokens - audioOut);
  const classes: readonly (readonly [tokens: number, price: number | undefined])[] = [
    [usage.input - audioIn - imageIn, price.input],
    [audioIn, price.inputAudio ?? price.input],
    [imageIn, price.inputImage ?? price.input],
    [usage.cachedInput, price.cachedInput ?? price.input],
    [usage.cacheWrite - usage.cacheWrite1h, price.cacheWrite],
    [usage.cacheWrite1h, price.cacheWrite1h],
    [outputTokens - audioOut - imageOut, price.output],
    [audioOut, price.outputAudio ?? price.output],
    [imageOut, price.outputImage ?? price.output],
  ];
  let sum = 0n;
  for (const [tokens, picoPerToken] of classes) {
    if (tokens === 0) continue;
    if (picoPerToken === undefined) return undefined;
    sum += BigInt(tokens) * BigInt(picoPerToken);
  }
  return sum;
}

function atMost(tokens: number | undefined, limit: number): number {
  return tokens !== undefined && tokens > 0 ? Math.min(Math.floor(tokens), limit) : 0;
}

function plus(one: Fraction, other: Fraction): Fraction {
  return { over: one.over * other.under + other.over * one.under, under: one.under * other.under };
}

/** Half up: floor(pico / 1,000 + 1/2). */
function toNano({ over, under }: Fraction): number {
  return Number((2n * over + 1_000n * under) / (2_000n * under));
}
