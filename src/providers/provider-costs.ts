// Costs that providers tell in their answers' `usage`, as integer nano-USD.
import { asNumber, asObject, type JsonObject } from '../core/json.ts';

/** USD → nano-USD; undefined for anything that is not a cost. */
function nanoUsdFromUsd(usd: unknown): number | undefined {
  const amount = asNumber(usd);
  return amount !== undefined && amount >= 0 ? Math.round(amount * 1e9) : undefined;
}

/** `usage.cost` in USD (OpenRouter). */
export const costInUsd = (usage: JsonObject): number | undefined => nanoUsdFromUsd(usage['cost']);

/** `usage.cost.total_cost` in USD (Perplexity); it stays 0 until the end of a stream. */
export function totalCostInUsd(usage: JsonObject): number | undefined {
  const cost = nanoUsdFromUsd(asObject(usage['cost'])?.['total_cost']);
  return cost === 0 ? undefined : cost;
}

/** `usage.estimated_cost` in USD (DeepInfra). */
export const estimatedCostInUsd = (usage: JsonObject): number | undefined => nanoUsdFromUsd(usage['estimated_cost']);

/** `usage.cost_in_usd_ticks`: one tick fits 1e-9 USD on a recorded xAI chat answer. */
export function costInTicks(usage: JsonObject): number | undefined {
  const ticks = asNumber(usage['cost_in_usd_ticks']);
  return ticks !== undefined && ticks >= 0 ? Math.round(ticks) : undefined;
}
