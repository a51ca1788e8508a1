// One rate limit for one holder. Requests and tokens follow the generic cell rate algorithm: one number says when the limit is
// whole again, so there is no window whose edge lets twice the amount through and no timer. Parallel calls are counted.
import type { RateLimit } from './rate-limit.ts';

// Sums of intervals miss the window by parts of a nanosecond; without this the last request of a full limit would be refused.
const slackMs = 1e-6;

export class Gate {
  readonly limit: RateLimit;
  readonly holder: string;
  /** When the limit is whole again, monotonic. */
  #wholeMs = Number.NEGATIVE_INFINITY;
  #running = 0;

  constructor(limit: RateLimit, holder: string) {
    this.limit = limit;
    this.holder = holder;
  }

  /** 0 = it fits; else the milliseconds until it would. A parallel limit cannot know: it says a second. */
  waitMs(tokens: number, nowMs: number): number {
    if (this.limit.unit === 'parallel') return this.#running < this.limit.amount ? 0 : 1_000;
    const over = this.#from(nowMs) + this.#cost(tokens) * this.#intervalMs - nowMs - this.limit.windowMs;
    return over <= slackMs ? 0 : over;
  }

  take(tokens: number, nowMs: number): void {
    if (this.limit.unit === 'parallel') this.#running += 1;
    else this.#wholeMs = this.#from(nowMs) + this.#cost(tokens) * this.#intervalMs;
  }

  /** The call was refused elsewhere: it counts for nothing. */
  undo(tokens: number): void {
    if (this.limit.unit === 'parallel') this.#running -= 1;
    else this.#wholeMs -= this.#cost(tokens) * this.#intervalMs;
  }

  /** The call ended: the estimate becomes the truth. undefined = nobody knows it, the estimate stays. */
  ended(estimatedTokens: number, tokens: number | undefined, nowMs: number): void {
    if (this.limit.unit === 'parallel') this.#running -= 1;
    if (this.limit.unit !== 'tokens' || tokens === undefined) return;
    this.#wholeMs = this.#from(nowMs) + (tokens - this.#cost(estimatedTokens)) * this.#intervalMs;
  }

  remaining(nowMs: number): number {
    if (this.limit.unit === 'parallel') return Math.max(0, this.limit.amount - this.#running);
    const room = this.limit.windowMs - Math.max(0, this.#wholeMs - nowMs);
    return Math.max(0, Math.floor((room + slackMs) / this.#intervalMs));
  }

  /** Milliseconds until nothing counts against it any more. */
  resetMs(nowMs: number): number {
    return Math.max(0, this.#wholeMs - nowMs);
  }

  get #intervalMs(): number {
    return this.limit.windowMs / this.limit.amount;
  }

  #from(nowMs: number): number {
    return Math.max(this.#wholeMs, nowMs);
  }

  /** A call that alone may need more than the limit is let in when the limit is whole, else it could never be served; its end corrects it. */
  #cost(tokens: number): number {
    return this.limit.unit === 'tokens' ? Math.min(tokens, this.limit.amount) : 1;
  }
}
