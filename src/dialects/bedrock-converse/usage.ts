// The grammar's usage numbers → disjoint classes. Its inputTokens leave cache reads and writes out; its output includes reasoning.
import { type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { asArray, asNumber, asObject, type JsonValue } from '../../core/json.ts';
import type { DecodeOptions } from '../dialect.ts';

/** Undefined when there are no numbers at all: the ledger then estimates. */
export function decodeUsage(wire: JsonValue | undefined, options: DecodeOptions = {}): Usage | undefined {
  const usage = asObject(wire);
  if (usage === undefined) return undefined;
  const input = asNumber(usage.inputTokens);
  const output = asNumber(usage.outputTokens);
  if (input === undefined && output === undefined) return undefined;
  const cachedInput = asNumber(usage.cacheReadInputTokens) ?? 0;
  const cacheWrite = asNumber(usage.cacheWriteInputTokens) ?? 0;
  const details = (asArray(usage.cacheDetails) ?? []).map(asObject);
  const cacheWrite1h = details
    .filter((detail) => detail?.ttl === '1h')
    .reduce((sum, detail) => sum + (asNumber(detail?.inputTokens) ?? 0), 0);
  const cost = options.cost?.(usage);
  return usageFromTotals({
    inputTotal: (input ?? 0) + cachedInput + cacheWrite,
    cachedInput,
    cacheWrite,
    cacheWrite1h,
    outputTotal: output ?? 0,
    ...(cost !== undefined && { providerCostNanoUsd: cost }),
  });
}
