// The caller's wish → a plan: the name resolved, the Brain asked, the candidates in order. Every hop is authorised alike.
import type { Candidate, ConnectionView, Decision, Profile } from '../brain/decision.ts';
import { inferTask } from '../brain/infer-task.ts';
import { type Names, resolveModel } from '../brain/resolve-model.ts';
import type { Warning } from '../canonical/warning.ts';
import { createUncataloguedOffer } from '../catalog/build-offer.ts';
import type { Preferences, Situation } from '../brain/question.ts';
import { GatewayError } from '../core/errors.ts';
import { mayUse } from '../ledger/allow-list.ts';
import type { ModelWish, Principal } from './call.ts';
import type { GatewayParts } from './parts.ts';
import type { Plan } from './plan-memo.ts';

/** A plan is kept and shared; how many of its candidates a call really tries, it decides when it is made (arrange.ts). */
const maxCandidates = 20;

/** Throws unknown_model, model_not_configured, model_not_allowed, unsupported_capability, context_length_exceeded or no_matching_model. */
export function chooseModels(wish: ModelWish, principal: Principal, parts: GatewayParts): Plan | Promise<Plan> {
  const key = parts.planMemo.keyOf(wish, preferencesOf(principal)?.id ?? '', parts);
  return (key === undefined ? undefined : parts.planMemo.find(key, parts)) ?? makePlan(wish, { principal, parts, key });
}

interface PlanOptions {
  readonly principal: Principal;
  readonly parts: GatewayParts;
  /** Under which the plan is remembered. */
  readonly key: string | undefined;
}

async function makePlan(wish: ModelWish, { principal, parts, key }: PlanOptions): Promise<Plan> {
  const decision = await decideFor(wish, principal, parts);
  const candidates = wanted(decision, parts.routing.fallback);
  if (candidates.length === 0) throw deadEndError(decision, principal, parts);
  const ranked = candidates.length;
  const named = new Set(decision.ranked.filter((one) => one.named).map((one) => one.candidate));
  const own = decision.profile.named === undefined ? ranked : candidates.filter((candidate) => named.has(candidate)).length;
  const warnings: Warning[] = [];
  const chain = wish.fallbacks.length === 0 ? parts.fallbacks?.chainFor(decision.profile) : undefined;
  for (const name of chain ?? wish.fallbacks) {
    const fallback = await decideFor({ ...wish, name, fallbacks: [] }, principal, parts);
    const further = wanted(fallback, 'named');
    for (const candidate of further) if (!candidates.some((before) => isSame(before, candidate))) candidates.push(candidate);
    // What the operator's chain names and this caller cannot have, the caller never asked for.
    if (further.length > 0 || chain !== undefined) continue;
    const error = deadEndError(fallback, principal, parts);
    if (error.code === 'model_not_allowed') throw error;
    // The answer need not fail for a spare that does not fit, but nobody may rely on it unknowingly.
    warnings.push({ field: 'fallbacks', kind: 'dropped', message: `left out: ${error.message}` });
  }
  const listed = Math.min(candidates.length - ranked, maxCandidates);
  const plan: Plan = { decision, candidates: spareRoom(candidates, ranked), own: Math.min(own, maxCandidates), listed, warnings };
  if (key !== undefined) parts.planMemo.keep(key, plan, parts);
  return plan;
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.offer === other.offer && one.connection === other.connection;
}

/** The first ones, and the fallbacks that were listed behind them. */
function spareRoom(candidates: readonly Candidate[], ranked: number): readonly Candidate[] {
  return [...candidates.slice(0, Math.min(ranked, maxCandidates)), ...candidates.slice(ranked, ranked + maxCandidates)];
}

/** The Brain's decision for a wish, without demanding that it found something. */
export async function decideFor(wish: ModelWish, principal: Principal, parts: GatewayParts): Promise<Decision> {
  const profile = await profileOf(wish, parts);
  const preferences = preferencesOf(principal);
  const situation: Situation = {
    catalog: parts.catalog,
    connections: parts.connections.views,
    strategy: parts.routing.strategy,
    today: parts.today(),
    ...(preferences !== undefined && { preferences }),
  };
  const decision = parts.planner(profile, situation);
  // When only rested connections are left, trying one beats refusing: it may be back, and its error says more.
  if (decision.chosen !== undefined || parts.connections.views.every((view) => view.healthy)) return decision;
  return parts.planner(profile, { ...situation, connections: asHealthy(parts.connections.views) });
}

