// Counters of periods that no window reaches any more, deleted in small steps with pauses, so that no call waits for a large delete.
import type { Clock } from '../../core/clock.ts';
import type { RuleBook } from '../rule-book.ts';
import type { BudgetStore } from './budget-store.ts';
import { periodAt } from './window.ts';

export interface ForgettingOptions {
  readonly store: Pick<BudgetStore, 'deletePeriodsBefore'>;
  readonly rules: RuleBook;
  readonly clock: Clock;
  readonly onTrouble: (cause: unknown) => void;
}

const dayMs = 86_400_000;
const firstPassMs = 60_000;
const passEveryMs = 3_600_000;
const pauseMs = 20;
const rowsPerStep = 500;
/** Kept in any case: a rule that is taken away and put back within it goes on where it was. */
const keptMs = 35 * dayMs;

/** The returned function stops it. */
export function startForgetting({ store, rules, clock, onTrouble }: ForgettingOptions): () => void {
  let cancel = clock.after(firstPassMs, step);

  function step(): void {
    cancel = clock.after(forgetSome() ? pauseMs : passEveryMs, step);
  }

  /** Is there more? */
  function forgetSome(): boolean {
    const nowMs = clock.wallMs();
    // Spending of a budget in total lies in period 0, which is never deleted.
    const windows = rules.current().budgets.filter((budget) => budget.window.kind !== 'total');
    const reached = windows.map((budget) => periodAt(budget.window, nowMs).sinceMs);
    try {
      return store.deletePeriodsBefore(Math.min(nowMs - keptMs, ...reached), rowsPerStep) === rowsPerStep;
    } catch (cause) {
      onTrouble(cause);
      return false;
    }
  }

  return () => cancel();
}
