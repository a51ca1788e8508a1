// Canonical settings → `generationConfig`, as far as the model's generation takes them.
import type { ChatRequest, ReasoningWish } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import { callerField } from '../caller-fields.ts';
import type { EncodeTarget } from '../dialect.ts';
import { toGoogleSchema } from './json-schema.ts';
import type { ModelFamily } from './model-family.ts';

export interface ConfigContext {
  readonly request: ChatRequest;
  readonly target: EncodeTarget;
  readonly family: ModelFamily;
  readonly warnings: WarningList;
  /** The request declares functions. */
  readonly hasFunctions: boolean;
}

interface EncodedConfig {
  readonly config: MutableJson;
  /** To be said in the system instruction because the model has no setting for it. */
  readonly instruction?: string;
}

const maxStops = 5;
/** Which generation takes JSON output beside functions. */
const jsonBesideFunctions = 3;

export function encodeConfig(context: ConfigContext): EncodedConfig {
  const { request, warnings } = context;
  const output = encodeOutput(context);
  const config: MutableJson = {
    ...encodeMaxTokens(context),
    ...encodeTemperature(request, warnings),
    ...(request.topP !== undefined && { topP: request.topP }),
    ...(request.topK !== undefined && { topK: request.topK }),
    ...encodeStop(request, warnings),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(request.presencePenalty !== undefined && { presencePenalty: request.presencePenalty }),
    ...(request.frequencyPenalty !== undefined && { frequencyPenalty: request.frequencyPenalty }),
    ...(request.count !== undefined && request.count > 1 && { candidateCount: request.count }),
    ...output.config,
    ...encodeThinking(context),
  };
  return { config, ...(output.instruction !== undefined && { instruction: output.instruction }) };
}

function encodeMaxTokens({ request, target, warnings }: ConfigContext): MutableJson {
  const asked = request.maxOutputTokens;
  const cap = target.maxOutputTokens;
  if (asked === undefined) return {};
  if (cap === undefined || asked <= cap) return { maxOutputTokens: asked };
  warnings.changed(callerField(request, 'maxOutputTokens'), `the model writes at most ${cap} tokens, so ${asked} was lowered to that`);
  return { maxOutputTokens: cap };
}

function encodeTemperature(request: ChatRequest, warnings: WarningList): MutableJson {
  if (request.temperature === undefined) return {};
  if (request.temperature <= 2) return { temperature: request.temperature };
  warnings.changed(callerField(request, 'temperature'), 'the highest temperature of this provider is 2');
  return { temperature: 2 };
}

function encodeStop(request: ChatRequest, warnings: WarningList): MutableJson {
  const stop = (request.stop ?? []).filter((text) => text !== '');
  if (stop.length > maxStops)
    warnings.dropped(callerField(request, 'stop'), `this provider takes ${maxStops} stop sequences; the others were left out`);
  return stop.length === 0 ? {} : { stopSequences: stop.slice(0, maxStops) };
}

function encodeOutput({ request, family, warnings, hasFunctions }: ConfigContext): EncodedConfig {
  const { output } = request;
  if (output === undefined) return { config: {} };
  const field = request.dialect === 'anthropic-messages' ? 'output_config.format' : 'response_format';
  if (hasFunctions && family.generation !== undefined && family.generation < jsonBesideFunctions) {
    warnings.emulated(field, 'this model takes no JSON output beside tools, so it was asked for in the system instruction');
    const schema = output.kind === 'json' ? '' : ` that fits this JSON schema:\n${JSON.stringify(output.schema)}`;
    return { config: {}, instruction: `Unless you call a function, answer with nothing but JSON${schema || '.'}` };
  }
  if (output.kind === 'json') return { config: { responseMimeType: 'application/json' } };
  const { schema, relaxed } = toGoogleSchema(output.schema);
  if (relaxed.length > 0) warnings.changed(field, `the schema was relaxed to what this provider enforces: ${relaxed.join(', ')}`);
  return { config: { responseMimeType: 'application/json', ...(schema !== undefined && { responseSchema: schema }) } };
}

function encodeThinking({ request, target, family, warnings }: ConfigContext): MutableJson {
  const wish = request.reasoning;
  if (wish === undefined) return {};
  const field = callerField(request, 'reasoning');
  const off = wish.enabled === false || wish.effort === 'none';
  if (target.reasoning === false || family.gemma || (family.generation ?? 2.5) < 2.5) {
    if (!off) warnings.dropped(field, 'this model cannot think');
    return {};
  }
  const config =
    (family.generation ?? 2.5) >= 3 ? encodeLevel(wish, { field, family, warnings }) : encodeBudget(wish, { field, family, warnings });
  return { thinkingConfig: { ...config, ...(!off && { includeThoughts: true }) } };
}

interface ThinkingContext {
  readonly field: string;
  readonly family: ModelFamily;
  readonly warnings: WarningList;
}

/** From the third generation on thinking has levels and no switch. */
function encodeLevel(wish: ReasoningWish, context: ThinkingContext): MutableJson {
  const { field, warnings } = context;
  const lowest = lowestLevel(context.family);
  if (wish.enabled === false || wish.effort === 'none') {
    warnings.changed(field, `thinking of this model cannot be switched off, so it was set to ${lowest}`);
    return { thinkingLevel: lowest };
  }
  switch (wish.effort) {
    case undefined:
      return wish.budgetTokens === undefined ? {} : { thinkingLevel: levelOfBudget(wish.budgetTokens, context) };
    case 'minimal':
      if (lowest !== 'minimal') warnings.changed(field, 'the lowest level of this model is low');
      return { thinkingLevel: lowest };
    case 'xhigh':
    case 'max':
      warnings.changed(field, 'the highest level of this model is high');
      return { thinkingLevel: 'high' };
    default:
      return { thinkingLevel: wish.effort };
  }
}

function lowestLevel({ tier, generation }: ModelFamily): 'minimal' | 'low' {
  return tier === 'flash' && (generation ?? 0) < 3.7 ? 'minimal' : 'low';
}

function levelOfBudget(budget: number, { field, warnings }: ThinkingContext): string {
  const level = budget <= 2_048 ? 'low' : budget <= 12_288 ? 'medium' : 'high';
  warnings.changed(field, `this model takes a level instead of a budget, so ${budget} tokens became ${level}`);
  return level;
}

const budgets = { minimal: 1_024, low: 2_048, medium: 8_192, high: 24_576, xhigh: 24_576 } as const;
const proBudgets = { least: 128, most: 32_768 } as const;
const mostBudget = 24_576;

function encodeBudget(wish: ReasoningWish, { field, family, warnings }: ThinkingContext): MutableJson {
  const isPro = family.tier === 'pro';
  const most = isPro ? proBudgets.most : mostBudget;
  if (wish.enabled === false || wish.effort === 'none') {
    if (!isPro) return { thinkingBudget: 0 };
    warnings.changed(field, 'thinking of this model cannot be switched off, so it was given the smallest budget');
    return { thinkingBudget: proBudgets.least };
  }
  if (wish.budgetTokens === undefined) {
    // The model's own judgement.
    if (wish.effort === undefined) return { thinkingBudget: -1 };
    return { thinkingBudget: wish.effort === 'max' ? most : budgets[wish.effort] };
  }
  const budget = Math.max(isPro ? proBudgets.least : 0, Math.min(wish.budgetTokens, most));
  if (budget !== wish.budgetTokens) warnings.changed(field, `the thinking budget of this model goes up to ${most} tokens`);
  return { thinkingBudget: budget };
}
