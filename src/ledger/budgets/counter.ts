// One holder's spending under one budget, as this process knows it: what it has leased, what calls under way hold of that,
// and what is settled but not yet in the database. `leased` never falls below `held` by our own doing.
import { formatNanoUsd } from '../../core/money.ts';
import type { Budget } from './budget.ts';
import type { CounterKey, CounterRow, WindowSum } from './budget-store.ts';
import { type Period, periodAt } from './window.ts';

type Writable<Part> = { -readonly [Member in keyof Part]: Part[Member] };

export class Counter {
  readonly budget: Budget;
  readonly holder: string;
  readonly period: Period;
  /** Amount and holder as answers say them. */
  readonly amountUsd: string;
  readonly holderText: string;
  /** Of the database's row; 0 = not opened yet. */
  id = 0;
  leasedNanoUsd = 0;
  heldNanoUsd = 0;
  spentNanoUsd = 0;
  unpricedCalls = 0;
  alertedPercent = 0;
  /**
   * The window when the database was last asked; our own later spending is in `spentNanoUsd`. Written in place: a new object for each
   * flush would be one for each call where every call is another caller's, and old before the next scavenge.
   */
  known: Writable<WindowSum> = { spentNanoUsd: 0, reservedNanoUsd: 0, unpricedCalls: 0, oldestMs: undefined };
  /** Since the last sign of life of the process: unused leases go back then. */
  used = false;
  dirty = false;
  #resetsMs: number | undefined;
  #resetsAt: string | undefined;

  constructor(budget: Budget, holder: string, period: Period) {
    this.budget = budget;
    this.holder = holder;
    this.period = period;
    this.amountUsd = formatNanoUsd(budget.amountNanoUsd);
    this.holderText = holder.replace(/[^\x20-\x7e]/g, '?');
  }

  get key(): CounterKey {
    return { budgetId: this.budget.id, holder: this.holder, periodMs: this.period.startMs };
  }

  /** What may be held without asking the database. */
  get freeNanoUsd(): number {
    return this.leasedNanoUsd - this.heldNanoUsd - this.spentNanoUsd;
  }

  /** Everything spent in the window, as far as this process knows. */
  get windowSpentNanoUsd(): number {
    return this.known.spentNanoUsd + this.spentNanoUsd;
  }

  opened(row: CounterRow, window: WindowSum): void {
    this.id = row.id;
    this.alertedPercent = Math.max(this.alertedPercent, row.alertedPercent);
    this.known = window;
  }

  /** What was settled is in the database now, and the lease has changed by so much. */
  flushed(leasedNanoUsd: number): void {
    const { known } = this;
    known.spentNanoUsd += this.spentNanoUsd;
    known.reservedNanoUsd += leasedNanoUsd;
    known.unpricedCalls += this.unpricedCalls;
    this.leasedNanoUsd += leasedNanoUsd;
    this.spentNanoUsd = 0;
    this.unpricedCalls = 0;
    this.dirty = false;
  }

  /** Another process has closed ours as dead: the lease is gone, and what was open or settled under it is booked. */
  lost(): void {
    this.leasedNanoUsd = 0;
    this.heldNanoUsd = 0;
    this.spentNanoUsd = 0;
    this.unpricedCalls = 0;
    this.dirty = false;
  }

  /** When the budget has room again, as far as it is known. */
  get resetsMs(): number | undefined {
    const { window } = this.budget;
    if (window.kind !== 'rolling' || this.known.oldestMs === undefined) return this.period.resetsMs;
    const stepMs = this.period.endMs - this.period.startMs;
    return this.known.oldestMs + stepMs + window.lengthMs;
  }

  /** The same as callers read it. */
  get resetsAt(): string | undefined {
    const { resetsMs } = this;
    if (resetsMs !== this.#resetsMs) {
      this.#resetsMs = resetsMs;
      this.#resetsAt = resetsMs === undefined ? undefined : new Date(resetsMs).toISOString();
    }
    return this.#resetsAt;
  }
}

/** A budget for one holder: the counter of the present period, and those of earlier ones that calls still hold. */
export class Slot {
  readonly budget: Budget;
  readonly holder: string;
  #current: Counter | undefined;

  constructor(budget: Budget, holder: string) {
    this.budget = budget;
    this.holder = holder;
  }

  get current(): Counter | undefined {
    return this.#current;
  }

  /** The counter of the period that `nowMs` lies in. A clock that goes back does not reopen a period: it would be spent twice. */
  at(nowMs: number): Counter {
    const known = this.#current;
    if (known !== undefined && nowMs < known.period.endMs) return known;
    this.#current = new Counter(this.budget, this.holder, periodAt(this.budget.window, nowMs));
    return this.#current;
  }
}
