// Who of several equals serves now: turns, weights, load, speed, use. The Brain has ranked by what models are; this orders by how
// they do. What is not an equal of the first keeps its place behind them, as a fallback.
import type { Candidate, Profile } from '../../brain/decision.ts';
import type { Random } from '../../core/random.ts';
import type { OfferGate } from '../gate.ts';
import { orderByFit, rotate } from './candidate-order.ts';

/** In the order of the documentation. */
export const balances = ['round-robin', 'weighted', 'least-busy', 'latency-based', 'usage-based', 'adaptive', 'capability-match'] as const;

export type Balance = (typeof balances)[number];

export interface BalanceOptions {
  /** Undefined: only twins (one offer on several connections) share the load, by speed. */
  readonly balance: Balance | undefined;
  readonly gateOf: (candidate: Candidate) => OfferGate;
  /** Above 0; 1 where nothing is configured. */
  readonly weightOf: (candidate: Candidate) => number;
  /** Lower comes first, whatever the balance; 0 where nothing is configured. */
  readonly priorityOf: (candidate: Candidate) => number;
  readonly random: Random;
  readonly turns: Turns;
  readonly profile: Profile;
}

/** A new order of the same candidates. */
export function balanceCandidates(candidates: readonly Candidate[], options: BalanceOptions): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const tiers = groupBy(candidates, (candidate) => options.priorityOf(candidate)).sort((one, other) => one.key - other.key);
  return tiers.flatMap(({ members }) =>
    options.balance === undefined ? balanceTwins(members, options) : order(members, options.balance, options),
  );
}

/** Runs of one offer on several connections are ordered by speed; everything else stays. */
function balanceTwins(candidates: readonly Candidate[], options: BalanceOptions): readonly Candidate[] {
  const ordered: Candidate[] = [];
  for (let from = 0; from < candidates.length; ) {
    let to = from + 1;
    while (to < candidates.length && candidates[to]?.offer === candidates[from]?.offer) to += 1;
    const twins = candidates.slice(from, to);
    ordered.push(...(twins.length < 2 ? twins : byTwoChoices(twins, options)));
    from = to;
  }
  return ordered;
}

function order(candidates: readonly Candidate[], balance: Balance, options: BalanceOptions): readonly Candidate[] {
  const { gateOf } = options;
  switch (balance) {
    case 'round-robin':
      return rotate(candidates, options.turns.next(candidates));
    case 'weighted':
      return byWeight(candidates, options);
    case 'least-busy':
      return sorted(candidates, (candidate) => gateOf(candidate).connection.inFlight / options.weightOf(candidate));
    case 'latency-based':
      return byTwoChoices(candidates, options);
    case 'usage-based':
      return sorted(candidates, (candidate) => gateOf(candidate).tokens / options.weightOf(candidate));
    case 'adaptive':
      return sorted(candidates, (candidate) => gateOf(candidate).cost());
    case 'capability-match':
      return orderByFit(candidates, options.profile);
  }
}

/**
 * Two are drawn, the cheaper one serves, the rest follow by cost. Always taking the cheapest would send every caller of the same
 * moment to the same place; drawing two has nearly its quality without the stampede.
 */
function byTwoChoices(candidates: readonly Candidate[], { gateOf, random }: BalanceOptions): readonly Candidate[] {
  const costs = new Map(candidates.map((candidate) => [candidate, gateOf(candidate).cost()]));
  const first = Math.floor(random() * candidates.length);
  const second = (first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length;
  const [one, other] = [candidates[first], candidates[second]];
  if (one === undefined || other === undefined) return candidates;
  const chosen = (costs.get(one) ?? 0) <= (costs.get(other) ?? 0) ? one : other;
  const rest = sorted(
    candidates.filter((candidate) => candidate !== chosen),
    (candidate) => costs.get(candidate) ?? 0,
  );
  return [chosen, ...rest];
}

/** Drawn by weight without putting back: a fallback is as likely as its weight says, too. */
function byWeight(candidates: readonly Candidate[], { weightOf, random }: BalanceOptions): readonly Candidate[] {
  const left = [...candidates];
  const ordered: Candidate[] = [];
  while (left.length > 0) {
    let total = 0;
    for (const candidate of left) total += weightOf(candidate);
    let draw = random() * total;
    let index = 0;
    while (index < left.length - 1) {
      draw -= weightOf(left[index] as Candidate);
      if (draw < 0) break;
      index += 1;
    }
    ordered.push(...left.splice(index, 1));
  }
  return ordered;
}

/** Whose turn it is, for each set of candidates that takes turns. */
export class Turns {
  private readonly counts = new Map<string, number>();

  next(candidates: readonly Candidate[]): number {
    let key = '';
    for (const { connection, wireId } of candidates) key += `${connection.id} ${wireId}\n`;
    const turn = this.counts.get(key) ?? 0;
    if (this.counts.size >= maxGroups) this.counts.clear();
    this.counts.set(key, (turn + 1) % Number.MAX_SAFE_INTEGER);
    return turn;
  }
}

const maxGroups = 1_000;

function sorted(candidates: readonly Candidate[], weigh: (candidate: Candidate) => number): readonly Candidate[] {
  return candidates
    .map((candidate) => ({ candidate, weight: weigh(candidate) }))
    .sort((one, other) => one.weight - other.weight)
    .map(({ candidate }) => candidate);
}

function groupBy(candidates: readonly Candidate[], keyOf: (candidate: Candidate) => number): { key: number; members: Candidate[] }[] {
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [candidate]);
    else members.push(candidate);
  }
  return [...groups].map(([key, members]) => ({ key, members }));
}
