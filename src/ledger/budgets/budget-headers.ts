// Where the caller's tightest budget stands, on every answer. Calls under way count as spent; other processes' as of the last look.
import { formatNanoUsd } from '../../core/money.ts';
import type { Counter } from './counter.ts';

export function budgetHeaders(counters: readonly Counter[]): string[] {
  let tightest: Counter | undefined;
  for (const counter of counters) {
    if (tightest === undefined || remainingNanoUsd(counter) < remainingNanoUsd(tightest)) tightest = counter;
  }
  if (tightest === undefined) return [];
  const headers = [
    'x-mpc-budget-limit-usd',
    formatNanoUsd(tightest.budget.amountNanoUsd),
    'x-mpc-budget-remaining-usd',
    formatNanoUsd(Math.max(0, remainingNanoUsd(tightest))),
    'x-mpc-budget-holder',
    tightest.holder.replace(/[^\x20-\x7e]/g, '?'),
  ];
  const { resetsMs } = tightest;
  if (resetsMs !== undefined) headers.push('x-mpc-budget-reset', new Date(resetsMs).toISOString());
  const ofKey = counters.find((counter) => counter.budget.holder.kind === 'key');
  if (ofKey !== undefined) {
    headers.push('x-litellm-key-max-budget', formatNanoUsd(ofKey.budget.amountNanoUsd));
    headers.push('x-litellm-key-spend', formatNanoUsd(ofKey.windowSpentNanoUsd));
  }
  return headers;
}

function remainingNanoUsd(counter: Counter): number {
  return counter.budget.amountNanoUsd - counter.windowSpentNanoUsd - counter.heldNanoUsd;
}
