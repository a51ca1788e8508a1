// The hard constraints, in the order in which they are applied and explained. Each says why it removes a candidate, and
// how the question would have to change for this candidate to pass.
import type { Offer, Supports } from '../catalog/catalog.ts';
import { formatNanoUsd } from '../core/money.ts';
import type { Constraint, Pair } from './constraint.ts';
import type { ConnectionView, Profile } from './decision.ts';
import { neededTokens } from './context-window.ts';
import { needConstraints } from './need-constraints.ts';
import { unknownPrice } from './offer-facts.ts';
import { worstCaseNanoUsd } from './price-of-call.ts';
import { relaxContext, without, withoutNames } from './relax.ts';

export const constraints: readonly Constraint[] = [
  {
    name: 'unhealthy',
    applies: () => true,
    allows: ({ connection }) => connection.healthy,
    reason: ({ connection }) => `connection ${connection.id} has been failing and is being left alone for a while`,
  },
  {
    name: 'not installed',
    applies: () => true,
    // A server of one's own offers what was put on it. Named, it is asked all the same: its list may be older than the model.
    allows: ({ offer, connection, named }, { alias }) =>
      offer.local !== true || (named && alias === undefined) || hasInstalled(connection, offer),
    reason: ({ connection }) => `${connection.id} does not have it; install it there first`,
  },
  {
    name: 'simulator',
    applies: (question) => !question.simulatorsOnly,
    allows: ({ offer, named }) => named || offer.simulator !== true,
    reason: () => 'a simulator serves only when it is named, or when nothing else is configured',
  },
  {
    name: 'named only',
    applies: () => true,
    allows: ({ offer, named }) => named || offer.namedOnly !== true,
    reason: ({ offer }) => `serves only when it is named: ${offer.providerId}`,
  },
  {
    name: 'allowed models',
    applies: (question) => question.situation.preferences !== undefined,
    allows: ({ offer, named }, { situation, profile }) => situation.preferences?.allows(offer, named ? profile.alias : undefined) ?? true,
    reason: () => 'the key may not use this model',
  },
  {
    name: 'providers',
    applies: (question) => question.providers !== undefined,
    allows: ({ offer, connection }, { providers }) =>
      providers === undefined || providers.has(offer.provider) || providers.has(connection.provider) || providers.has(connection.id),
    reason: ({ offer }) => `${offer.provider} is not among the providers asked for`,
    relax: (profile, { offer }) => ({
      words: `add ${offer.provider} to providers`,
      profile: { ...profile, providers: [...(profile.providers ?? []), offer.provider] },
    }),
  },
  {
    name: 'exclude',
    applies: (question) => question.exclude !== undefined,
    allows: (pair, { exclude }) => !excludedNames(pair).some((name) => exclude?.has(name.toLowerCase())),
    reason: ({ offer }) => `${offer.providerId} was excluded`,
    relax: (profile, pair) => {
      const names = excludedNames(pair).map((name) => name.toLowerCase());
      const dropped = (profile.exclude ?? []).filter((name) => names.includes(name.trim().toLowerCase()));
      return {
        words: `do not exclude ${dropped.join(', ')}`,
        profile: { ...profile, exclude: (profile.exclude ?? []).filter((name) => !dropped.includes(name)) },
      };
    },
  },
  {
    name: 'connection',
    applies: ({ profile }) => profile.connection !== undefined,
    allows: ({ connection }, { profile }) => connection.id === profile.connection,
    reason: ({ connection }, { profile }) => `connection ${connection.id} is not ${profile.connection}`,
    relax: (profile) => ({ words: 'do not pin the connection', profile: without(profile, 'connection') }),
  },
  {
    name: 'layer',
    applies: ({ profile }) => profile.layer !== undefined,
    allows: ({ connection }, { profile }) => connection.layer === profile.layer,
    reason: ({ connection }, { profile }) => `connection ${connection.id} takes layer ${connection.layer}, not ${profile.layer}`,
    relax: (profile, { connection }) => ({ words: `allow layer ${connection.layer}`, profile: { ...profile, layer: connection.layer } }),
  },
  {
    name: 'routing.regions',
    applies: ({ regions }) => regions !== undefined,
    allows: ({ connection }, { regions }) => regions?.has(connection.region?.toLowerCase() ?? '') === true,
    reason: ({ connection }, { profile }) =>
      `connection ${connection.id} is in region ${connection.region ?? 'unknown'}, and the operator allows ${profile.regions?.join(', ')}`,
    relax: (profile) => ({ words: 'have the operator allow more regions', profile: without(profile, 'regions') }),
  },
  {
    name: 'region',
    applies: ({ region }) => region !== undefined,
    allows: ({ connection }, { region }) => connection.region?.toLowerCase() === region,
    reason: ({ connection }, { profile }) =>
      `connection ${connection.id} is in region ${connection.region ?? 'unknown'}, not ${profile.region}`,
    relax: (profile, { connection }) => ({
      words: connection.region === undefined ? 'drop region' : `allow region ${connection.region}`,
      profile: connection.region === undefined ? without(profile, 'region') : { ...profile, region: connection.region },
    }),
  },
  {
    name: 'modality',
    applies: () => true,
    allows: ({ offer }, { modality, readsModality }) =>
      offer.uncatalogued === true || offer.modality.includes(modality) || (readsModality && reads(offer.supports, modality)),
    reason: ({ offer }, { modality }) => `makes ${offer.modality.join(' and ')}, not ${modality}`,
    relax: (profile, { offer }) => {
      const modality = offer.modality[0] ?? 'text';
      return { words: `ask for modality ${modality}`, profile: { ...profile, modality } };
    },
  },
  {
    name: 'task',
    applies: ({ profile, alias }) => toldTask(profile) !== undefined || (alias !== undefined && alias.tasks.length > 0),
    allows: ({ offer, named }, { profile, alias }) => {
      if (named || offer.uncatalogued === true) return true;
      const task = toldTask(profile);
      if (task !== undefined) return offer.tasks.includes(task);
      return alias?.tasks.some((one) => offer.tasks.includes(one)) ?? true;
    },
    reason: (_pair, { profile, alias }) => `not known to be good at ${toldTask(profile) ?? alias?.tasks.join(' or ')}`,
    relax: (profile, { offer }, { modality, alias }) => {
      // The modality that the task implied must stay, or the relaxed question would mean something else.
      const relaxed = { ...without(profile, 'task'), modality: profile.modality ?? modality };
      const suitsAlias = alias === undefined || alias.tasks.length === 0 || alias.tasks.some((task) => offer.tasks.includes(task));
      if (suitsAlias) return { words: `drop task ${profile.task}`, profile: relaxed };
      return { words: `do not insist on ${alias.name}`, profile: withoutNames(relaxed) };
    },
  },
  {
    name: 'domain',
    applies: ({ profile }) => profile.domain !== undefined,
    allows: ({ offer, named }, { profile }) =>
      named || offer.uncatalogued === true || profile.domain === undefined || offer.domains.includes(profile.domain),
    reason: (_pair, { profile }) => `not known to be good at the domain ${profile.domain}`,
    relax: (profile) => ({ words: `drop domain ${profile.domain}`, profile: without(profile, 'domain') }),
  },
  ...needConstraints,
  {
    name: 'quality_tier',
    applies: ({ profile }) => profile.qualityTier !== undefined,
    allows: ({ offer, named }, { profile }) => named || offer.qualityTier === profile.qualityTier,
    reason: ({ offer }, { profile }) => `quality ${offer.qualityTier}, not ${profile.qualityTier}`,
    relax: (profile, { offer }) => ({
      words: `accept quality_tier ${offer.qualityTier}`,
      profile: { ...profile, qualityTier: offer.qualityTier },
    }),
  },
  {
    name: 'speed_tier',
    applies: ({ profile }) => profile.speedTier !== undefined,
    allows: ({ offer, named }, { profile }) => named || offer.speedTier === profile.speedTier,
    reason: ({ offer }, { profile }) => `speed ${offer.speedTier}, not ${profile.speedTier}`,
    relax: (profile, { offer }) => ({ words: `accept speed_tier ${offer.speedTier}`, profile: { ...profile, speedTier: offer.speedTier } }),
  },
  {
    name: 'context_tokens',
    applies: ({ profile }) => profile.contextTokens > 0,
    allows: ({ offer, named }, { profile }) => offer.contextTokens === undefined || neededTokens(profile, named) <= offer.contextTokens,
    reason: ({ offer }) => `reads at most ${offer.contextTokens} tokens, prompt and answer together`,
    relax: (profile, pair) => relaxContext(profile, pair),
  },
  {
    name: 'max_output_tokens',
    applies: ({ profile }) => profile.maxOutputTokens !== undefined,
    // Named: providers differ in whether they clamp or refuse, and say so themselves.
    allows: ({ offer, named }, { profile }) =>
      named || offer.maxOutputTokens === undefined || (profile.maxOutputTokens ?? 0) <= offer.maxOutputTokens,
    reason: ({ offer }) => `writes at most ${offer.maxOutputTokens} tokens`,
    relax: (profile, { offer }) => {
      // The window may already have asked for fewer.
      const limit = Math.min(offer.maxOutputTokens ?? 0, profile.maxOutputTokens ?? 0);
      return { words: `ask for at most ${limit} output tokens`, profile: { ...profile, maxOutputTokens: limit } };
    },
  },
  {
    name: 'max_cost_usd',
    applies: ({ profile }) => profile.maxCostNanoUsd !== undefined,
    // An unknown price is above every limit: a limit that lets it through is none.
    allows: ({ offer }, { profile }) => worstCaseNanoUsd(offer, profile) <= (profile.maxCostNanoUsd ?? unknownPrice),
    reason: ({ offer }, { profile }) => {
      const cost = worstCaseNanoUsd(offer, profile);
      return cost === unknownPrice ? 'its price is unknown' : `could cost ${formatNanoUsd(cost)} USD`;
    },
    relax: (profile, { offer }) => {
      const cost = worstCaseNanoUsd(offer, profile);
      return cost === unknownPrice
        ? { words: 'drop max_cost_usd', profile: without(profile, 'maxCostNanoUsd') }
        : { words: `raise max_cost_usd to ${formatNanoUsd(cost)}`, profile: { ...profile, maxCostNanoUsd: cost } };
    },
  },
  {
    name: 'max_latency_ms',
    applies: ({ profile }) => profile.maxLatencyMs !== undefined,
    allows: ({ connection }, { profile }) => connection.latencyMs === undefined || connection.latencyMs <= (profile.maxLatencyMs ?? 0),
    reason: ({ connection }) => `connection ${connection.id} usually takes ${connection.latencyMs} ms to the first byte`,
    relax: (profile, { connection }) => ({
      words: `raise max_latency_ms to ${connection.latencyMs}`,
      profile: connection.latencyMs === undefined ? without(profile, 'maxLatencyMs') : { ...profile, maxLatencyMs: connection.latencyMs },
    }),
  },
  {
    name: 'chat',
    applies: () => true,
    allows: ({ offer, named }) => named || !offer.traits.has('responses-only'),
    reason: () => "is served on its provider's Responses API only",
  },
  {
    name: 'retired',
    applies: ({ situation }) => situation.today !== undefined,
    allows: ({ offer, named }, { situation, profile }) =>
      offer.retired === undefined || offer.retired > (situation.today ?? '') || (named && profile.alias === undefined),
    reason: ({ offer }) => `retired on ${offer.retired}${offer.successor === undefined ? '' : `; ${offer.successor} follows it`}`,
  },
];

function reads(supports: Supports, modality: string): boolean {
  if (modality === 'image') return supports.images === true;
  if (modality === 'audio') return supports.audio === true;
  return modality === 'video' && supports.video === true;
}

/** The task that the caller told; a guess rules nothing out. */
function toldTask({ task, taskGuessed }: Profile): string | undefined {
  return taskGuessed === true ? undefined : task;
}

/** Without a list nothing is known to be missing. `x` and `x:latest` are the same thing to such servers. */
function hasInstalled({ models }: ConnectionView, { wireId }: Offer): boolean {
  return models === undefined || models.length === 0 || models.includes(wireId) || models.includes(`${wireId}:latest`);
}

function excludedNames({ offer, connection }: Pair): readonly string[] {
  return [offer.provider, offer.canonicalId, offer.providerId, offer.model, connection.id];
}
