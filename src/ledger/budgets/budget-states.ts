// Where budgets stand, for key/info and the admin API: the database's sums, without what this process merely keeps ready.
import type { Clock } from '../../core/clock.ts';
import type { BudgetBook } from './budget-book.ts';
import type { Budget, BudgetState } from './budget.ts';
import type { BudgetStore } from './budget-store.ts';
import { Counter, type Slot } from './counter.ts';
import { periodAt } from './window.ts';

export interface BudgetStates {
  ofSlot(slot: Slot): BudgetState;
  /** Of a budget for one holder, `team:research`. */
  of(budget: Budget, holder: string): BudgetState;
}

export function createBudgetStates(options: {
  readonly store: BudgetStore;
  readonly book: Pick<BudgetBook, 'flush'>;
  readonly clock: Clock;
}): BudgetStates {
  const { store, book, clock } = options;
  function stateOf(budget: Budget, holder: string, current: Counter | undefined): BudgetState {
    book.flush();
    const counter = current ?? new Counter(budget, holder, periodAt(budget.window, clock.wallMs()));
    const window = store.readWindow({ budgetId: budget.id, holder }, periodAt(budget.window, clock.wallMs()).sinceMs);
    if (current === undefined) counter.known = window;
    const { resetsMs } = counter;
    return {
      budget,
      holder,
      spentNanoUsd: window.spentNanoUsd + counter.spentNanoUsd,
      reservedNanoUsd: Math.max(0, window.reservedNanoUsd - counter.spentNanoUsd - Math.max(0, counter.freeNanoUsd)),
      unpricedCalls: window.unpricedCalls + counter.unpricedCalls,
      ...(resetsMs !== undefined && { resetsMs }),
    };
  }
  return {
    ofSlot: (slot) => stateOf(slot.budget, slot.holder, slot.current),
    of: (budget, holder) => stateOf(budget, holder, undefined),
  };
}
