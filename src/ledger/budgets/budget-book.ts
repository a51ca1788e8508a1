// Reserve → settle. A call holds its worst case under every budget that concerns it before anything goes upstream.
// The process leases amounts from the database in one statement that compares and adds, and hands out of its lease in memory,
// so no order of events lets spending plus holds pass a limit; what a call holds is in the journal first, so a crash loses nothing.
import type { Clock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { Slots } from '../../core/slots.ts';
import { concerns, type Service } from '../rules.ts';
import { type BudgetAlert, type BudgetHold, type BudgetWish, type Line, toOpenHold } from './budget-hold.ts';
import type { BudgetStore, LeaseAnswer, LeaseWish } from './budget-store.ts';
import type { Counter, Slot } from './counter.ts';
import type { HoldJournal, HoldJournals } from './hold-journal.ts';
import { isIdle, leaseChange, leaseWish, toChange } from './lease.ts';
import { budgetExceeded, budgetsUnavailable, priceUnknown, type Refusal } from './refusal.ts';
import { SettledCalls } from './settled-calls.ts';

interface LeaseQuestion {
  readonly wishes: readonly LeaseWish[];
  /** The counter of each wish. */
  readonly asking: readonly Counter[];
  readonly wanted: readonly Line[];
  readonly service: Service;
}

export interface BudgetBookOptions {
  readonly store: BudgetStore;
  readonly journals: HoldJournals;
  readonly clock: Clock;
  readonly onAlert: (alert: BudgetAlert) => void;
  readonly onTrouble: (cause: unknown) => void;
}

const flushMs = 50;
export const heartbeatMs = 10_000;
/** A process that slept longer than this may have been closed as dead, and must look before it hands anything out. */
const doubtMs = 2 * heartbeatMs;
const compactBytes = 4 * 1024 * 1024;
/** A store that failed is not asked for this long; what refusals name as the time to try again. */
const storeRestMs = 1_000;

// Most calls find what they need in the lease.
const noWishes: readonly LeaseWish[] = Object.freeze([]);
const noCounters: readonly Counter[] = Object.freeze([]);

export class BudgetBook {
  readonly #options: BudgetBookOptions;
  #processId = '';
  #journal: HoldJournal | undefined;
  #epoch = 0;
  #storeRests: { readonly untilMs: number; readonly cause: unknown } = { untilMs: 0, cause: undefined };
  #flushes = 0;
  #aliveMs = Number.NEGATIVE_INFINITY;
  readonly #settled = new SettledCalls();
  #open = new Slots<BudgetHold>();
  readonly #counters = new Set<Counter>();
  #cancelFlush: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(options: BudgetBookOptions) {
    this.#options = options;
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
      epoch: this.#epochNow(),
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
      const line = lineOf(hold, slot) ?? { counter: this.#counterAt(slot, nowMs), nanoUsd: 0, more: 0 };
      const { counter } = line;
      line.more = Math.max(0, (worstCaseNanoUsd ?? 0) - line.nanoUsd);
      wanted.push(line);
      if (counter.id === 0 || (budget.mode === 'hard' && counter.freeNanoUsd < line.more)) {
        wishes = [...wishes, leaseWish(counter, line.more)];
        asking = [...asking, counter];
      }
    }
    try {
      // After a long sleep: are our leases still ours?
      if (this.#options.clock.monotonicMs() - this.#aliveMs > doubtMs) this.#assertAlive();
      if (hold.epoch !== this.#epoch) return budgetsUnavailable(new Error('this process was taken for dead'));
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
      this.#journal?.opened(toOpenHold(hold));
    } catch (cause) {
      this.#giveBack(hold);
      return budgetsUnavailable(cause);
    }
    hold.place ??= this.#open.add(hold);
    return undefined;
  }

  /** Books the cost under the budgets that concern who served, and frees the rest. null = nobody knows the cost: what was held is booked. */
  settle(hold: BudgetHold, costNanoUsd: number | null, service: Service): void {
    if (!this.#close(hold)) return;
    this.#settled.add(hold.operationId);
    for (const { counter, nanoUsd } of hold.lines) {
      counter.heldNanoUsd -= nanoUsd;
      counter.dirty = true;
      if (!concerns(counter.budget, service)) continue;
      const cost = costNanoUsd ?? nanoUsd;
      if (costNanoUsd === null) counter.unpricedCalls += 1;
      counter.spentNanoUsd += cost;
      this.#settled.addCost(counter.id, cost);
      this.#watchThresholds(counter);
    }
    this.#cancelFlush ??= this.#options.clock.after(flushMs, () => this.flush());
  }

  /** False: it is not open, or its amounts have been booked already. */
  #close(hold: BudgetHold): boolean {
    const { place } = hold;
    hold.place = undefined;
    if (place === undefined || hold.epoch !== this.#epoch) return false;
    this.#open.remove(place);
    return true;
  }

  /** Nothing was spent: the call never reached anybody who bills. */
  release(hold: BudgetHold): void {
    this.settle(hold, 0, hold.service);
  }

  /** Writes what was settled. Called by itself; `close` and tests call it too. */
  flush(): void {
    this.#write({ returnUnused: false });
  }

  /** Settles nothing: calls that are still open are closed as estimated by whoever comes next. */
  close(): void {
    this.#cancelFlush?.();
    this.#cancelHeartbeat?.();
    if (this.#journal === undefined) return;
    for (const counter of this.#counters) counter.dirty = true;
    this.#write({ returnUnused: true });
    // A write that failed comes again by itself; here nobody would be left to stop it. The journal has what is missing.
    this.#cancelFlush?.();
    if (this.#open.size > 0 || this.#settled.size > 0) return;
    if (this.#options.store.closeProcess(this.#processId, new Map())) this.#journal.remove();
  }

  get openHolds(): number {
    return this.#open.size;
  }

  get processId(): string {
    return this.#processId;
  }

  #epochNow(): number {
    if (this.#journal === undefined) this.#begin();
    return this.#epoch;
  }

  #begin(): void {
    this.#processId = newId('proc');
    this.#epoch += 1;
    this.#flushes = 0;
    this.#journal = this.#options.journals.create(this.#processId);
    this.#options.store.openProcess(this.#processId);
    this.#aliveMs = this.#options.clock.monotonicMs();
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = this.#options.clock.after(heartbeatMs, () => this.#heartbeat());
  }

  #counterAt(slot: Slot, nowMs: number): Counter {
    const replaced = slot.current;
    const counter = slot.at(nowMs);
    if (replaced !== undefined && replaced !== counter) {
      // What was leased for the last period would be missing in the sum of a rolling window.
      replaced.dirty = true;
      if (replaced.leasedNanoUsd > 0) this.#write({ returnUnused: false });
    }
    this.#counters.add(counter);
    return counter;
  }

  #lease({ wishes, asking, wanted, service }: LeaseQuestion): Refusal | undefined {
    const answer = this.#askStore(wishes);
    if (answer.kind === 'lost') {
      this.#lost();
      return budgetsUnavailable(new Error('this process was taken for dead and starts anew'));
    }
    if (answer.kind === 'refused') {
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
    for (const [index, { counter: row, grantedNanoUsd, window }] of answer.grants.entries()) {
      const counter = asking[index];
      if (counter === undefined) continue;
      counter.opened(row, window);
      counter.leasedNanoUsd += grantedNanoUsd;
    }
    return undefined;
  }

  #assertAlive(): void {
    if (this.#options.clock.monotonicMs() < this.#storeRests.untilMs) throw this.#storeRests.cause;
    this.flush();
  }

  /** A store that is busy costs its time limit each time it is asked, and every other call of the process waits that long, too. */
  #askStore(wishes: readonly LeaseWish[]): LeaseAnswer {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#storeRests.untilMs) throw this.#storeRests.cause;
    try {
      return this.#options.store.lease(this.#processId, wishes);
    } catch (cause) {
      this.#storeRests = { untilMs: this.#options.clock.monotonicMs() + storeRestMs, cause };
      throw cause;
    }
  }

  #giveBack(hold: BudgetHold): void {
    for (const { counter, nanoUsd } of hold.lines) counter.heldNanoUsd -= nanoUsd;
    hold.lines.length = 0;
    this.#close(hold);
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

  #write({ returnUnused }: { readonly returnUnused: boolean }): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const journal = this.#journal;
    if (journal === undefined) return;
    const dirty = [...this.#counters].filter((counter) => counter.dirty && counter.id !== 0);
    const leaseChanges = dirty.map((counter) => leaseChange(counter, { returnUnused: returnUnused || this.#isPast(counter) }));
    try {
      const number = this.#flushes + 1;
      journal.flush(number, this.#settled.toList());
      this.#flushes = number;
      const changes = dirty.map((counter, index) => toChange(counter, leaseChanges[index] ?? 0));
      if (!this.#options.store.flush({ id: this.#processId, flushes: number }, changes)) {
        this.#lost();
        return;
      }
    } catch (cause) {
      // The amounts stay and go with the next flush; until then the lease covers them.
      this.#storeRests = { untilMs: this.#options.clock.monotonicMs() + storeRestMs, cause };
      this.#options.onTrouble(cause);
      this.#cancelFlush = this.#options.clock.after(flushMs * 20, () => this.flush());
      return;
    }
    this.#aliveMs = this.#options.clock.monotonicMs();
    this.#settled.clear();
    for (const [index, counter] of dirty.entries()) this.#flushed(counter, leaseChanges[index] ?? 0);
    if (journal.size() > compactBytes) this.#compact(journal);
  }

  #flushed(counter: Counter, leasedNanoUsd: number): void {
    counter.leasedNanoUsd += leasedNanoUsd;
    const { spentNanoUsd, reservedNanoUsd, unpricedCalls, oldestMs } = counter.known;
    counter.known = {
      spentNanoUsd: spentNanoUsd + counter.spentNanoUsd,
      reservedNanoUsd: reservedNanoUsd + leasedNanoUsd,
      unpricedCalls: unpricedCalls + counter.unpricedCalls,
      oldestMs,
    };
    counter.spentNanoUsd = 0;
    counter.unpricedCalls = 0;
    counter.dirty = false;
    if (this.#isPast(counter) && counter.heldNanoUsd === 0 && counter.leasedNanoUsd === 0) this.#counters.delete(counter);
  }

  #isPast(counter: Counter): boolean {
    return this.#options.clock.wallMs() >= counter.period.endMs;
  }

  #compact(journal: HoldJournal): void {
    try {
      journal.compact(this.#open.all().map(toOpenHold));
    } catch (cause) {
      this.#options.onTrouble(cause);
    }
  }

  #heartbeat(): void {
    this.#cancelHeartbeat = this.#options.clock.after(heartbeatMs, () => this.#heartbeat());
    for (const counter of this.#counters) {
      // Nobody used it lately: other processes may need what it holds ready.
      if (!counter.used) counter.dirty ||= counter.leasedNanoUsd > counter.heldNanoUsd;
      counter.used = false;
    }
    this.#write({ returnUnused: true });
    for (const counter of this.#counters) if (isIdle(counter)) this.#counters.delete(counter);
  }

  /** Another process closed us as dead: our leases are gone and our open calls are booked as estimated. */
  #lost(): void {
    for (const counter of this.#counters) {
      counter.leasedNanoUsd = 0;
      counter.heldNanoUsd = 0;
      counter.spentNanoUsd = 0;
      counter.unpricedCalls = 0;
      counter.dirty = false;
    }
    this.#open = new Slots();
    this.#settled.clear();
    this.#journal?.remove();
    this.#begin();
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
