// The Brain: which offers on which connections may serve this request, best first, and why not the others. Pure: the same
// profile and situation give the same decision, byte for byte.
import type { Offer } from '../catalog/catalog.ts';
import { shortDigest } from '../catalog/digest.ts';
import type { Constraint, Pair } from './constraint.ts';
import { constraints } from './constraints.ts';
import { findDeadEnd } from './dead-end.ts';
import type { Decision, Eliminated, Profile } from './decision.ts';
import { factsOf } from './offer-facts.ts';
import { reachOf, wholePool } from './pool.ts';
import type { Reach } from './pool.ts';
import { prepareQuestion } from './question.ts';
import type { Question, Situation } from './question.ts';
import { keyOf, normalizeProfile } from './question-key.ts';
import type { Contender } from './rank.ts';
import { rankContenders } from './rank.ts';

/**
 * Hard constraints first, then rank. Never throws: a question without an answer is a decision with a `deadEnd`.
 * The profile in the decision is the normalised one (see `normalizeProfile`).
 */
export function decide(profile: Profile, situation: Situation): Decision {
  const normal = normalizeProfile(profile, situation);
  return decideNormal(normal, situation, keyOf(normal, situation));
}

/** For a profile that is normalised already, with its key: what the planner calls on a miss. */
export function decideNormal(profile: Profile, situation: Situation, key: string): Decision {
  const question = prepareQuestion(profile, situation);
  const { contenders, eliminated, furthest } = examine(question);
  // Names that are no alias are meant: without one of them there is no answer, and a runner-up may only follow one.
  const answered = profile.named === undefined || profile.alias !== undefined || contenders.some((one) => one.wish !== undefined);
  const ranked = answered ? rankContenders(contenders, question) : [];
  const chosen = ranked[0]?.candidate;
  const runnerUp = ranked[1]?.candidate;
  return {
    id: `dec_${shortDigest(key)}`,
    catalogVersion: situation.catalog.version,
    strategy: question.strategy,
    profile,
    ranked,
    eliminated,
    ...(chosen !== undefined && { chosen }),
    ...(runnerUp !== undefined && { runnerUp }),
    ...(chosen === undefined && { deadEnd: findDeadEnd(question, furthest) }),
  };
}

interface Examined {
  readonly contenders: readonly Contender[];
  readonly eliminated: readonly Eliminated[];
  /** The constraint that removed the last candidates. */
  readonly furthest: string;
}

function examine(question: Question): Examined {
  const { profile, situation } = question;
  const work: Examination = {
    asked: constraints.filter((constraint) => constraint.applies(question)),
    question,
    reach: reachOf(situation.connections),
    contenders: [],
    eliminated: [],
    // Why offers that nobody named do not stand in for a name would be hundreds of lines that nobody asked for.
    explained: profile.named === undefined || profile.alias !== undefined,
    furthest: -1,
  };
  const named = profile.named ?? [];
  for (const [wish, offer] of named.entries()) examineOffer(offer, wish, work);
  if (named.length === 0) {
    for (const offer of wholePool(question)) examineOffer(offer, undefined, work);
  } else {
    // By id: a dated or passed-on name is an object of its own for an offer that is in the pool too.
    const namedIds = new Set(named.map((offer) => offer.canonicalId));
    for (const offer of wholePool(question)) if (!namedIds.has(offer.canonicalId)) examineOffer(offer, undefined, work);
  }
  return { contenders: work.contenders, eliminated: work.eliminated, furthest: work.asked[work.furthest]?.name ?? 'not configured' };
}

interface Examination {
  readonly asked: readonly Constraint[];
  readonly question: Question;
  readonly reach: Reach;
  readonly contenders: Contender[];
  readonly eliminated: Eliminated[];
  /** Also say why offers that were not named were eliminated. */
  readonly explained: boolean;
  /** Index of the constraint that the best eliminated offer came to. */
  furthest: number;
}

/** Adds the offer's candidates to the contenders; when none passes, the offer is eliminated by the constraint its best one came to. */
function examineOffer(offer: Offer, wish: number | undefined, work: Examination): void {
  const { asked, question } = work;
  let admitted = false;
  let at = -1;
  let best: Pair | undefined;
  for (const candidate of work.reach.candidates(offer)) {
    const pair: Pair = { offer, connection: candidate.connection, named: wish !== undefined };
    const failed = firstFailing(asked, pair, question);
    if (failed === -1) {
      work.contenders.push({ candidate, wish });
      admitted = true;
    } else if (failed > at) {
      at = failed;
      best = pair;
    }
  }
  if (admitted || (wish === undefined && !work.explained)) return;
  work.furthest = Math.max(work.furthest, at);
  work.eliminated.push(best === undefined ? factsOf(offer).notConfigured : toEliminated(best, asked[at], question));
}

function toEliminated(pair: Pair, constraint: Constraint | undefined, question: Question): Eliminated {
  const { offer } = pair;
  return {
    canonicalId: offer.canonicalId,
    providerId: offer.providerId,
    constraint: constraint?.name ?? '',
    reason: constraint?.reason(pair, question) ?? '',
  };
}

function firstFailing(asked: readonly Constraint[], pair: Pair, question: Question): number {
  for (let i = 0; i < asked.length; i += 1) if (asked[i]?.allows(pair, question) === false) return i;
  return -1;
}
