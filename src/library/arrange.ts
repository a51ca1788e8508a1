// The router's strategy applied to a plan. The four of the Brain order the plan as it is made; the others reorder it here.
import type { Candidate } from '../brain/decision.ts';
import { GatewayError } from '../core/errors.ts';
import type { Strategy as BrainStrategy } from '../gateway/call.ts';
import type { Plan } from '../gateway/plan-memo.ts';
import { orderByExperience, orderByFit, orderByLoad, rotate } from '../routing/strategies/candidate-order.ts';
import { ExperienceBook } from '../routing/strategies/experience.ts';
import type { Strategy, StrategyCandidate, StrategyFunction } from './options.ts';
import type { GenerateRequest } from './request.ts';

const ofTheBrain: readonly string[] = ['quality-first', 'cost-optimized', 'speed-priority', 'balanced'];

/** What the Brain is to rank by; the orders made here break their ties by quality. */
export function brainStrategy(strategy: Strategy): BrainStrategy {
  return typeof strategy === 'string' && ofTheBrain.includes(strategy) ? (strategy as BrainStrategy) : 'quality-first';
}

/** What a router has seen: turns, load and experience. */
export class Traffic {
  readonly experience = new ExperienceBook();
  private readonly underWay = new Map<string, number>();
  private turn = 0;

  nextTurn(): number {
    const { turn } = this;
    this.turn += 1;
    return turn;
  }

  inFlight(connection: string): number {
    return this.underWay.get(connection) ?? 0;
  }

  /** A call goes to the connection; the returned function tells that it is over. */
  enter(connection: string): () => void {
    this.underWay.set(connection, this.inFlight(connection) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.underWay.set(connection, this.inFlight(connection) - 1);
    };
  }
}

export interface ArrangeOptions {
  readonly strategy: Strategy;
  readonly traffic: Traffic;
  readonly request: GenerateRequest;
}

/** Fallbacks that the caller listed stay behind, in the caller's order. */
export function arrangePlan(plan: Plan, options: ArrangeOptions): readonly Candidate[] {
  const own = new Set(plan.decision.ranked.map((scored) => scored.candidate));
  const mine = plan.candidates.filter((candidate) => own.has(candidate));
  const listed = plan.candidates.filter((candidate) => !own.has(candidate));
  return [...order(mine, plan, options), ...listed];
}

function order(candidates: readonly Candidate[], plan: Plan, { strategy, traffic, request }: ArrangeOptions): readonly Candidate[] {
  if (typeof strategy === 'function') return orderByFunction(candidates, strategy, { traffic, request });
  switch (strategy) {
    case 'round-robin':
      return rotate(candidates, traffic.nextTurn());
    case 'least-loaded':
      return orderByLoad(candidates, (connection) => traffic.inFlight(connection));
    case 'capability-match':
      return orderByFit(candidates, plan.decision.profile);
    case 'adaptive':
      return orderByExperience(candidates, (candidate) => traffic.experience.of(candidate));
    case 'quality-first':
    case 'cost-optimized':
    case 'speed-priority':
    case 'balanced':
      return candidates;
  }
}

function orderByFunction(
  candidates: readonly Candidate[],
  choose: StrategyFunction,
  { traffic, request }: Pick<ArrangeOptions, 'traffic' | 'request'>,
): readonly Candidate[] {
  const byView = new Map<unknown, Candidate>(candidates.map((candidate) => [describe(candidate, traffic), candidate]));
  const chosen: unknown = choose([...byView.keys()] as StrategyCandidate[], request);
  if (!Array.isArray(chosen)) throw badStrategy('the function must answer a list of the candidates it was given');
  return chosen.map((view) => {
    const candidate = byView.get(view);
    if (candidate === undefined) throw badStrategy('the function answered something that it was not given');
    return candidate;
  });
}

function badStrategy(message: string): GatewayError {
  return new GatewayError('invalid_request', `strategy: ${message}`, { param: 'strategy' });
}

function describe({ offer, connection }: Candidate, traffic: Traffic): StrategyCandidate {
  const { input, output } = offer.price ?? {};
  return {
    model: offer.canonicalId,
    providerModel: offer.providerId,
    provider: offer.provider,
    connection: connection.id,
    qualityTier: offer.qualityTier,
    speedTier: offer.speedTier,
    // Pico-USD per token are USD per million tokens, times a million.
    ...(input !== undefined && { inputUsdPerMillion: input / 1e6 }),
    ...(output !== undefined && { outputUsdPerMillion: output / 1e6 }),
    healthy: connection.healthy,
    inFlight: traffic.inFlight(connection.id),
  };
}
