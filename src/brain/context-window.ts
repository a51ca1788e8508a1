// Does the prompt fit? And: which token counts are the same question, because every window answers them alike.
import type { Profile } from './decision.ts';

/** Our count of tokens is an estimate; a caller who named the model is refused only when even a much shorter prompt would not fit. */
const certainShare = 0.75;

/** Tokens that must fit into the window: prompt and answer, or for a named model the certain part of the prompt. */
export function neededTokens(profile: Profile, named: boolean): number {
  return named ? Math.floor(profile.contextTokens * certainShare) : profile.contextTokens + (profile.maxOutputTokens ?? 0);
}

/**
 * The largest count that fits exactly the windows this one fits; for a count beyond all of them the smallest such. Deciding for it instead makes millions of prompts a few
 * dozen questions without changing one answer. `limits` are the catalog's windows, ascending.
 */
export function roundUpContext(contextTokens: number, maxOutputTokens: number, limits: readonly number[]): number {
  const largest = limits.at(-1);
  if (contextTokens <= 0 || largest === undefined) return Math.max(0, contextTokens);

  const chosen = limits[firstIndex(limits, (limit) => limit - maxOutputTokens >= contextTokens)];
  const named = limits[firstIndex(limits, (limit) => mostForNamed(limit) >= contextTokens)];
  const forChosen = chosen === undefined ? Number.POSITIVE_INFINITY : chosen - maxOutputTokens;
  const forNamed = named === undefined ? mostForNamed(largest) + 1 : mostForNamed(named);
  return Math.min(forChosen, forNamed);
}

/** The most tokens c with floor(c × certainShare) ≤ limit. */
function mostForNamed(limit: number): number {
  return Math.ceil((limit + 1) / certainShare) - 1;
}

/** The first index whose limit passes a test that, once passed, all larger limits pass; the length when none does. */
function firstIndex(limits: readonly number[], passes: (limit: number) => boolean): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(limits[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
