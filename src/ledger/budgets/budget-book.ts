// Reserve → settle. A call holds its worst case under every budget that concerns it before anything goes upstream.
// The process leases amounts from the database in one statement that compares and adds, and hands out of its lease in memory,
// so no order of events lets spending plus holds pass a limit; what a call holds is in the journal first, so a crash loses nothing.
import { concerns, type Service } from '../rules.ts';
import type { BudgetAlert, BudgetHold, BudgetWish, Line } from './budget-hold.ts';
import type { LeaseWish } from './budget-store.ts';
import type { Counter, Slot } from './counter.ts';
import { leaseWish } from './lease.ts';
import { ProcessLeases, type ProcessLeasesOptions } from './process-leases.ts';
import { budgetExceeded, budgetsUnavailable, priceUnknown, type Refusal } from './refusal.ts';

interface LeaseQuestion {
  readonly wishes: readonly LeaseWish[];
  /** The counter of each wish. */
  readonly asking: readonly Counter[];
  readonly wanted: readonly Line[];
  readonly service: Service;
}

export interface BudgetBookOptions extends ProcessLeasesOptions {
  readonly onAlert: (alert: BudgetAlert) => void;
}

// Most calls find what they need in the lease.
const noWishes: readonly LeaseWish[] = Object.freeze([]);
const noCounters: readonly Counter[] = Object.freeze([]);

export class BudgetBook {
  readonly #options: BudgetBookOptions;
  readonly #leases: ProcessLeases;

  constructor(options: BudgetBookOptions) {
    this.#options = options;
    this.#leases = new ProcessLeases(options);
  }

  get openHolds(): number {
    return this.#leases.openHolds;
  }

  get processId(): string {
    return this.#leases.processId;
  }

  /** Holds the worst case under all budgets of the slots that concern the call, or under none. */
  reserve(slots: readonly Slot[], wish: BudgetWish): BudgetHold | Refusal | undefined {
    if (!concernsAny(slots, wish.service)) return undefined;
    const hold: BudgetHold = {
      operationId: wish.operationId,
      principal: wish.principal,
      openedMs: this.#options.clock.wallMs(),
      slots,
      lines: [],
      service: wish.service,
      epoch: this.#leases.epoch,
      place: undefined,
    };
    return this.cover(hold, wish.service, wish.worstCaseNanoUsd) ?? hold;
  }

