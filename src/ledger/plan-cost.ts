// What a plan could cost at most: the reservation of a call that may be served by any of its candidates.
import type { Offer } from '../catalog/catalog.ts';
import { type CallLimits, worstCaseNanoUsd } from './cost.ts';

/** Output that a model without a known limit may make, where the caller set none either. */
const unlimitedOutputTokens = 32_768;

export interface PlannedTokens {
  readonly input: number;
  /** What the caller asked for at most. */
  readonly maxOutput?: number | undefined;
  /** Answers asked for at once (`n`). */
  readonly answers?: number | undefined;
  readonly units?: CallLimits['units'] | undefined;
}

/** The most that this offer could cost for the call; null = its price is unknown. */
export function mostOfOffer(offer: Offer, tokens: PlannedTokens): number | null {
  return worstCaseNanoUsd(offer.price, { input: tokens.input, output: mostOutput(offer, tokens), units: tokens.units });
}

/**
 * The dearest of the candidates. null = the price of the first is unknown; a later one without a price is left out, because its
 * attempt asks again (`Hold.cover`) before it is made.
 */
export function mostOfPlan(plan: readonly { readonly offer: Offer }[], tokens: PlannedTokens): number | null {
  let most: number | null = null;
  for (const candidate of plan) {
    const one = mostOfOffer(candidate.offer, tokens);
    if (one !== null) most = Math.max(most ?? 0, one);
    else if (candidate === plan[0]) return null;
  }
  return most;
}

/** Input and the most output, for token limits. */
export function mostTokens(offer: Offer, tokens: PlannedTokens): number {
  return tokens.input + mostOutput(offer, tokens);
}

function mostOutput(offer: Offer, { maxOutput, answers = 1 }: PlannedTokens): number {
  // A model that answers with numbers, sound or pictures has no price for output tokens, and makes none.
  if (offer.price !== undefined && offer.price.output === undefined && offer.price.free !== true)
    return maxOutput === undefined ? 0 : maxOutput;
  const ofModel = offer.maxOutputTokens ?? unlimitedOutputTokens;
  return Math.min(maxOutput ?? ofModel, ofModel) * Math.max(1, answers);
}
