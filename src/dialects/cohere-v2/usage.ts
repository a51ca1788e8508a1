// Cohere counts twice: `tokens` is what the model read and wrote, a hidden preamble included; `billed_units` is what is paid for
// (507 against 12 input tokens of one recorded call). The first is reported, the second priced.
import { inputTotal, outputTotal, type Usage, type UsageUnit, usageFromTotals } from '../../canonical/usage.ts';
import { asNumber, asObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';

/** Undefined when there are no numbers at all: the ledger then estimates. */
export function decodeUsage(wire: JsonValue | undefined, options: DecodeOptions = {}): Usage | undefined {
  const usage = asObject(wire);
  if (usage === undefined) return undefined;
  const tokens = asObject(usage.tokens);
  const billed = asObject(usage.billed_units);
  const input = asNumber(tokens?.input_tokens) ?? asNumber(billed?.input_tokens);
  const output = asNumber(tokens?.output_tokens) ?? asNumber(billed?.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const cost = options.cost?.(usage);
  const units = readUnits(billed);
  return {
    ...usageFromTotals({
      inputTotal: input ?? 0,
      // Relative to `tokens`: it may be more than all billed input.
      cachedInput: asNumber(usage.cached_tokens) ?? 0,
      outputTotal: output ?? 0,
      ...(cost !== undefined && { providerCostNanoUsd: cost }),
    }),
    ...readBilled(billed),
    ...(units.length > 0 && { units }),
  };
}

function readBilled(billed: JsonObject | undefined): Pick<Usage, 'billed'> {
  const input = asNumber(billed?.input_tokens);
  const output = asNumber(billed?.output_tokens);
  if (input === undefined && output === undefined) return {};
  return { billed: { input: wholeCount(input), output: wholeCount(output) } };
}

const wholeCount = (value: number | undefined): number => Math.max(0, Math.floor(value ?? 0));

/** Searches are paid by the search. */
export function readUnits(billed: JsonObject | undefined): UsageUnit[] {
  const searches = wholeCount(asNumber(billed?.search_units));
  return searches > 0 ? [{ unit: 'search', count: searches }] : [];
}

export function encodeUsage(usage: Usage): JsonObject {
  const tokens = { input_tokens: inputTotal(usage), output_tokens: outputTotal(usage) };
  const billed = usage.billed === undefined ? tokens : { input_tokens: usage.billed.input, output_tokens: usage.billed.output };
  return { billed_units: billed, tokens, cached_tokens: usage.cachedInput };
}
