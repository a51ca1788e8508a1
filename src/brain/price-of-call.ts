// What one call could cost, for comparing and limiting. Billing is the ledger's; this is the question before the call.
import type { Offer, TokenPrice } from '../catalog/catalog.ts';
import type { Profile } from './decision.ts';
import { unknownPrice } from './offer-facts.ts';

/** Stand-ins for what the caller did not say: a prompt of unknown length, an answer without a limit. */
const assumedInputTokens = 1_000;
const assumedOutputTokens = 1_000;

/**
 * Nano-USD for the prompt and the longest answer the request allows, each input token at the dearest input price it could
 * meet (a cache write may cost more than fresh input). Unknown price = `unknownPrice`.
 */
export function worstCaseNanoUsd(offer: Offer, profile: Profile): number {
  const inputTokens = profile.contextTokens > 0 ? profile.contextTokens : assumedInputTokens;
  const outputTokens = offer.modality.includes('embedding') ? 0 : (profile.maxOutputTokens ?? assumedOutputTokens);
  const price = tierFor(offer.price, inputTokens);
  if (price?.input === undefined || (outputTokens > 0 && price.output === undefined)) return unknownPrice;
  const dearestInput = Math.max(price.input, price.cacheWrite ?? 0);
  return Math.ceil((inputTokens * dearestInput + outputTokens * (price.output ?? 0)) / 1_000);
}

function tierFor(price: TokenPrice | undefined, inputTokens: number): TokenPrice | undefined {
  return price?.above !== undefined && inputTokens > price.above.inputTokens ? price.above.price : price;
}
