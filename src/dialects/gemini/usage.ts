// The vendor's token counts ⇄ disjoint classes. Its prompt count includes cache reads, but neither its own tools' input;
// its candidates count leaves the thinking out.
import { inputTotal, outputTotal, partsMember, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asArray, asNumber, asObject, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';
import { member } from './member.ts';

/** Undefined when there are no numbers at all: the ledger then estimates. */
export function decodeUsage(wire: JsonValue | undefined, options: DecodeOptions = {}): Usage | undefined {
  const usage = asObject(wire);
  if (usage === undefined) return undefined;
  const read = (name: string): number | undefined => asNumber(member(usage, name));
  const prompt = read('promptTokenCount');
  const candidates = read('candidatesTokenCount');
  const thoughts = read('thoughtsTokenCount') ?? 0;
  const total = read('totalTokenCount');
  if (prompt === undefined && candidates === undefined && total === undefined) return undefined;

  const input = (prompt ?? 0) + (read('toolUsePromptTokenCount') ?? 0);
  // Some servers of this grammar count thinking among the candidates; their total tells.
  const included = thoughts > 0 && candidates !== undefined && candidates >= thoughts && total === input + candidates;
  const cost = options.cost?.(usage);
  const prompts = member(usage, 'promptTokensDetails');
  const answers = member(usage, 'candidatesTokensDetails');
  return {
    ...usageFromTotals({
      inputTotal: input,
      cachedInput: read('cachedContentTokenCount') ?? 0,
      outputTotal: included ? candidates : (candidates ?? 0) + thoughts,
      reasoning: thoughts,
      ...(cost !== undefined && { providerCostNanoUsd: cost }),
    }),
    ...((prompts !== undefined || answers !== undefined) &&
      partsMember({
        inputAudio: tokensOf(prompts, 'AUDIO'),
        inputImage: tokensOf(prompts, 'IMAGE'),
        outputAudio: tokensOf(answers, 'AUDIO'),
        outputImage: tokensOf(answers, 'IMAGE'),
      })),
  };
}

/** `[{modality: 'AUDIO', tokenCount: 32}]`: sound and pictures have prices of their own. */
function tokensOf(details: JsonValue | undefined, modality: string): number | undefined {
  const detail = asArray(details)?.find((entry) => asObject(entry)?.modality === modality);
  return asNumber(asObject(detail)?.tokenCount);
}

/** Every frame repeats the counts so far; the last number of each wins, and one that a later frame leaves out is kept. */
export function mergeUsage(before: JsonObject | undefined, next: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(next)) return before;
  if (tellsAllOf(next, before)) return next;
  const told = Object.entries(next).filter(([, value]) => value !== null && value !== undefined);
  return { ...before, ...(Object.fromEntries(told) as JsonObject) };
}

/** The usual frame has every count that the one before had: nothing is to be merged. */
function tellsAllOf(next: JsonObject, before: JsonObject | undefined): boolean {
  for (const name of Object.keys(next)) if (next[name] === null || next[name] === undefined) return false;
  if (before === undefined) return true;
  for (const name of Object.keys(before)) if (!Object.hasOwn(next, name)) return false;
  return true;
}

export function encodeUsage(usage: Usage): MutableJson {
  return {
    promptTokenCount: inputTotal(usage),
    candidatesTokenCount: usage.output,
    ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
    ...(usage.cachedInput > 0 && { cachedContentTokenCount: usage.cachedInput }),
    totalTokenCount: inputTotal(usage) + outputTotal(usage),
  };
}
