// The time an exchange may take with all its attempts; when it is over, the exchange is interrupted.
// One timer for all of them, set for the first that is due: nearly every call is over long before, and a timer and its closures
// would be a large part of what is thrown away with it.
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { Slots } from '../core/slots.ts';
import type { CallContext } from './call.ts';

type LimitedCall = Pick<CallContext, 'arrivedMs' | 'interruption'>;

export interface TimeLimitsOptions {
  /**
   * How long the timer may stay behind the last call. Where calls follow each other but seldom meet, a timer that goes with each of them
   * is set and cancelled for each. 0, the default, is for processes that end when their work is done: they would wait for it.
   */
  readonly lingerMs?: number;
}

export class TimeLimits {
  readonly clock: Clock;
  private readonly lingerMs: number;
  private readonly running = new Slots<TimeLimit>();
  private timerMs = Number.POSITIVE_INFINITY;
  private cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, { lingerMs = 0 }: TimeLimitsOptions = {}) {
    this.clock = clock;
    this.lingerMs = lingerMs;
  }

  /** From now on. */
  start(call: LimitedCall, totalMs: number): TimeLimit {
    return new TimeLimit(call, totalMs, this);
  }

  /** Answers the place to be given back with `remove`. */
  add(limit: TimeLimit): number {
    const slot = this.running.add(limit);
    this.armFor(limit.dueMs);
    return slot;
  }

  remove(slot: number): void {
    this.running.remove(slot);
    if (this.running.size === 0 && this.lingerMs === 0) this.disarm();
  }

  /** What is due later is looked at when the timer fires. */
  armFor(dueMs: number): void {
    if (dueMs >= this.timerMs) return;
    this.disarm();
    const nowMs = this.clock.monotonicMs();
    this.timerMs = this.lingerMs === 0 ? dueMs : Math.min(dueMs, nowMs + this.lingerMs);
    this.cancelTimer = this.clock.after(this.timerMs - nowMs, () => this.endDue());
  }

  /** Nothing is limited any more, so nothing lingers. */
  close(): void {
    this.disarm();
  }

  private disarm(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.timerMs = Number.POSITIVE_INFINITY;
  }

  private endDue(): void {
    this.disarm();
    const nowMs = this.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const limit of this.running.all()) {
      if (limit.dueMs <= nowMs) limit.end();
      else nextMs = Math.min(nextMs, limit.dueMs);
    }
    if (this.running.size > 0) this.armFor(nextMs);
  }
}

export class TimeLimit {
  totalMs: number;
  /** Monotonic. */
  dueMs: number;
  private readonly call: LimitedCall;
  private readonly limits: TimeLimits;
  private slot: number | undefined;

  constructor(call: LimitedCall, totalMs: number, limits: TimeLimits) {
    this.call = call;
    this.totalMs = totalMs;
    this.limits = limits;
    this.dueMs = limits.clock.monotonicMs() + totalMs;
    this.slot = limits.add(this);
  }

  /** What an alias may take at most, counted from the arrival, if that is less. */
  shorten(totalMs: number | undefined): void {
    if (totalMs === undefined || totalMs >= this.totalMs) return;
    this.totalMs = totalMs;
    this.dueMs = this.call.arrivedMs + totalMs;
    this.limits.armFor(this.dueMs);
  }

  cancel(): void {
    if (this.slot !== undefined) this.limits.remove(this.slot);
    this.slot = undefined;
  }

  end(): void {
    this.cancel();
    this.call.interruption.interrupt(
      new GatewayError('upstream_timeout', 'no complete answer within the total time limit; raise timeouts.total_ms or ask for less'),
    );
  }
}
