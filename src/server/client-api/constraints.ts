// Task, domain, tiers, limits: what a caller may say about the model it wants instead of naming one.
import type { Balance, Need, Profile, Strategy } from '../../gateway/call.ts';
import { type FailureClass, failureClasses } from '../../gateway/fallback-rules.ts';
import { balanceOf, rankOf, strategyNames } from '../../gateway/strategy-names.ts';
import type { Modality, QualityTier, SpeedTier } from '../../catalog/catalog.ts';
import { nearestNames } from '../../catalog/nearest.ts';
import { GatewayError } from '../../core/errors.ts';

type Source = Readonly<Record<string, unknown>>;

export const noConstraints: Partial<Profile> = Object.freeze({});

/** How equals share the load, where the strategy that was asked for says so. */
export function readBalance(source: Source): Balance | undefined {
  const name = source['strategy'];
  return typeof name === 'string' ? balanceOf(name) : undefined;
}

function readStrategy(source: Source): Strategy | undefined {
  const name = readOneOf(source, 'strategy', strategyNames);
  return name === undefined ? undefined : rankOf(name);
}

const qualityTiers: readonly QualityTier[] = ['flagship', 'strong', 'draft'];
const speedTiers: readonly SpeedTier[] = ['fast', 'normal', 'slow'];
const modalities: readonly Modality[] = ['text', 'image', 'audio', 'video', 'embedding', 'scores', 'transcript'];
const knownNeeds: readonly Need[] = [
  'tools',
  'vision',
  'json_schema',
  'json_mode',
  'audio',
  'video',
  'files',
  'reasoning',
  'embeddings',
  'prompt_cache',
  'streaming',
  'rerank',
  'moderation',
  'image_output',
  'image_edit',
  'speech',
  'transcription',
];
/** Words that callers use for the same need. */
const needWords: Readonly<Record<string, Need>> = {
  images: 'vision',
  image: 'vision',
  structured_output: 'json_schema',
  function_calling: 'tools',
};

/** Throws invalid_request naming the field, with the nearest allowed value. */
export function readConstraints(source: Source): Partial<Profile> {
  const task = readText(source, 'task_type') ?? readText(source, 'task');
  const domain = readText(source, 'domain');
  const modality = readOneOf(source, 'modality', modalities);
  const qualityTier = readOneOf(source, 'quality_tier', qualityTiers);
  const speedTier = readOneOf(source, 'speed_tier', speedTiers);
  const strategy = readStrategy(source);
  const maxCostUsd = readAmount(source, 'max_cost_usd');
  const maxLatencyMs = readAmount(source, 'max_latency_ms');
  const contextTokens = readAmount(source, 'context_tokens');
  const providers = readList(source, 'providers');
  const exclude = readList(source, 'exclude');
  const region = readText(source, 'region');
  const needs = readList(source, 'needs')?.map(readNeed);
  return {
    ...(task !== undefined && { task: task.toLowerCase() }),
    ...(domain !== undefined && { domain: domain.toLowerCase() }),
    ...(modality !== undefined && { modality }),
    ...(qualityTier !== undefined && { qualityTier }),
    ...(speedTier !== undefined && { speedTier }),
    ...(strategy !== undefined && { strategy }),
    ...(maxCostUsd !== undefined && { maxCostNanoUsd: Math.round(maxCostUsd * 1e9) }),
    ...(maxLatencyMs !== undefined && { maxLatencyMs }),
    ...(contextTokens !== undefined && { contextTokens }),
    ...(providers !== undefined && { providers }),
    ...(exclude !== undefined && { exclude }),
    ...(region !== undefined && { region }),
    ...(needs !== undefined && { needs }),
  };
}

/** Classes of failures as `routing.fallback_on` names them; a text lists them with commas. An empty list: nobody may take over. */
export function readFallbackOn(source: Source): readonly FailureClass[] | undefined {
  const value = source['fallback_on'];
  const listed = typeof value === 'string' ? { fallback_on: value.split(',').filter((word) => word.trim() !== '') } : source;
  return readList(listed, 'fallback_on')?.map((word) => {
    const known = failureClasses.find((one) => one === word.trim().toLowerCase());
    if (known !== undefined) return known;
    const message = `fallback_on: "${word.slice(0, 60)}" is not one of ${failureClasses.join(', ')}`;
    throw wrong('fallback_on', message, { allowed: failureClasses, given: word });
  });
}

function readNeed(word: string): Need {
  const need = needWords[word.toLowerCase()] ?? knownNeeds.find((known) => known === word.toLowerCase());
  if (need !== undefined) return need;
  throw wrong('needs', `needs: "${word.slice(0, 60)}" is not one of ${knownNeeds.join(', ')}`, { allowed: knownNeeds, given: word });
}

function readText(source: Source, field: string): string | undefined {
  const value = source[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.trim() === '') throw wrong(field, `${field} must be a non-empty string`);
  return value.trim();
}

function readOneOf<Value extends string>(source: Source, field: string, allowed: readonly Value[]): Value | undefined {
  const text = readText(source, field);
  if (text === undefined) return undefined;
  const value = allowed.find((one) => one === text.toLowerCase());
  if (value !== undefined) return value;
  throw wrong(field, `${field} "${text.slice(0, 60)}" is not one of ${allowed.join(', ')}`, { allowed, given: text });
}

function readAmount(source: Source, field: string): number | undefined {
  const value = source[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(field, `${field} must be a number of 0 or more`);
  return value;
}

function readList(source: Source, field: string): readonly string[] | undefined {
  const value = source[field];
  if (value === undefined || value === null) return undefined;
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) throw wrong(field, `${field} must be a list of strings`);
  return list as readonly string[];
}

interface Choice {
  readonly allowed: readonly string[];
  readonly given: string;
}

function wrong(field: string, message: string, choice?: Choice): GatewayError {
  const nearest = choice && nearestNames(choice.given, choice.allowed, 1)[0];
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  return new GatewayError('invalid_request', `${message}${hint}`, { param: field });
}
