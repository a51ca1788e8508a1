// When are two questions the same? Their keys are equal exactly then; memo and decision id both rest on it.
import type { Offer } from '../catalog/catalog.ts';
import { shortDigest } from '../catalog/digest.ts';
import type { ConnectionView, Profile } from './decision.ts';
import type { Situation } from './question.ts';
import { roundUpContext } from './context-window.ts';
import { standingOf } from './standing.ts';

/**
 * Replaces the prompt's size by the largest one that fits the same windows, where its exact size changes nothing: neither
 * `cost-optimized` nor a cost limit looks at it. Needs are sorted and named once.
 */
export function normalizeProfile(profile: Profile, situation: Situation): Profile {
  const needs = profile.needs.length > 1 ? [...new Set(profile.needs)].sort() : profile.needs;
  const priced = profile.maxCostNanoUsd !== undefined || (profile.strategy ?? situation.strategy) === 'cost-optimized';
  if (priced) return needs === profile.needs ? profile : { ...profile, needs };
  const { contextLimits } = standingOf(situation.catalog);
  return { ...profile, needs, contextTokens: roundUpContext(profile.contextTokens, profile.maxOutputTokens ?? 0, contextLimits) };
}

/** One line of text that holds everything a decision depends on. The profile must be normalised. */
export function keyOf(profile: Profile, situation: Situation): string {
  const { catalog, connections, preferences, strategy, today } = situation;
  return [
    catalog.version,
    setOf(connections, profile.maxLatencyMs !== undefined),
    profile.strategy ?? strategy ?? '',
    preferences?.id ?? '',
    today ?? '',
    profile.named === undefined ? '-' : idsOf(profile.named),
    profile.alias,
    profile.requestedModel,
    profile.task,
    profile.taskGuessed,
    profile.domain,
    profile.modality,
    profile.qualityTier,
    profile.speedTier,
    profile.needs.join(),
    profile.contextTokens,
    profile.maxOutputTokens,
    profile.maxCostNanoUsd,
    profile.maxLatencyMs,
    profile.providers?.join(),
    profile.exclude?.join(),
    profile.region,
    profile.regions?.join(),
    profile.layer,
    profile.connection,
  ].join('\n');
}

const listed = new WeakMap<readonly Offer[], string>();

/** The catalog gives the same list for the same name, so an alias of a hundred offers is digested once. */
function idsOf(offers: readonly Offer[]): string {
  let text = listed.get(offers);
  if (text === undefined) {
    text = shortDigest(offers.map((offer) => `${offer.canonicalId}=${offer.wireId}`).join('|'));
    listed.set(offers, text);
  }
  return text;
}

const described = new WeakMap<readonly ConnectionView[], string>();

/** The connections and their health. What does not change about a list is written down once; health is read every time. */
function setOf(connections: readonly ConnectionView[], withLatency: boolean): string {
  let text = described.get(connections);
  if (text === undefined) {
    text = shortDigest(connections.map(describeConnection).join(';'));
    described.set(connections, text);
  }
  let health = '';
  for (const connection of connections) {
    health += connection.healthy ? '1' : '0';
    if (withLatency) health += `${connection.latencyMs ?? ''},`;
  }
  return `${text}#${health}`;
}

function describeConnection({ id, provider, layer, region, openEnded, models }: ConnectionView): string {
  return [id, provider, layer, region, openEnded ? 'open' : '', models?.join('|')].join(',');
}
