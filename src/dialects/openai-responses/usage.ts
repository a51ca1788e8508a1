// The `usage` of a response ⇄ disjoint token classes. Input includes cache reads, output includes reasoning.
import { estimateTokens } from '../../canonical/estimate.ts';
import { inputTotal, noUsage, outputTotal, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asNumber, asObject, type JsonObject } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';
import { decodeUsage as decodeChatUsage } from '../openai-chat/usage.ts';

/** Undefined when there are no numbers: the ledger then estimates. */
export function decodeUsage(wire: JsonObject | undefined, options: DecodeOptions = {}): Usage | undefined {
  if (wire === undefined) return undefined;
  const input = asNumber(wire.input_tokens);
  const cached = asNumber(asObject(wire.input_tokens_details)?.cached_tokens) ?? 0;
  // A habit of the provider's chat API only: here its output includes reasoning (xAI).
  const { reasoningOutsideOutput: _chatOnly, ...rest } = options;
  const usage = decodeChatUsage(wire, rest);
  // xAI leaves cache reads out of the input when there are more of them than of it.
  if (usage === undefined || input === undefined || cached <= input) return usage;
  return usageFromTotals({
    inputTotal: input + cached,
    cachedInput: cached,
    cacheWrite: usage.cacheWrite,
    outputTotal: outputTotal(usage),
    reasoning: usage.reasoning,
    ...(usage.providerCostNanoUsd !== undefined && { providerCostNanoUsd: usage.providerCostNanoUsd }),
  });
}

/** SDKs refuse a finished response without numbers, so where the provider gave none they get our estimate. */
export function estimateUsage(request: JsonObject | undefined, output: readonly unknown[]): Usage {
  const chars = (value: unknown): number => JSON.stringify(value ?? '').length;
  return {
    ...noUsage,
    input: estimateTokens(chars(request?.input) + chars(request?.instructions) + chars(request?.tools)),
    output: estimateTokens(chars(output)),
    source: 'estimated',
  };
}

export function encodeUsage(usage: Usage): JsonObject {
  const input = inputTotal(usage);
  const output = outputTotal(usage);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cachedInput, ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  };
}
