// What one call could cost, for comparing and limiting. Billing is the ledger's; this is the question before the call.
import type { Offer, TokenPrice } from '../catalog/catalog.ts';
import type { Profile } from './decision.ts';
import { unknownPrice } from './offer-facts.ts';

/** Stand-ins for what the caller did not say: a prompt of unknown length, an answer without a limit. */
const assumedInputTokens = 1_000;
const assumedOutputTokens = 1_000;
const charactersPerToken = 4;

/**
 * Nano-USD for the prompt and the longest answer the request allows, each input token at the dearest input price it could
 * meet (a cache write may cost more than fresh input). Unknown price = `unknownPrice`.
 */
export function worstCaseNanoUsd(offer: Offer, profile: Profile): number {
  const inputTokens = profile.contextTokens > 0 ? profile.contextTokens : assumedInputTokens;
  const units = priceOfUnits(offer, inputTokens);
  if (units !== undefined) return units;
  const outputTokens = offer.modality.includes('embedding') ? 0 : (profile.maxOutputTokens ?? assumedOutputTokens);
  const price = tierFor(offer.price, inputTokens);
  if (price?.input === undefined || (outputTokens > 0 && price.output === undefined)) return unknownPrice;
  const dearestInput = Math.max(price.input, price.cacheWrite ?? 0);
  return Math.ceil((inputTokens * dearestInput + outputTokens * (price.output ?? 0)) / 1_000);
}

/** One call makes at least one of what is charged; a text has about four characters to a token. */
function priceOfUnits({ price }: Offer, inputTokens: number): number | undefined {
  const first = price?.units?.[0];
  if (first === undefined) return undefined;
  // How long a recording is, nobody has said.
  if (first.unit === 'second' || first.unit === 'page') return unknownPrice;
  const count = first.unit === 'character' ? inputTokens * charactersPerToken : 1;
  let dearest = 0;
  for (const { unit, picoUsd, per } of price?.units ?? []) {
    if (unit === first.unit) dearest = Math.max(dearest, picoUsd / per);
  }
  return Math.ceil((count * dearest) / 1_000);
}

function tierFor(price: TokenPrice | undefined, inputTokens: number): TokenPrice | undefined {
  return price?.above !== undefined && inputTokens > price.above.inputTokens ? price.above.price : price;
}
