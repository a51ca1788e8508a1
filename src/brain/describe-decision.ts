// A decision as `select-model` and the decision log show it.
import { formatNanoUsd } from '../core/money.ts';
import type { DescribedOffer } from '../catalog/describe-offer.ts';
import { describeOffer } from '../catalog/describe-offer.ts';
import type { Candidate, Decision, Profile, Scored } from './decision.ts';

export interface DescribedCandidate {
  readonly canonical_id: string;
  readonly provider_id: string;
  readonly provider: string;
  readonly connection: string;
  readonly layer: string;
  readonly wire_id: string;
}

export interface DescribedDecision {
  readonly id: string;
  readonly catalog_version: string;
  readonly strategy: string;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly chosen?: DescribedCandidate;
  readonly runner_up?: DescribedCandidate;
  readonly why: string;
  readonly scores: readonly (DescribedCandidate & {
    readonly score: number;
    readonly because: readonly string[];
    readonly named: boolean;
  })[];
  readonly eliminated: readonly {
    readonly canonical_id: string;
    readonly provider_id: string;
    readonly constraint: string;
    readonly reason: string;
  }[];
  readonly dead_end?: { readonly constraint: string; readonly relaxation: string; readonly relaxed?: Readonly<Record<string, unknown>> };
}

export function describeDecision(decision: Decision): DescribedDecision {
  const { chosen, runnerUp, deadEnd } = decision;
  return {
    id: decision.id,
    catalog_version: decision.catalogVersion,
    strategy: decision.strategy,
    asked: describeProfile(decision.profile),
    ...(chosen !== undefined && { chosen: describeCandidate(chosen) }),
    ...(runnerUp !== undefined && { runner_up: describeCandidate(runnerUp) }),
    why: explain(decision),
    scores: decision.ranked.map(describeScored),
    eliminated: decision.eliminated.map((one) => ({
      canonical_id: one.canonicalId,
      provider_id: one.providerId,
      constraint: one.constraint,
      reason: one.reason,
    })),
    ...(deadEnd !== undefined && {
      dead_end: {
        constraint: deadEnd.constraint,
        relaxation: deadEnd.relaxation,
        ...(deadEnd.relaxed !== undefined && { relaxed: describeProfile(deadEnd.relaxed) }),
      },
    }),
  };
}

/** The ranked offers, each once: a model on two connections is one entry of the list. */
export function describeRanked(decision: Decision): readonly DescribedOffer[] {
  return [...new Set(decision.ranked.map((one) => one.candidate.offer))].map(describeOffer);
}

function describeCandidate({ offer, connection, wireId }: Candidate): DescribedCandidate {
  return {
    canonical_id: offer.canonicalId,
    provider_id: offer.providerId,
    provider: offer.provider,
    connection: connection.id,
    layer: connection.layer,
    wire_id: wireId,
  };
}

function describeScored({ candidate, score, because, named }: Scored): DescribedDecision['scores'][number] {
  return { ...describeCandidate(candidate), score, because, named: named === true };
}

function explain({ ranked, deadEnd, strategy, eliminated }: Decision): string {
  const [first, second] = ranked;
  if (first === undefined) return `nothing is left after ${deadEnd?.constraint ?? 'the constraints'}; ${deadEnd?.relaxation ?? ''}`;
  const others = second === undefined ? 'the only candidate' : `before ${second.candidate.offer.canonicalId}`;
  const out = eliminated.length === 0 ? '' : `; ${eliminated.length} eliminated`;
  return `${first.candidate.offer.canonicalId} on ${first.candidate.connection.id}, ${strategy}: ${first.because.join(', ')}; ${others}${out}`;
}

/** Named as in the request; the prompt's size is the largest with the same answer, and says so. */
function describeProfile(profile: Profile): Readonly<Record<string, unknown>> {
  const { named } = profile;
  const members: Readonly<Record<string, unknown>> = {
    model: profile.requestedModel,
    alias: profile.alias,
    named: named?.map((offer) => offer.canonicalId),
    task: profile.task,
    task_guessed: profile.taskGuessed,
    domain: profile.domain,
    modality: profile.modality,
    quality_tier: profile.qualityTier,
    speed_tier: profile.speedTier,
    needs: profile.needs.length === 0 ? undefined : profile.needs,
    context_tokens_up_to: profile.contextTokens === 0 ? undefined : profile.contextTokens,
    max_output_tokens: profile.maxOutputTokens,
    max_cost_usd: profile.maxCostNanoUsd === undefined ? undefined : Number(formatNanoUsd(profile.maxCostNanoUsd)),
    max_latency_ms: profile.maxLatencyMs,
    providers: profile.providers,
    exclude: profile.exclude,
    region: profile.region,
    regions: profile.regions,
    layer: profile.layer,
    connection: profile.connection,
    strategy: profile.strategy,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
