// What this process has leased from the database, as long as it lives: it asks for more, writes what was settled, gives back what lies
// idle, and begins anew when another process has closed it as dead. The journal is written before the database, so a crash loses nothing.
import type { Clock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { Slots } from '../../core/slots.ts';
import { type BudgetHold, toOpenHold } from './budget-hold.ts';
import type { BudgetStore, LeaseAnswer, LeaseWish } from './budget-store.ts';
import type { Counter, Slot } from './counter.ts';
import type { HoldJournal, HoldJournals } from './hold-journal.ts';
import { isIdle, leaseChange, toChange } from './lease.ts';
import { SettledCalls } from './settled-calls.ts';

export interface ProcessLeasesOptions {
  readonly store: BudgetStore;
  readonly journals: HoldJournals;
  readonly clock: Clock;
  readonly onTrouble: (cause: unknown) => void;
}

const flushMs = 50;
export const heartbeatMs = 10_000;
/** A process that slept longer than this may have been closed as dead, and must look before it hands anything out. */
const doubtMs = 2 * heartbeatMs;
const compactBytes = 4 * 1024 * 1024;
/** A store that failed is not asked for this long; what refusals name as the time to try again. */
const storeRestMs = 1_000;

export class ProcessLeases {
  readonly #options: ProcessLeasesOptions;
  #processId = '';
  #journal: HoldJournal | undefined;
  #epoch = 0;
  #storeRests: { readonly untilMs: number; readonly cause: unknown } = { untilMs: 0, cause: undefined };
  #flushes = 0;
  #aliveMs = Number.NEGATIVE_INFINITY;
  /** What the next flush writes. */
  readonly settled = new SettledCalls();
  #open = new Slots<BudgetHold>();
  readonly #counters = new Set<Counter>();
  /** What a flush has to write. Kept beside the set: to look through thousands of callers every 50 ms is a hundredth of a core. */
  #dirty: Counter[] = [];
  #cancelFlush: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;

  constructor(options: ProcessLeasesOptions) {
    this.#options = options;
  }

  get processId(): string {
    return this.#processId;
  }

  /** Counts the lives of this process; the first begins when it is asked for. What was held in an earlier one is booked already. */
  get epoch(): number {
    if (this.#journal === undefined) this.#begin();
    return this.#epoch;
  }

  get openHolds(): number {
    return this.#open.size;
  }

  /** What the call holds is written down; it may go upstream then. Throws when it could not be written. */
  note(hold: BudgetHold): void {
    this.#journal?.opened(toOpenHold(hold));
    hold.place ??= this.#open.add(hold);
  }

  /** False: it is not open, or its amounts have been booked already. */
  forget(hold: BudgetHold): boolean {
    const { place } = hold;
    hold.place = undefined;
    if (place === undefined || hold.epoch !== this.#epoch) return false;
    this.#open.remove(place);
    return true;
  }

  counterAt(slot: Slot, nowMs: number): Counter {
    const replaced = slot.current;
    const counter = slot.at(nowMs);
    if (replaced !== undefined && replaced !== counter) {
      // What was leased for the last period would be missing in the sum of a rolling window.
      this.changed(replaced);
      if (replaced.leasedNanoUsd > 0) this.#write({ returnUnused: false });
    }
    this.#counters.add(counter);
    return counter;
  }

  /** After a long sleep: are our leases still ours? Throws when nobody can say. */
  assertAlive(): void {
    if (this.#options.clock.monotonicMs() - this.#aliveMs <= doubtMs) return;
    this.#assertStoreAnswers();
    this.flush();
  }

  /** What was granted is in the `counters`, one for each wish. Throws when the store fails. */
  ask(wishes: readonly LeaseWish[], counters: readonly Counter[]): LeaseAnswer {
    const answer = this.#askStore(wishes);
    if (answer.kind === 'lost') this.#lost();
    if (answer.kind !== 'granted') return answer;
    for (const [index, { counter: row, grantedNanoUsd, window }] of answer.grants.entries()) {
      const counter = counters[index];
      if (counter === undefined) continue;
      counter.opened(row, window);
      counter.leasedNanoUsd += grantedNanoUsd;
    }
    return answer;
  }

  /** The next flush writes it. One that was never opened has nothing to write. */
  changed(counter: Counter): void {
    if (counter.dirty || counter.id === 0) return;
    counter.dirty = true;
    this.#dirty.push(counter);
  }

  flushSoon(): void {
    this.#cancelFlush ??= this.#options.clock.after(flushMs, () => this.flush());
  }

  flush(): void {
    this.#write({ returnUnused: false });
  }

  /** Settles nothing: calls that are still open are closed as estimated by whoever comes next. */
  close(): void {
    this.#cancelFlush?.();
    this.#cancelHeartbeat?.();
    if (this.#journal === undefined) return;
    for (const counter of this.#counters) this.changed(counter);
    this.#write({ returnUnused: true });
    // A write that failed comes again by itself; here nobody would be left to stop it. The journal has what is missing.
    this.#cancelFlush?.();
    if (this.#open.size > 0 || this.settled.size > 0) return;
    if (this.#options.store.closeProcess(this.#processId, new Map())) this.#journal.remove();
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

  #askStore(wishes: readonly LeaseWish[]): LeaseAnswer {
    this.#assertStoreAnswers();
    try {
      return this.#options.store.lease(this.#processId, wishes);
    } catch (cause) {
      this.#storeFailed(cause);
      throw cause;
    }
  }

  /** A store that is busy costs its time limit each time it is asked, and every other call of the process waits that long, too. */
  #assertStoreAnswers(): void {
    if (this.#options.clock.monotonicMs() < this.#storeRests.untilMs) throw this.#storeRests.cause;
  }

  #storeFailed(cause: unknown): void {
    this.#storeRests = { untilMs: this.#options.clock.monotonicMs() + storeRestMs, cause };
  }

  #write({ returnUnused }: { readonly returnUnused: boolean }): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const journal = this.#journal;
    if (journal === undefined) return;
    const dirty = this.#dirty;
    const leaseChanges = dirty.map((counter) => leaseChange(counter, { returnUnused: returnUnused || this.#isPast(counter) }));
    try {
      const number = this.#flushes + 1;
      journal.flush(number, this.settled.toList());
      this.#flushes = number;
      const changes = dirty.map((counter, index) => toChange(counter, leaseChanges[index] ?? 0));
      if (!this.#options.store.flush({ id: this.#processId, flushes: number }, changes)) {
        this.#lost();
        return;
      }
    } catch (cause) {
      // The amounts stay and go with the next flush; until then the lease covers them.
      this.#storeFailed(cause);
      this.#options.onTrouble(cause);
      this.#cancelFlush = this.#options.clock.after(flushMs * 20, () => this.flush());
      return;
    }
    this.#aliveMs = this.#options.clock.monotonicMs();
    this.settled.clear();
    this.#dirty = [];
    for (const [index, counter] of dirty.entries()) this.#flushed(counter, leaseChanges[index] ?? 0);
    if (journal.size() > compactBytes) this.#compact(journal);
  }

  #flushed(counter: Counter, leasedNanoUsd: number): void {
    counter.flushed(leasedNanoUsd);
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
      if (!counter.used && counter.leasedNanoUsd > counter.heldNanoUsd) this.changed(counter);
      counter.used = false;
    }
    this.#write({ returnUnused: true });
    for (const counter of this.#counters) if (isIdle(counter)) this.#counters.delete(counter);
  }

  /** Another process closed us as dead: our leases are gone and our open calls are booked as estimated. */
  #lost(): void {
    for (const counter of [...this.#counters, ...this.#dirty]) counter.lost();
    this.#dirty = [];
    this.#open = new Slots();
    this.settled.clear();
    this.#journal?.remove();
    this.#begin();
  }
}
