// The vendor's usage numbers ⇄ disjoint classes. Its input_tokens leave cache reads and writes out; its output includes thinking.
import { outputTotal, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asNumber, asObject, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';

/** Undefined when there are no numbers at all: the ledger then estimates. */
export function decodeUsage(wire: JsonValue | undefined, options: DecodeOptions = {}): Usage | undefined {
  const usage = asObject(wire);
  if (usage === undefined) return undefined;
  if (asNumber(usage.input_tokens) === undefined && asNumber(usage.output_tokens) === undefined) return undefined;
  // Passes of one answer (compaction, advisors) are not all in the top-level numbers; their sum is what is billed.
  const passes = Array.isArray(usage.iterations) ? usage.iterations.filter(isObject) : [];
  const read = (name: string): number =>
    passes.length > 0 ? passes.reduce((sum, pass) => sum + (asNumber(pass[name]) ?? 0), 0) : (asNumber(usage[name]) ?? 0);

  const cachedInput = read('cache_read_input_tokens');
  const creation = asObject(usage.cache_creation);
  const write1h = asNumber(creation?.ephemeral_1h_input_tokens) ?? 0;
  const cacheWrite = read('cache_creation_input_tokens') || (asNumber(creation?.ephemeral_5m_input_tokens) ?? 0) + write1h;
  const cost = options.cost?.(usage);
  return usageFromTotals({
    inputTotal: read('input_tokens') + cachedInput + cacheWrite,
    cachedInput,
    cacheWrite,
    cacheWrite1h: write1h,
    outputTotal: read('output_tokens'),
    reasoning: asNumber(asObject(usage.output_tokens_details)?.thinking_tokens) ?? 0,
    providerCostNanoUsd: cost,
  });
}

/**
 * Usage of a stream: `message_start` has the input, each `message_delta` a running total that may correct it. The last
 * number of a field wins, and a field that only one of the two has is kept.
 */
export function mergeUsage(before: JsonObject | undefined, next: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(next)) return before;
  const told = Object.entries(next).filter(([, value]) => value !== null && value !== undefined);
  return { ...before, ...(Object.fromEntries(told) as JsonObject) };
}

/** All four counts always: the SDKs read them without looking. */
export function encodeUsage(usage: Usage | undefined): MutableJson {
  const cacheWrite = usage?.cacheWrite ?? 0;
  const cacheWrite1h = usage?.cacheWrite1h ?? 0;
  return {
    input_tokens: usage?.input ?? 0,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: usage?.cachedInput ?? 0,
    ...(cacheWrite > 0 && {
      cache_creation: { ephemeral_5m_input_tokens: cacheWrite - cacheWrite1h, ephemeral_1h_input_tokens: cacheWrite1h },
    }),
    output_tokens: usage === undefined ? 0 : outputTotal(usage),
    ...(usage !== undefined && usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
  };
}
