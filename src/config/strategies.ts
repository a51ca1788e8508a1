// The names of strategies in the configuration. What each of them means is in gateway/strategy-names.ts.
import { balances } from '../routing/config.ts';

/** In the order of the documentation: what orders by facts, then what shares the load. */
export const strategies = [
  'quality-first',
  'cost-optimized',
  'speed-priority',
  'balanced',
  'round-robin',
  'weighted',
  'least-busy',
  'latency-based',
  'usage-based',
  'cost-based',
  'adaptive',
  'capability-match',
] as const;

/** What an alias may say: its models stand in an order already, so only how they share the load is left. */
export const sharingStrategies = balances;
