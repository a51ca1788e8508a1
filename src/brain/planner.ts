// The Brain with a memory: most requests ask a question that was asked before.
import { decideNormal } from './decide.ts';
import type { Decision, Profile } from './decision.ts';
import type { Situation } from './question.ts';
import { keyOf, normalizeProfile } from './question-key.ts';

/** Same question, same decision object. */
export type Planner = (profile: Profile, situation: Situation) => Decision;

/**
 * `situation.connections` should be the same array from call to call while the configuration stands: its description is
 * kept with it. Another catalog, health or preference is another question, so nothing ever needs to be cleared.
 */
export function createPlanner(options: { readonly maxEntries?: number } = {}): Planner {
  const maxEntries = options.maxEntries ?? 256;
  // A Map iterates in order of insertion: taking a hit out and putting it back makes its first key the one used least lately.
  const decisions = new Map<string, Decision>();

  return (profile, situation) => {
    const normal = normalizeProfile(profile, situation);
    const key = keyOf(normal, situation);
    const known = decisions.get(key);
    if (known !== undefined) {
      decisions.delete(key);
      decisions.set(key, known);
      return known;
    }
    const decision = decideNormal(normal, situation, key);
    decisions.set(key, decision);
    if (decisions.size > maxEntries) {
      const oldest = decisions.keys().next();
      if (oldest.done !== true) decisions.delete(oldest.value);
    }
    return decision;
  };
}
