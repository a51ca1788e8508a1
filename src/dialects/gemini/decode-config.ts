// `generationConfig` → canonical settings, and what of it only the vendor understands.
import type { ChatRequest, OutputFormat, ReasoningWish } from '../../canonical/chat.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import {
  optionalArray,
  optionalNumber,
  optionalObject,
  optionalString,
  requireInteger,
  requireString,
  unknownMembers,
  wrongField,
} from '../anthropic-messages/wire-field.ts';
import { toJsonSchema } from './json-schema.ts';
import { bothSpellings, member, nameIn } from './member.ts';

const known = bothSpellings([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'thinkingConfig',
]);

type Settings = Pick<
  ChatRequest,
  | 'maxOutputTokens'
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'stop'
  | 'seed'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'count'
  | 'output'
  | 'reasoning'
>;

export interface DecodedConfig {
  readonly settings: Settings;
  /** Members without a canonical word. */
  readonly rest: JsonObject | undefined;
}

export function decodeConfig(config: JsonObject, path: string): DecodedConfig {
  const number = (name: string): number | undefined => optionalNumber(member(config, name), `${path}.${nameIn(config, name)}`);
  const integer = (name: string, least: number): number | undefined => {
    const value = member(config, name);
    return value === undefined ? undefined : requireInteger(value, `${path}.${nameIn(config, name)}`, least);
  };
  const stop = optionalArray(member(config, 'stopSequences'), `${path}.${nameIn(config, 'stopSequences')}`)?.map((text, index) =>
    requireString(text, `${path}.${nameIn(config, 'stopSequences')}[${index}]`),
  );
  const output = decodeOutput(config, path);
  const reasoning = decodeThinking(config, path);
  const settings = {
    maxOutputTokens: integer('maxOutputTokens', 1),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    stop: stop !== undefined && stop.length > 0 ? stop : undefined,
    seed: number('seed'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    count: integer('candidateCount', 1),
    output,
    reasoning,
  };
  const told = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings;
  return { settings: told, rest: unknownMembers(config, known) };
}

function decodeOutput(config: JsonObject, path: string): OutputFormat | undefined {
  const type = optionalString(member(config, 'responseMimeType'), `${path}.${nameIn(config, 'responseMimeType')}`);
  const own = optionalObject(member(config, 'responseSchema'), `${path}.${nameIn(config, 'responseSchema')}`);
  const standard = optionalObject(member(config, 'responseJsonSchema'), `${path}.${nameIn(config, 'responseJsonSchema')}`);
  const schema = own === undefined ? standard : toJsonSchema(own);
  if (schema !== undefined) return { kind: 'json-schema', name: 'answer', schema };
  return type === 'application/json' ? { kind: 'json' } : undefined;
}

const levels: Readonly<Record<string, NonNullable<ReasoningWish['effort']>>> = {
  minimal: 'minimal',
  low: 'low',
  medium: 'medium',
  high: 'high',
};

/** `includeThoughts` alone asks for nothing but to see what the model thinks anyway. */
function decodeThinking(config: JsonObject, path: string): ReasoningWish | undefined {
  const place = `${path}.${nameIn(config, 'thinkingConfig')}`;
  const thinking = optionalObject(member(config, 'thinkingConfig'), place);
  if (thinking === undefined) return undefined;
  const level = optionalString(member(thinking, 'thinkingLevel'), `${place}.${nameIn(thinking, 'thinkingLevel')}`)?.toLowerCase();
  if (level !== undefined && level !== 'thinking_level_unspecified') return { enabled: true, effort: readLevel(level, place) };
  return readBudget(member(thinking, 'thinkingBudget'), `${place}.${nameIn(thinking, 'thinkingBudget')}`);
}

function readLevel(level: string, place: string): NonNullable<ReasoningWish['effort']> {
  const effort = Object.hasOwn(levels, level) ? levels[level] : undefined;
  if (effort === undefined) throw wrongField(`${place}.thinkingLevel`, 'one of minimal, low, medium, high');
  return effort;
}

function readBudget(value: JsonValue | undefined, path: string): ReasoningWish | undefined {
  if (value === undefined) return undefined;
  const budget = requireInteger(value, path, -1);
  if (budget === 0) return { enabled: false };
  return budget === -1 ? { enabled: true, adaptive: true } : { enabled: true, budgetTokens: budget };
}
