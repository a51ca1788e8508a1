// Nothing is left: what would have to change? Every candidate is asked which constraints it fails; the one that fails
// fewest shows the smallest change, first among the changes that are the caller's to make.
import type { Offer } from '../catalog/catalog.ts';
import type { Constraint, Pair } from './constraint.ts';
import { constraints } from './constraints.ts';
import type { DeadEnd } from './decision.ts';
import { variableOf } from './offer-facts.ts';
import { reachOf, wholePool } from './pool.ts';
import type { Question } from './question.ts';

export function findDeadEnd(question: Question, constraint: string): DeadEnd {
  const nearest = nearestMiss(question);
  if (nearest === undefined) return { constraint, relaxation: howToConfigure(question) };
  const words: string[] = [];
  let relaxed = question.profile;
  for (const failed of nearest.failed) {
    if (failed.relax === undefined) return { constraint, relaxation: configurationChange(nearest, question) };
    const change = failed.relax(relaxed, nearest.pair, question);
    words.push(change.words);
    relaxed = change.profile;
  }
  return { constraint, relaxation: `${words.join(' and ')} (then ${nearest.pair.offer.canonicalId} would serve)`, relaxed };
}

interface Miss {
  readonly pair: Pair;
  readonly failed: readonly Constraint[];
}

/** A constraint the caller cannot change weighs more than all that the caller can. */
const outOfReach = 1_000;

function nearestMiss(question: Question): Miss | undefined {
  const { profile, situation } = question;
  const asked = constraints.filter((constraint) => constraint.applies(question));
  const reach = reachOf(situation.connections);
  const named = new Set(profile.named ?? []);
  const pool = profile.named !== undefined && profile.alias === undefined ? [...named] : [...named, ...wholePool(question)];

  let nearest: Pair | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const offer of pool) {
    for (const { connection } of reach.candidates(offer)) {
      const pair: Pair = { offer, connection, named: named.has(offer) };
      let weight = 0;
      for (const constraint of asked) if (!constraint.allows(pair, question)) weight += weightOf(constraint, offer);
      if (weight < fewest) {
        fewest = weight;
        nearest = pair;
      }
    }
  }
  const pair = nearest;
  return pair === undefined ? undefined : { pair, failed: asked.filter((constraint) => !constraint.allows(pair, question)) };
}

/** Of equal changes, one that still gives a text is the better advice. */
function weightOf(constraint: Constraint, offer: Offer): number {
  if (constraint.relax === undefined) return outOfReach;
  return constraint.name === 'modality' && !offer.modality.includes('text') ? 1.5 : 1;
}

function configurationChange({ pair, failed }: Miss, question: Question): string {
  const blocking = failed.find((constraint) => constraint.relax === undefined);
  return `${pair.offer.canonicalId} is the nearest, but: ${blocking?.reason(pair, question) ?? 'it cannot be used'}`;
}

/** No connection reaches any offer that was asked for. */
function howToConfigure({ profile }: Question): string {
  const [first, ...others] = [...new Set((profile.named ?? []).map((offer) => offer.provider))];
  if (first === undefined) return 'configure a provider: set its API key in the environment or under `connections` in mpc.yaml';
  const known = `configure ${first}: set ${variableOf(first)}`;
  return others.length === 0 ? known : `${known}; these offer it too: ${others.slice(0, 5).join(', ')}`;
}
