// Where the caller's tightest budget stands, on every answer. Calls under way count as spent; other processes' as of the last look.
import { formatNanoUsd } from '../../core/money.ts';
import type { Line } from './budget-hold.ts';
import type { Counter } from './counter.ts';

/** Appends name, value, name, value … */
export function addBudgetHeaders(headers: string[], lines: readonly Line[]): void {
  let tightest: Counter | undefined;
  let ofKey: Counter | undefined;
  for (const { counter } of lines) {
    if (tightest === undefined || remainingNanoUsd(counter) < remainingNanoUsd(tightest)) tightest = counter;
    if (ofKey === undefined && counter.budget.holder.kind === 'key') ofKey = counter;
  }
  if (tightest === undefined) return;
  headers.push(
    'x-mpc-budget-limit-usd',
    tightest.amountUsd,
    'x-mpc-budget-remaining-usd',
    formatNanoUsd(Math.max(0, remainingNanoUsd(tightest))),
    'x-mpc-budget-holder',
    tightest.holderText,
  );
  const { resetsAt } = tightest;
  if (resetsAt !== undefined) headers.push('x-mpc-budget-reset', resetsAt);
  if (ofKey !== undefined)
    headers.push('x-litellm-key-max-budget', ofKey.amountUsd, 'x-litellm-key-spend', formatNanoUsd(ofKey.windowSpentNanoUsd));
}

function remainingNanoUsd(counter: Counter): number {
  return counter.budget.amountNanoUsd - counter.windowSpentNanoUsd - counter.heldNanoUsd;
}