  /**
   * Makes the hold large enough for another candidate or a further attempt: what it holds already counts. An error leaves
   * the hold as it was.
   */
  cover(hold: BudgetHold, service: Service, worstCaseNanoUsd: number | null): Refusal | undefined {
    const nowMs = this.#options.clock.wallMs();
    const wanted: Line[] = [];
    let wishes = noWishes;
    let asking = noCounters;
    for (const slot of hold.slots) {
      const { budget } = slot;
      if (!concerns(budget, service)) continue;
      if (worstCaseNanoUsd === null && budget.mode === 'hard' && budget.unknownPrice === 'refuse')
        return priceUnknown(budget, slot.holder, service);
      const line = lineOf(hold, slot) ?? { counter: this.#leases.counterAt(slot, nowMs), nanoUsd: 0, more: 0 };
      const { counter } = line;
      line.more = Math.max(0, (worstCaseNanoUsd ?? 0) - line.nanoUsd);
      wanted.push(line);
      if (counter.id === 0 || (budget.mode === 'hard' && counter.freeNanoUsd < line.more)) {
        wishes = [...wishes, leaseWish(counter, line.more)];
        asking = [...asking, counter];
      }
    }
    try {
      this.#leases.assertAlive();
      if (hold.epoch !== this.#leases.epoch) return budgetsUnavailable(new Error('this process was taken for dead'));
      const refusal = wishes.length === 0 ? undefined : this.#lease({ wishes, asking, wanted, service });
      if (refusal !== undefined) return refusal;
    } catch (cause) {
      if (asking.every((counter) => counter.budget.mode === 'soft' && counter.id !== 0)) this.#options.onTrouble(cause);
      else return budgetsUnavailable(cause);
    }
    for (const line of wanted) {
      line.counter.heldNanoUsd += line.more;
      line.counter.used = true;
      line.nanoUsd += line.more;
      if (!hold.lines.includes(line)) hold.lines.push(line);
    }
    hold.service = service;
    try {
      this.#leases.note(hold);
    } catch (cause) {
      this.#giveBack(hold);
      return budgetsUnavailable(cause);
    }
    return undefined;
  }

  /** Books the cost under the budgets that concern who served, and frees the rest. null = nobody knows the cost: what was held is booked. */
  settle(hold: BudgetHold, costNanoUsd: number | null, service: Service): void {
    if (!this.#leases.forget(hold)) return;
    this.#leases.settled.add(hold.operationId);
    for (const { counter, nanoUsd } of hold.lines) {
      counter.heldNanoUsd -= nanoUsd;
      this.#leases.changed(counter);
      if (!concerns(counter.budget, service)) continue;
      const cost = costNanoUsd ?? nanoUsd;
      if (costNanoUsd === null) counter.unpricedCalls += 1;
      counter.spentNanoUsd += cost;
      this.#leases.settled.addCost(counter.id, cost);
      this.#watchThresholds(counter);
    }
    this.#leases.flushSoon();
  }

  /** Nothing was spent: the call never reached anybody who bills. */
  release(hold: BudgetHold): void {
    this.settle(hold, 0, hold.service);
  }

  /** Writes what was settled. Called by itself; `close` and tests call it too. */
  flush(): void {
    this.#leases.flush();
  }

  /** Settles nothing: calls that are still open are closed as estimated by whoever comes next. */
  close(): void {
    this.#leases.close();
  }

  #lease({ wishes, asking, wanted, service }: LeaseQuestion): Refusal | undefined {
    const answer = this.#leases.ask(wishes, asking);
    if (answer.kind === 'granted') return undefined;
    if (answer.kind === 'lost') return budgetsUnavailable(new Error('this process was taken for dead and starts anew'));
    const counter = asking[answer.index];
    if (counter === undefined) return budgetsUnavailable(new Error('a refusal without a budget'));
    counter.known = answer.window;
    return budgetExceeded({
      budget: counter.budget,
      holder: counter.holder,
      spentNanoUsd: answer.window.spentNanoUsd + counter.spentNanoUsd,
      reservedNanoUsd: Math.max(0, answer.window.reservedNanoUsd - counter.spentNanoUsd - Math.max(0, counter.freeNanoUsd)),
      neededNanoUsd: wanted.find((wish) => wish.counter === counter)?.more ?? 0,
      resetsMs: counter.resetsMs,
      nowMs: this.#options.clock.wallMs(),
      service,
    });
  }

  #giveBack(hold: BudgetHold): void {
    for (const { counter, nanoUsd } of hold.lines) counter.heldNanoUsd -= nanoUsd;
    hold.lines.length = 0;
    this.#leases.forget(hold);
  }

  #watchThresholds(counter: Counter): void {
    const { alertPercents, amountNanoUsd } = counter.budget;
    const spentNanoUsd = counter.windowSpentNanoUsd;
    let passed = 0;
    for (const percent of alertPercents) if (spentNanoUsd >= (amountNanoUsd / 100) * percent) passed = percent;
    if (passed <= counter.alertedPercent) return;
    counter.alertedPercent = passed;
    this.#options.onAlert({ counter, percent: passed, spentNanoUsd });
  }
}

function concernsAny(slots: readonly Slot[], service: Service): boolean {
  for (const { budget } of slots) if (concerns(budget, service)) return true;
  return false;
}

function lineOf({ lines }: BudgetHold, { budget, holder }: Slot): Line | undefined {
  for (const line of lines) if (line.counter.budget === budget && line.counter.holder === holder) return line;
  return undefined;
}
