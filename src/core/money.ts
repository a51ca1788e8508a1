// Money is integers. A price is pico-USD per token (1 USD per million tokens = 1,000,000 pico-USD per token),
// a cost is nano-USD, rounded half up once per entry.

import { DecimalText } from './decimal-text.ts';

/** 1 USD per million tokens, in pico-USD per token. */
const picoPerUsdPerMillion = 1_000_000;

/**
 * USD per million tokens (as price lists give it) → pico-USD per token.
 * Throws when the price needs more than six decimals: rounding a price silently would falsify every cost.
 */
export function picoUsdPerToken(usdPerMillion: number): number {
  const pico = Math.round(usdPerMillion * picoPerUsdPerMillion);
  if (!Number.isSafeInteger(pico) || pico < 0 || Math.abs(pico / picoPerUsdPerMillion - usdPerMillion) > 1e-12) {
    throw new RangeError(`price ${usdPerMillion} USD per million tokens cannot be held exactly`);
  }
  return pico;
}

const picoPerUsd = 1e12;

/**
 * USD for an image, a second, a thousand searches → pico-USD.
 * Throws when the price needs more than twelve decimals, or is too large to be held exactly.
 */
export function picoUsdPerUnits(usd: number): number {
  const pico = Math.round(usd * picoPerUsd);
  // One part in 10^15 is what a double of this size may be off by; a thirteenth decimal of a real price is far more.
  if (!Number.isSafeInteger(pico) || pico < 0 || Math.abs(pico / picoPerUsd - usd) > usd * 1e-15) {
    throw new RangeError(`price ${usd} USD cannot be held exactly`);
  }
  return pico;
}

/** Pico-USD → nano-USD, half up. */
export function nanoFromPico(picoUsd: number): number {
  return Math.floor((picoUsd + 500) / 1_000);
}

/** Nano-USD as a plain decimal USD string without exponent: 1234 → "0.000001234". */
export function formatNanoUsd(nanoUsd: number): string {
  const size = Math.abs(nanoUsd);
  text.start();
  if (nanoUsd < 0) text.character(minus);
  return text
    .whole(Math.floor(size / 1e9))
    .fraction(size % 1e9, 9)
    .toString();
}

const text = new DecimalText();
const minus = 0x2d;
