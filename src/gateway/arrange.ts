// A plan → the order of this very call: load shared among equals, a session kept where its prompt cache is warm, hops bounded.
// The plan itself is remembered and shared between calls, so nothing here changes it.
import type { Candidate } from '../brain/decision.ts';
import type { Random } from '../core/random.ts';
import { type Balance, balanceCandidates, Turns } from '../routing/strategies/balance.ts';
import type { Sessions } from '../routing/sessions.ts';
import type { Upstreams } from '../routing/upstreams.ts';
import type { ModelWish } from './call.ts';
import type { Plan } from './plan-memo.ts';

export interface ArrangeOptions {
  readonly connections: Pick<Upstreams, 'gateOf' | 'weightOf' | 'priorityOf'>;
  readonly random: Random;
  readonly sessions: Sessions;
  /** What the configuration says, and what it says for an alias. */
  readonly balance: Balance | undefined;
  readonly aliases: Readonly<Record<string, AliasBalance>>;
}

export interface AliasBalance {
  readonly balance?: Balance | undefined;
  /** By the names that the alias lists. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
}

/** `session` is the caller's name for a conversation, made unique to who calls and which model was asked for. */
export type Arrange = (plan: Plan, wish: ModelWish, session?: string) => Plan;

/** Upstream calls are dear: past these hops a caller is better off with an error. */
const maxHops = 5;

export function createArrange(options: ArrangeOptions): Arrange {
  const { connections, random } = options;
  const turns = new Turns();

  return (plan, wish, session) => {
    const { candidates, decision } = plan;
    if (candidates.length === 1) return plan;
    const { alias } = decision.profile;
    const ofAlias = alias === undefined || !Object.hasOwn(options.aliases, alias) ? undefined : options.aliases[alias];
    const balance = wish.balance ?? ofAlias?.balance ?? options.balance;
    const weights = ofAlias?.weights;
    const equals = equalsOf(plan);
    const ordered = balanceCandidates(candidates.slice(0, equals), {
      balance,
      gateOf: connections.gateOf,
      weightOf:
        weights === undefined ? connections.weightOf : (candidate) => connections.weightOf(candidate) * weightIn(weights, candidate),
      priorityOf: connections.priorityOf,
      random,
      turns,
      profile: decision.profile,
    });
    const others = othersOf(plan, equals);
    if (session === undefined) return { ...plan, candidates: bounded(ordered, others) };
    const stay = options.sessions.choose(session, ordered, { contextTokens: wish.contextTokens, gateOf: connections.gateOf });
    const first = stay.candidate;
    const kept = first === undefined ? ordered : [first, ...ordered.filter((candidate) => candidate !== first)];
    return { ...plan, candidates: bounded(kept, others), session: stay.told };
  };
}

function weightIn(weights: Readonly<Record<string, number>>, { offer }: Candidate): number {
  for (const name of [offer.providerId, offer.canonicalId, offer.model, offer.wireId])
    if (Object.hasOwn(weights, name)) return weights[name] ?? 1;
  return 1;
}

/** How many of the first candidates may take each other's place: what was named, or what is as good as the Brain's choice. */
function equalsOf({ candidates, own, decision }: Plan): number {
  if (decision.profile.named !== undefined) return own;
  const best = candidates[0]?.offer.qualityTier;
  let equals = 0;
  while (equals < own && candidates[equals]?.offer.qualityTier === best) equals += 1;
  return equals;
}

interface Others {
  /** What nobody named: takes the places that are left. */
  readonly runnerUps: readonly Candidate[];
  /** What keeps a place, however many equals there are: listed fallbacks, and models of another tier than the Brain's choice. */
  readonly spares: readonly Candidate[];
}

function othersOf({ candidates, decision, listed = 0 }: Plan, equals: number): Others {
  if (decision.profile.named === undefined) return { runnerUps: [], spares: candidates.slice(equals) };
  const end = candidates.length - listed;
  return { runnerUps: candidates.slice(equals, end), spares: candidates.slice(end) };
}

function bounded(equals: readonly Candidate[], { runnerUps, spares }: Others): readonly Candidate[] {
  const kept = Math.max(1, maxHops - Math.min(spares.length, maxHops - 2));
  const first = equals.slice(0, kept);
  const last = spares.slice(0, maxHops - first.length);
  return [...first, ...runnerUps.slice(0, maxHops - first.length - last.length), ...last];
}
