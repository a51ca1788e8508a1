// A rate limit: whom it holds for, what it counts, and how much of that in which time.
import type { Scoped } from '../rules.ts';

export type LimitUnit = 'requests' | 'tokens' | 'parallel';

export const limitUnits: readonly LimitUnit[] = ['requests', 'tokens', 'parallel'];

export interface RateLimit extends Scoped {
  readonly unit: LimitUnit;
  readonly amount: number;
  /** Of no meaning for `parallel`. */
  readonly windowMs: number;
  readonly origin: 'config' | 'admin';
}
