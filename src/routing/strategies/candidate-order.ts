// Orders of candidates that need more than the catalog: turns, load, fit, experience. Pure; whoever routes keeps the state.
import type { Candidate, Profile } from '../../brain/decision.ts';
import { supportFor } from '../../brain/need-constraints.ts';
import type { Supports } from '../../catalog/catalog.ts';

/** `turn` counts calls: each begins one candidate further, and the others stay as its fallbacks. */
export function rotate(candidates: readonly Candidate[], turn: number): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const first = turn % candidates.length;
  return [...candidates.slice(first), ...candidates.slice(0, first)];
}

/** The connection with the fewest calls under way first; the given order among equals. */
export function orderByLoad(candidates: readonly Candidate[], inFlight: (connection: string) => number): readonly Candidate[] {
  return orderBy(candidates, (candidate) => inFlight(candidate.connection.id));
}

/**
 * What fits the request most closely first: made for its task and domain, with as few abilities beyond what is asked as can be. A model that can
 * do everything is kept for those who need it. The given order among equals.
 */
export function orderByFit(candidates: readonly Candidate[], profile: Pick<Profile, 'task' | 'domain' | 'needs'>): readonly Candidate[] {
  const wanted = new Set(profile.needs.map((need) => supportFor[need]));
  return orderBy(candidates, ({ offer }) => {
    const suited =
      Number(profile.task !== undefined && offer.tasks.includes(profile.task)) +
      Number(profile.domain !== undefined && offer.domains.includes(profile.domain));
    const idle = Object.entries(offer.supports).filter(([ability, has]) => has && !wanted.has(ability as keyof Supports)).length;
    return idle - 100 * suited;
  });
}

/** How a candidate has done: shares of recent calls, and their usual time to the first byte. */
export interface Experience {
  readonly calls: number;
  /** 0 to 1. */
  readonly successRate: number;
  readonly firstByteMs: number;
}

/**
 * The expected time to an answer first: the usual time, and what a failure costs on top. A candidate nobody has tried yet is tried
 * once before the known ones, in the given order.
 */
export function orderByExperience(
  candidates: readonly Candidate[],
  experienceOf: (candidate: Candidate) => Experience | undefined,
): readonly Candidate[] {
  return orderBy(candidates, (candidate) => {
    const experience = experienceOf(candidate);
    if (experience === undefined || experience.calls === 0) return -1;
    // One that always fails is not worth infinitely much time: it gets its turn when the others are as bad.
    return (experience.firstByteMs + 1) / Math.max(0.05, experience.successRate);
  });
}

/** Stable: equals keep their order. */
function orderBy(candidates: readonly Candidate[], weigh: (candidate: Candidate) => number): readonly Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, weight: weigh(candidate) }))
    .sort((one, other) => one.weight - other.weight)
    .map(({ candidate }) => candidate);
}
