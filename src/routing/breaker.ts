// When to leave a connection, or one model on it, alone: closed → open → half-open (one probe) → closed with a slow start.
// Each class of failure has its own patience: a 429 says how long it wants peace, a wrong key will not get better by asking.
import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /** 0 = a call may start now; otherwise the milliseconds until that may change. */
  waitMs(): number;
  readonly state: BreakerState;
  /** What opened it, while it is not closed. */
  readonly cause: ErrorCode | undefined;
  /** A call starts: in the half-open state it is the probe. */
  started(): void;
  succeeded(): void;
  failed(code: ErrorCode, retryAfterMs?: number): void;
  /** The call ended without telling anything: its client left. */
  abandoned(): void;
}

/** How failures of one class open a breaker. */
export interface FailureRule {
  /** Opens at this many in a row … */
  readonly inRow?: number;
  /** … or when at least half of the recent calls failed and there were this many. */
  readonly halfOf?: number;
  /** First rest; doubled each time the probe fails. The upstream's own Retry-After stands above it. */
  readonly restMs: number;
}

export type BreakerRules = Readonly<Partial<Record<ErrorCode, FailureRule>>>;

/** Of the connection: nothing on it works. */
export const connectionRules: BreakerRules = {
  upstream_unreachable: { inRow: 3, restMs: 1_000 },
  upstream_auth_failed: { inRow: 3, restMs: 5_000 },
  upstream_quota_exhausted: { inRow: 3, restMs: 10_000 },
  upstream_timeout: { inRow: 6, restMs: 2_000 },
};

/** Of one model on a connection: the others may be well. */
export const offerRules: BreakerRules = {
  upstream_rate_limited: { inRow: 1, restMs: 500 },
  upstream_overloaded: { inRow: 5, halfOf: 10, restMs: 1_000 },
  upstream_error: { inRow: 10, halfOf: 10, restMs: 1_000 },
  // Broken answers are often about one request, not about the server: more of them must come together.
  upstream_bad_reply: { halfOf: 20, restMs: 1_000 },
  upstream_truncated: { halfOf: 20, restMs: 1_000 },
  upstream_timeout: { inRow: 5, halfOf: 10, restMs: 2_000 },
  upstream_not_found: { inRow: 10, restMs: 5_000 },
};

const maxRestMs = 60_000;
/** A server that asks for a day of peace is asked again after this. */
const maxRetryAfterMs = 300_000;
/** Outcomes that the failure ratio looks at. */
const windowCalls = 20;
/** While the probe is under way the others look again after this. */
const probeWaitMs = 100;
/** Calls at once right after a recovery; each success allows twice as many, until the limit is gone. */
const slowStartCalls = 2;
const slowStartEnd = 64;

class CountingBreaker implements Breaker {
  private readonly clock: Clock;
  private readonly rules: BreakerRules;
  private openUntilMs = 0;
  private openings = 0;
  private failuresInRow = 0;
  /** 1 = failed; a ring of the last calls. */
  private readonly recent = new Uint8Array(windowCalls);
  private seen = 0;
  private failedRecently = 0;
  private probing = false;
  private running = 0;
  private limit = Number.POSITIVE_INFINITY;
  state: BreakerState = 'closed';
  cause: ErrorCode | undefined;

  constructor(rules: BreakerRules, clock: Clock) {
    this.rules = rules;
    this.clock = clock;
  }

  waitMs(): number {
    if (this.state === 'closed') return this.running < this.limit ? 0 : probeWaitMs;
    const restMs = this.openUntilMs - this.clock.monotonicMs();
    if (restMs > 0) return restMs;
    return this.probing ? probeWaitMs : 0;
  }

  started(): void {
    this.running += 1;
    if (this.state === 'closed') return;
    this.state = 'half-open';
    this.probing = true;
  }

  succeeded(): void {
    this.running -= 1;
    this.failuresInRow = 0;
    this.note(0);
    if (this.state !== 'closed') {
      this.state = 'closed';
      this.probing = false;
      this.cause = undefined;
      this.openings = 0;
      this.limit = slowStartCalls;
      this.forgetRecent();
    } else if (this.limit !== Number.POSITIVE_INFINITY) {
      this.limit *= 2;
      if (this.limit >= slowStartEnd) this.limit = Number.POSITIVE_INFINITY;
    }
  }

  failed(code: ErrorCode, retryAfterMs?: number): void {
    this.running -= 1;
    const rule = this.rules[code];
    if (this.state !== 'closed') {
      this.probing = false;
      // Any answer that is not a failure of its own shows that the connection lives again.
      if (rule === undefined) this.close();
      else this.open(code, this.restFor(rule, retryAfterMs));
      return;
    }
    if (rule === undefined) {
      this.failuresInRow = 0;
      return;
    }
    this.failuresInRow += 1;
    this.note(1);
    const tooMany = rule.inRow !== undefined && this.failuresInRow >= rule.inRow;
    const tooOften = rule.halfOf !== undefined && this.seen >= rule.halfOf && this.failedRecently * 2 >= Math.min(this.seen, windowCalls);
    if (tooMany || tooOften) this.open(code, this.restFor(rule, retryAfterMs));
  }

  abandoned(): void {
    this.running -= 1;
    if (this.state === 'half-open') this.probing = false;
  }

  private close(): void {
    this.state = 'closed';
    this.cause = undefined;
    this.openings = 0;
    this.failuresInRow = 0;
    this.forgetRecent();
  }

  private open(code: ErrorCode, restMs: number): void {
    this.state = 'open';
    this.cause = code;
    this.openings += 1;
    this.openUntilMs = this.clock.monotonicMs() + restMs;
  }

  private restFor(rule: FailureRule, retryAfterMs: number | undefined): number {
    if (retryAfterMs !== undefined && retryAfterMs > 0) return Math.min(retryAfterMs, maxRetryAfterMs);
    return Math.min(rule.restMs * 2 ** this.openings, maxRestMs);
  }

  private note(failure: 0 | 1): void {
    const at = this.seen % windowCalls;
    this.failedRecently += failure - (this.recent[at] ?? 0);
    this.recent[at] = failure;
    this.seen += 1;
  }

  private forgetRecent(): void {
    this.recent.fill(0);
    this.seen = 0;
    this.failedRecently = 0;
  }
}

/** Never opens: for operators who would rather have every call tried. */
export const openDoor: Breaker = {
  waitMs: () => 0,
  state: 'closed',
  cause: undefined,
  started: () => undefined,
  succeeded: () => undefined,
  failed: () => undefined,
  abandoned: () => undefined,
};

export function createBreaker(rules: BreakerRules, clock: Clock): Breaker {
  return new CountingBreaker(rules, clock);
}