async function profileOf(wish: ModelWish, parts: GatewayParts): Promise<Profile> {
  const { layer, regions } = parts.routing;
  const resolved = wish.name === undefined ? {} : await resolve(wish.name, parts);
  const base: Profile = {
    ...(wish.modality !== undefined && { modality: wish.modality }),
    ...(wish.maxOutputTokens !== undefined && { maxOutputTokens: wish.maxOutputTokens }),
    ...(layer !== undefined && { layer }),
    ...(regions !== undefined && { regions }),
    ...wish.constraints,
    // What the request was measured to need stands, whatever the caller says beside it.
    needs: wish.constraints.needs === undefined ? wish.needs : [...new Set([...wish.needs, ...wish.constraints.needs])],
    contextTokens: Math.max(wish.contextTokens, wish.constraints.contextTokens ?? 0),
    ...resolved,
  };
  const isOpen = base.named === undefined && base.task === undefined && base.modality === 'text';
  return isOpen ? { ...base, task: inferTask(wish.promptText()).task, taskGuessed: true } : base;
}

async function resolve(name: string, parts: GatewayParts): Promise<Partial<Profile>> {
  const names = (): Names => ({ catalog: parts.catalog, connections: parts.connections.views });
  let resolved = resolveModel(name, names());
  // The servers' lists may be older than the model: ask again before saying no.
  if (resolved.kind === 'unknown' && (await parts.discovery.refresh())) resolved = resolveModel(name, names());
  if (resolved.kind === 'profile') return resolved.profile;
  const passedOn = throughLayer(name, parts);
  if (passedOn !== undefined) return passedOn;
  throw unknownModel(name, resolved.nearest);
}

/** Everything goes through one proxy, and that one knows names of its own. */
function throughLayer(name: string, parts: GatewayParts): Partial<Profile> | undefined {
  const { layer } = parts.routing;
  if (layer === undefined || layer === 'direct') return undefined;
  const view = parts.connections.views.find((one) => one.layer === layer);
  return view === undefined
    ? undefined
    : { named: [createUncataloguedOffer(view.provider, name)], requestedModel: name, connection: view.id };
}

function unknownModel(name: string, nearest: readonly string[]): GatewayError {
  const shown = name.slice(0, 200);
  const hint = nearest.length === 0 ? 'GET /v1/models lists the known ones' : `did you mean ${nearest.join(' or ')}?`;
  return new GatewayError('unknown_model', `the model "${shown}" is not known here; ${hint}`, {
    param: 'model',
    upstreamCode: 'model_not_found',
    extra: { model: shown, suggestions: nearest },
  });
}

/** Named models stand alone unless the operator allows runner-ups; an alias or a task is a wish that any fitting model meets. */
function wanted(decision: Decision, fallback: GatewayParts['routing']['fallback']): Candidate[] {
  const isName = decision.profile.named !== undefined && decision.profile.alias === undefined;
  const scored = isName && fallback !== 'runner-ups' ? decision.ranked.filter((one) => one.named) : decision.ranked;
  const named = scored.filter((one) => one.named).map((one) => one.candidate);
  const others = scored.filter((one) => !one.named).map((one) => one.candidate);
  const candidates = [...named, ...spread(others, named)];
  return fallback === 'none' ? candidates.slice(0, 1) : candidates;
}

/**
 * The best of each connection that is not in use yet, then the rest. A provider that is down takes all its models with it: in
 * plain order the cheapest five would all be its own, and a healthy provider would never be asked.
 */
function spread(candidates: readonly Candidate[], before: readonly Candidate[]): readonly Candidate[] {
  const used = new Set(before.map((candidate) => candidate.connection.id));
  const fresh: Candidate[] = [];
  const rest: Candidate[] = [];
  for (const candidate of candidates) {
    const { id } = candidate.connection;
    (used.has(id) ? rest : fresh).push(candidate);
    used.add(id);
  }
  return [...fresh, ...rest];
}

