// The order of what is left: what was named, what is like it, and the strategy's order among equals.
import type { Offer } from '../catalog/catalog.ts';
import type { Candidate, Scored, Strategy } from './decision.ts';
import { factsOf } from './offer-facts.ts';
import { worstCaseNanoUsd } from './price-of-call.ts';
import type { Question } from './question.ts';
import { scoreOf } from './strategies.ts';

/** A candidate that passed every constraint, before it has a place. */
export interface Contender {
  readonly candidate: Candidate;
  /** Place in the caller's own order. */
  readonly wish: number | undefined;
}

/**
 * Named offers in the caller's order; then, as runner-ups, those most like them; then the strategy's order. Contenders
 * must come in the strategy's standing order (`standingOf(catalog).order`), which is kept among equals.
 */
export function rankContenders(contenders: readonly Contender[], question: Question): readonly Scored[] {
  const { strategy, profile } = question;
  const first = profile.named?.[0];
  const rows = contenders.map((contender) => rowOf(contender, question, first));
  // Without names all rows are in one group and already in order, unless the request's own cost decides.
  if (
    first !== undefined ||
    profile.taskGuessed === true ||
    strategy === 'cost-optimized' ||
    contenders.some((one) => one.candidate.offer.uncatalogued === true)
  ) {
    rows.sort((one, other) => other.group - one.group || one.wish - other.wish || one.cost - other.cost);
  }
  return rows.map((row) => toScored(row, strategy));
}

interface Row {
  readonly candidate: Candidate;
  /** Higher goes first. */
  readonly group: number;
  readonly wish: number;
  /** Worst-case nano-USD; 0 where the strategy does not ask. */
  readonly cost: number;
}

const namedGroup = 100;

function rowOf({ candidate, wish }: Contender, question: Question, first: Offer | undefined): Row {
  const cost = question.strategy === 'cost-optimized' && wish === undefined ? worstCaseNanoUsd(candidate.offer, question.profile) : 0;
  const group = wish !== undefined ? namedGroup : likeness(candidate.offer, question, first);
  return { candidate, group, wish: wish ?? 0, cost };
}

/**
 * How much a runner-up is like what was named: the same model elsewhere first, then the wishes of the alias or the same tier.
 * Without names: whether it suits the task we guessed.
 */
function likeness(offer: Offer, { alias, profile }: Question, first: Offer | undefined): number {
  if (offer.uncatalogued === true) return -1;
  if (first !== undefined && offer.model === first.model) return 10;
  const qualityTier = alias === undefined ? first?.qualityTier : alias.qualityTier;
  let points = 0;
  if (profile.taskGuessed === true && profile.task !== undefined && offer.tasks.includes(profile.task)) points += 1;
  if (qualityTier !== undefined && offer.qualityTier === qualityTier) points += 4;
  if (alias !== undefined) {
    if (alias.domains.some((domain) => offer.domains.includes(domain))) points += 2;
    if (alias.speedTier !== undefined && offer.speedTier === alias.speedTier) points += 1;
  }
  return points;
}

function toScored({ candidate, group, wish, cost }: Row, strategy: Strategy): Scored {
  const facts = factsOf(candidate.offer);
  if (group === namedGroup) return { candidate, score: 1_000 * (namedGroup + 1) - wish, because: facts.becauseNamed, named: true };
  return { candidate, score: 1_000 * group + scoreOf(candidate.offer, strategy, cost), because: facts.because };
}
