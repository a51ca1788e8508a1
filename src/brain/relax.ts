// Changes of a question that let one more candidate pass.
import type { Profile } from './decision.ts';
import type { Pair, Relaxation } from './constraint.ts';

export function relaxContext(profile: Profile, { offer, named }: Pair): Relaxation {
  const limit = offer.contextTokens ?? profile.contextTokens;
  if (named) return { words: `shorten the prompt to ${limit} tokens`, profile: { ...profile, contextTokens: limit } };
  const room = limit - (profile.maxOutputTokens ?? 0);
  // Less than nothing is left for a prompt: both have to give.
  if (room <= 0) {
    const half = Math.floor(limit / 2);
    return {
      words: `use at most ${limit} tokens for prompt and answer together`,
      profile: { ...profile, contextTokens: limit - half, maxOutputTokens: half },
    };
  }
  return { words: `shorten the prompt to ${room} tokens`, profile: { ...profile, contextTokens: room } };
}

/** The names go: whatever fits may serve. */
export function withoutNames(profile: Profile): Profile {
  return without(without(profile, 'named'), 'alias');
}

export function without<K extends keyof Profile>(profile: Profile, key: K): Omit<Profile, K> & Profile {
  const { [key]: _dropped, ...rest } = profile;
  return rest as Omit<Profile, K> & Profile;
}