const knownPreferences = new WeakMap<NonNullable<Principal['allowed']>, Preferences>();

function preferencesOf(principal: Principal): Preferences | undefined {
  const { allowed } = principal;
  if (allowed === undefined) return undefined;
  let preferences = knownPreferences.get(allowed);
  if (preferences === undefined) {
    const id = [...allowed.names, ...allowed.prefixes.map((prefix) => `${prefix}*`)].sort().join(',');
    preferences = { id, allows: (offer, alias) => mayUse(allowed, offer, alias) };
    knownPreferences.set(allowed, preferences);
  }
  return preferences;
}

const healthyTwins = new WeakMap<readonly ConnectionView[], readonly ConnectionView[]>();

function asHealthy(views: readonly ConnectionView[]): readonly ConnectionView[] {
  let twins = healthyTwins.get(views);
  if (twins === undefined) {
    twins = views.map((view): ConnectionView => Object.create(view, { healthy: { value: true } }) as ConnectionView);
    healthyTwins.set(views, twins);
  }
  return twins;
}

const capabilityConstraints: ReadonlySet<string> = new Set(['modality', 'streaming']);

/** Why nothing is left, in the words of what the caller can change. */
function deadEndError(decision: Decision, principal: Principal, parts: GatewayParts): GatewayError {
  const { deadEnd, profile } = decision;
  const constraint = deadEnd?.constraint ?? 'not configured';
  const relaxation = deadEnd?.relaxation ?? 'configure a provider';
  const what = profile.requestedModel === undefined ? 'no model' : `"${profile.requestedModel}"`;
  const details = { param: 'model', extra: { constraint, relaxation, decision_id: decision.id } };
  if (profile.named === undefined || profile.alias !== undefined) {
    if (profile.alias !== undefined && constraint === 'allowed models') return notAllowed(profile.requestedModel, principal);
    return new GatewayError(
      'no_matching_model',
      `${profile.named === undefined ? 'no model' : what} can serve this: the constraint "${constraint}" removed the last candidates; ${relaxation}`,
      details,
    );
  }
  const reason = decision.eliminated[0]?.reason ?? '';
  if (constraint === 'allowed models') return notAllowed(profile.requestedModel, principal);
  if (constraint === 'not configured') {
    return new GatewayError('model_not_configured', `${what} is known, but no configured connection offers it; ${relaxation}`, {
      ...details,
      upstreamCode: 'model_not_found',
    });
  }
  if (constraint === 'context_tokens')
    return new GatewayError('context_length_exceeded', `the prompt does not fit ${what}: ${reason}; ${relaxation}`, {
      ...details,
      param: 'messages',
    });
  if (constraint.startsWith('needs.') || capabilityConstraints.has(constraint)) {
    const able = nearestAble(decision, principal, parts);
    const hint = able === undefined ? relaxation : `${able} has it`;
    return new GatewayError(
      'unsupported_capability',
      `${what} cannot do this (${constraint.replace('needs.', '')}): ${reason}; ${hint}`,
      details,
    );
  }
  return new GatewayError('no_matching_model', `${what} cannot serve this: ${reason}; ${relaxation}`, details);
}

function notAllowed(name: string | undefined, principal: Principal): GatewayError {
  const models =
    principal.allowed === undefined ? [] : [...principal.allowed.names, ...principal.allowed.prefixes.map((prefix) => `${prefix}*`)];
  return new GatewayError('model_not_allowed', `this key may not use "${name ?? ''}"; it is limited to ${models.join(', ')}`, {
    param: 'model',
  });
}

/** A configured model that could have served the same request. */
function nearestAble(decision: Decision, principal: Principal, parts: GatewayParts): string | undefined {
  const { named: _named, requestedModel: _requested, connection: _connection, ...open } = decision.profile;
  const preferences = preferencesOf(principal);
  const other = parts.planner(open, {
    catalog: parts.catalog,
    connections: parts.connections.views,
    strategy: parts.routing.strategy,
    today: parts.today(),
    ...(preferences !== undefined && { preferences }),
  });
  return other.chosen?.offer.providerId;
}
