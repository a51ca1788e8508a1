// The `usage` object of OpenAI-compatible providers ⇄ disjoint token classes.
import { inputTotal, outputTotal, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asNumber, asObject, type JsonObject } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';

/** Undefined when neither count is there: an empty or half usage object is no usage, the ledger estimates instead. */
export function decodeUsage(wire: JsonObject | undefined, options: DecodeOptions = {}): Usage | undefined {
  if (wire === undefined) return undefined;
  const total = asNumber(wire.total_tokens);
  const prompt = asNumber(wire.prompt_tokens) ?? asNumber(wire.input_tokens);
  const completion = asNumber(wire.completion_tokens) ?? asNumber(wire.output_tokens);
  if (prompt === undefined && completion === undefined) return undefined;
  const input = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0));
  const output = completion ?? Math.max(0, (total ?? 0) - input);

  const inputDetails = asObject(wire.prompt_tokens_details) ?? asObject(wire.input_tokens_details);
  const outputDetails = asObject(wire.completion_tokens_details) ?? asObject(wire.output_tokens_details);
  const reasoning = asNumber(outputDetails?.reasoning_tokens) ?? asNumber(wire.reasoning_tokens) ?? 0;
  const exclusive = isReasoningOutside({ input, output, reasoning, total }, options);
  const cost = options.cost?.(wire) ?? readCostNanoUsd(wire);
  return usageFromTotals({
    inputTotal: input,
    cachedInput: readCachedInput(wire, inputDetails),
    cacheWrite: readCacheWrite(wire, inputDetails),
    cacheWrite1h: asNumber(asObject(inputDetails?.cache_creation_token_details)?.ephemeral_1h_input_tokens) ?? 0,
    outputTotal: exclusive ? output + reasoning : output,
    reasoning,
    providerCostNanoUsd: cost,
  });
}

interface Totals {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly total: number | undefined;
}

/**
 * xAI leaves reasoning out of completion_tokens and its total shows it; the provider's own sum is trusted over what is known about
 * the provider. Reasoning above completion without such a sum is an anomaly (OpenRouter), clamped later.
 */
function isReasoningOutside({ input, output, reasoning, total }: Totals, options: DecodeOptions): boolean {
  if (reasoning === 0) return false;
  if (total === input + output + reasoning) return true;
  if (options.reasoningOutsideOutput !== true) return false;
  return total !== input + output || reasoning > output;
}

/** OpenAI's place first, then DeepSeek's, Mistral's older one, and LiteLLM's. */
function readCachedInput(wire: JsonObject, details: JsonObject | undefined): number {
  return (
    asNumber(details?.cached_tokens) ??
    asNumber(wire.prompt_cache_hit_tokens) ??
    asNumber(wire.num_cached_tokens) ??
    asNumber(wire.cached_tokens) ??
    asNumber(wire.cache_read_input_tokens) ??
    0
  );
}

function readCacheWrite(wire: JsonObject, details: JsonObject | undefined): number {
  return (
    asNumber(details?.cache_write_tokens) ?? asNumber(details?.cache_creation_tokens) ?? asNumber(wire.cache_creation_input_tokens) ?? 0
  );
}

/** OpenRouter tells `cost` in USD, Perplexity `cost.total_cost`, xAI ticks of a nano-USD. */
function readCostNanoUsd(wire: JsonObject): number | undefined {
  const ticks = asNumber(wire.cost_in_usd_ticks);
  if (ticks !== undefined && ticks >= 0) return Math.round(ticks);
  const usd = asNumber(wire.cost) ?? asNumber(asObject(wire.cost)?.total_cost);
  return usd === undefined || usd < 0 ? undefined : Math.round(usd * 1e9);
}

export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTotal(usage);
  const completion = outputTotal(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInput,
      ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
      ...(usage.cacheWrite1h > 0 && { cache_creation_token_details: { ephemeral_1h_input_tokens: usage.cacheWrite1h } }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
