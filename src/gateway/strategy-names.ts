// The strategies that configuration and callers name, as the two things they are: how the Brain ranks, and how equals share the load.
import type { Strategy } from '../brain/decision.ts';
import { type Balance, balances } from '../routing/strategies/balance.ts';

const ranks: Readonly<Record<string, Strategy>> = {
  'quality-first': 'quality-first',
  'cost-optimized': 'cost-optimized',
  'cost-based': 'cost-optimized',
  'speed-priority': 'speed-priority',
  'latency-based': 'speed-priority',
  balanced: 'balanced',
};

/** Sharing the load says nothing about what models are: the Brain then ranks as it does unasked. */
export function rankOf(name: string): Strategy {
  return Object.hasOwn(ranks, name) ? (ranks[name] ?? 'quality-first') : 'quality-first';
}

export function balanceOf(name: string): Balance | undefined {
  return name === 'least-loaded' ? 'least-busy' : balances.find((balance) => balance === name);
}

export const strategyNames: readonly string[] = [...Object.keys(ranks), ...balances, 'least-loaded'];
