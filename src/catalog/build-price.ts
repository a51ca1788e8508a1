// Prices as lists give them → integers. A price that would have to be rounded is refused: it would falsify every cost.
import { picoUsdPerToken, picoUsdPerUnits } from '../core/money.ts';
import type { TokenPrice, UnitPrice } from './catalog.ts';
import type { PriceRecord, UnitPriceRecord } from './records.ts';

/** Members of a price that are USD per million tokens, and what they become. */
const tokenClasses = [
  ['input', 'input'],
  ['cached_input', 'cachedInput'],
  ['cache_write', 'cacheWrite'],
  ['cache_write_1h', 'cacheWrite1h'],
  ['output', 'output'],
  ['input_audio', 'inputAudio'],
  ['input_image', 'inputImage'],
  ['output_audio', 'outputAudio'],
  ['output_image', 'outputImage'],
] as const satisfies readonly (readonly [keyof PriceRecord, keyof TokenPrice])[];

const freePrice: TokenPrice = { input: 0, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0, free: true };

/** USD per million tokens → pico-USD per token. Throws a RangeError for a price that cannot be held exactly. */
export function toTokenPrice(price: PriceRecord): TokenPrice {
  if (price.free === true) return freePrice;
  const built: { -readonly [key in keyof TokenPrice]: TokenPrice[key] } = {};
  for (const [member, tokenClass] of tokenClasses) {
    const usd = price[member];
    if (usd !== undefined) built[tokenClass] = picoUsdPerToken(usd);
  }
  const { above, units } = price;
  if (above !== undefined) built.above = { inputTokens: above.input_tokens, price: toTokenPrice(above) };
  if (units !== undefined) built.units = units.map(toUnitPrice);
  if (price.units_only === true) built.unitsOnly = true;
  return built;
}

function toUnitPrice({ unit, usd, per = 1, variant, unless_tokens: unlessTokens }: UnitPriceRecord): UnitPrice {
  const price: { -readonly [key in keyof UnitPrice]: UnitPrice[key] } = { unit, picoUsd: picoUsdPerUnits(usd), per };
  if (variant !== undefined) price.variant = variant;
  if (unlessTokens === true) price.unlessTokens = true;
  return price;
}

/** Known to be free, as opposed to unknown: every member there is, is 0. */
export function isAllZero(price: PriceRecord): boolean {
  return tokenClasses.every(([member]) => (price[member] ?? 0) === 0) && (price.units ?? []).every((unit) => unit.usd === 0);
}
