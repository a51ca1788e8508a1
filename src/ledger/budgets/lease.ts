// How much a process leases of a budget ahead of its calls, and what it gives back.
import type { CounterChange, LeaseWish } from './budget-store.ts';
import type { Counter } from './counter.ts';

/** A lease is worth so many calls, up to a hundredth of the budget. */
const callsPerLease = 64;

/** It comes back into the set with its next use. */
export function isIdle(counter: Counter): boolean {
  return !counter.used && !counter.dirty && counter.heldNanoUsd === 0 && counter.leasedNanoUsd === 0;
}

export function leaseWish(counter: Counter, more: number): LeaseWish {
  const { budget } = counter;
  const hard = budget.mode === 'hard';
  const leastNanoUsd = hard ? Math.max(0, more - counter.freeNanoUsd) : 0;
  const chunk = hard && more > 0 ? Math.min(Math.floor(budget.amountNanoUsd / 100), more * callsPerLease) : 0;
  return {
    ...counter.key,
    sinceMs: counter.period.sinceMs,
    leastNanoUsd,
    wantNanoUsd: Math.max(leastNanoUsd, chunk),
    limitNanoUsd: budget.amountNanoUsd,
  };
}

/** What was spent leaves the lease; a call that cost more than it held leaves too little for the others, which is made up here. */
export function leaseChange(counter: Counter, { returnUnused }: { readonly returnUnused: boolean }): number {
  if (counter.budget.mode === 'soft') return 0;
  const left = counter.leasedNanoUsd - counter.spentNanoUsd;
  const target = returnUnused ? counter.heldNanoUsd : Math.max(left, counter.heldNanoUsd);
  return target - counter.leasedNanoUsd;
}

export function toChange(counter: Counter, leasedNanoUsd: number): CounterChange {
  return {
    counterId: counter.id,
    spentNanoUsd: counter.spentNanoUsd,
    leasedNanoUsd,
    unpricedCalls: counter.unpricedCalls,
    alertedPercent: counter.alertedPercent,
  };
}
