// Retries are bounded per connection, not only per call: when an upstream is in trouble, every caller retrying twice would
// send it three times the load that brought it down.
import type { Clock } from '../core/clock.ts';

/** Retries that calls earn: one for ten. */
const perCall = 0.1;
/** What a quiet connection may spend, and how fast it gets that back. */
const mostSaved = 10;
const perSecond = 0.5;

export class RetryBudget {
  private readonly clock: Clock;
  private saved = mostSaved;
  private countedMs: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.countedMs = clock.monotonicMs();
  }

  /** A first try on this connection. */
  earn(): void {
    if (this.saved < mostSaved) this.saved = Math.min(mostSaved, this.saved + perCall);
  }

  /** Takes one retry out; false = none left. */
  spend(): boolean {
    const nowMs = this.clock.monotonicMs();
    this.saved = Math.min(mostSaved, this.saved + ((nowMs - this.countedMs) / 1_000) * perSecond);
    this.countedMs = nowMs;
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
