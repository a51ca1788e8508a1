// A budget: whom it holds for, how much, over which time, and what happens at its end.
import type { Scoped } from '../rules.ts';
import type { WindowRule } from './window.ts';

export interface Budget extends Scoped {
  readonly amountNanoUsd: number;
  readonly window: WindowRule;
  /** `hard` refuses the call that might not fit; `soft` only tells. */
  readonly mode: 'hard' | 'soft';
  /** What a hard budget does with a call whose price nobody knows. */
  readonly unknownPrice: 'refuse' | 'allow';
  /** Per cent of the amount at which an alert goes out, ascending. */
  readonly alertPercents: readonly number[];
  /** Model → cheaper models that may serve instead of a refusal. */
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
  readonly origin: 'config' | 'admin';
}

/** Where a budget stands for one holder. */
export interface BudgetState {
  readonly budget: Budget;
  /** The holder meant, where the budget holds for each of a kind. */
  readonly holder: string;
  readonly spentNanoUsd: number;
  /** Held by calls under way. */
  readonly reservedNanoUsd: number;
  /** Calls of this period whose cost nobody knows; they count as 0. */
  readonly unpricedCalls: number;
  readonly resetsMs?: number;
}

export function windowName(window: WindowRule): string {
  if (window.kind === 'total') return 'in total';
  if (window.kind === 'calendar') return `per ${window.unit}${window.timezone === 'UTC' ? '' : ` (${window.timezone})`}`;
  const hours = window.lengthMs / 3_600_000;
  return hours % 24 === 0 ? `in any ${hours / 24} days` : `in any ${Number(hours.toFixed(2))} hours`;
}
