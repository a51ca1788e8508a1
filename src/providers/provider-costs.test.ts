import { expect, it } from 'vitest';
import { costInTicks, costInUsd, estimatedCostInUsd, totalCostInUsd } from './provider-costs.ts';

it('reads each provider’s own cost as nano-USD', () => {
  expect(costInUsd({ cost: 0.00014 })).toBe(140_000);
  expect(totalCostInUsd({ cost: { total_cost: 0.006 } })).toBe(6_000_000);
  expect(estimatedCostInUsd({ estimated_cost: 1.5e-6 })).toBe(1_500);
  expect(costInTicks({ cost_in_usd_ticks: 1_051_750 })).toBe(1_051_750);
});

it('takes what is no cost as not told', () => {
  expect(costInUsd({ cost: 'free' })).toBeUndefined();
  expect(costInUsd({ cost: -1 })).toBeUndefined();
  expect(totalCostInUsd({})).toBeUndefined();
  expect(costInTicks({ cost_in_usd_ticks: null })).toBeUndefined();
});

it('takes Perplexity’s zero in mid-stream as not told yet', () => {
  expect(totalCostInUsd({ cost: { total_cost: 0 } })).toBeUndefined();
});
