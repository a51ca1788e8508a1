// What calls have taught about a model on a connection: may another start, how loaded is it, how long does it take.
// One look-up per attempt; every call passes here, so it costs a few additions and no allocation.
import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import { type Breaker, connectionRules, createBreaker, offerRules, openDoor } from './breaker.ts';
import { Quantile } from './quantile.ts';
import { RetryBudget } from './retry-budget.ts';

export interface GateOptions {
  /** Calls at once; absent = as many as come. */
  readonly maxParallel?: number | undefined;
  /** False: nothing is ever left alone. */
  readonly breaker?: boolean | undefined;
}

/** The part that all models of a connection share. */
export class ConnectionGate {
  readonly breaker: Breaker;
  readonly retries: RetryBudget;
  /** Calls that have started and not ended, streams until their last byte. */
  inFlight = 0;
  private readonly clock: Clock;
  readonly breaks: boolean;
  private readonly maxParallel: number;
  private readonly gates = new Map<string, OfferGate>();

  constructor(clock: Clock, options: GateOptions = {}) {
    this.clock = clock;
    this.breaks = options.breaker ?? true;
    this.breaker = this.breaks ? createBreaker(connectionRules, clock) : openDoor;
    this.retries = new RetryBudget(clock);
    this.maxParallel = options.maxParallel ?? Number.POSITIVE_INFINITY;
  }

  of(wireId: string): OfferGate {
    let gate = this.gates.get(wireId);
    if (gate === undefined) {
      // Callers choose the ids of open-ended servers; forgetting all of them costs a little wisdom, remembering all the memory.
      if (this.gates.size >= maxGates) this.gates.clear();
      gate = new OfferGate(this, this.clock);
      this.gates.set(wireId, gate);
    }
    return gate;
  }

  isHealthy(): boolean {
    return this.breaker.state === 'closed' || this.breaker.waitMs() === 0;
  }

  parallelWaitMs(): number {
    return this.inFlight < this.maxParallel ? 0 : parallelWaitMs;
  }
}

const maxGates = 1_000;
/** How soon to look again whether a call of the connection has ended. */
const parallelWaitMs = 50;
/** Half of what is known of the speed is from the last seconds. */
const decayMs = 10_000;
/** Half of the remembered use is from the last minute. */
const usageDecayMs = 60_000;
/** What a failure adds to the cost of a candidate: about what a retry costs its caller. */
const failurePriceMs = 2_000;

export class OfferGate {
  readonly connection: ConnectionGate;
  readonly breaker: Breaker;
  inFlight = 0;
  /** Tokens of the calls so far, older ones fading out over minutes: what usage-based balancing looks at. */
  private tokensUsed = 0;
  private usedAtMs = 0;
  private readonly clock: Clock;
  private ewmaMs = 0;
  private ewmaAtMs = 0;
  /** Times to the first content of streams, and to all of a whole answer: one says nothing about the other. */
  private streamTimes: Quantile | undefined;
  private wholeTimes: Quantile | undefined;

  constructor(connection: ConnectionGate, clock: Clock) {
    this.connection = connection;
    this.clock = clock;
    this.breaker = connection.breaks ? createBreaker(offerRules, clock) : openDoor;
  }

  /** 0 = a call may start now. */
  waitMs(): number {
    const { connection, breaker } = this;
    return Math.max(connection.breaker.waitMs(), breaker.waitMs(), connection.parallelWaitMs());
  }

  /** Why calls must wait: the failure that opened the breaker; undefined when it is only full. */
  get cause(): ErrorCode | undefined {
    return this.connection.breaker.cause ?? this.breaker.cause;
  }

  started(): void {
    this.inFlight += 1;
    this.connection.inFlight += 1;
    this.breaker.started();
    this.connection.breaker.started();
  }

  /** The first content has come, after this time. The call is still in flight until `ended`. */
  opened(tookMs: number, kind?: 'stream' | 'whole'): void {
    this.breaker.succeeded();
    this.connection.breaker.succeeded();
    this.observe(tookMs);
    if (kind === 'stream') (this.streamTimes ??= new Quantile()).note(tookMs);
    else if (kind === 'whole') (this.wholeTimes ??= new Quantile()).note(tookMs);
  }

  /** Another attempt at its call answered first. It is over, and has shown that it takes longer than this. */
  overtaken(afterMs: number): void {
    this.ended();
    this.breaker.abandoned();
    this.connection.breaker.abandoned();
    if (afterMs > this.ewmaMs) this.observe(afterMs);
  }

  /** Only one call in twenty took longer; undefined = too few are known. */
  slowMs(kind: 'stream' | 'whole'): number | undefined {
    return (kind === 'stream' ? this.streamTimes : this.wholeTimes)?.read(0.95);
  }

  /** It failed before any content, or its client left (`client_gone`): it is over. */
  failed(code: ErrorCode, tookMs: number, retryAfterMs?: number): void {
    this.ended();
    if (code === 'client_gone' || code === 'shutting_down') {
      this.breaker.abandoned();
      this.connection.breaker.abandoned();
      return;
    }
    this.breaker.failed(code, retryAfterMs);
    this.connection.breaker.failed(code, retryAfterMs);
    if (offerRules[code] !== undefined || connectionRules[code] !== undefined) this.observe(tookMs + failurePriceMs);
  }

  /** An opened call is over; with a code when it broke off after content. */
  ended(brokeOff?: ErrorCode): void {
    this.inFlight -= 1;
    this.connection.inFlight -= 1;
    if (brokeOff === undefined || brokeOff === 'client_gone' || brokeOff === 'shutting_down') return;
    this.breaker.started();
    this.breaker.failed(brokeOff);
    this.observe(failurePriceMs);
  }

  /** Tokens that a call took. */
  used(tokens: number): void {
    const nowMs = this.clock.monotonicMs();
    // In so short a time nothing has faded, and the power costs more than all else here.
    if (nowMs - this.usedAtMs < usageDecayMs / 1_000) {
      this.tokensUsed += tokens;
      return;
    }
    this.tokensUsed = this.tokens + tokens;
    this.usedAtMs = nowMs;
  }

  get tokens(): number {
    return this.tokensUsed === 0 ? 0 : this.tokensUsed * 2 ** (-(this.clock.monotonicMs() - this.usedAtMs) / usageDecayMs);
  }

  /**
   * Expected milliseconds of another call: peak-sensitive moving average, times the calls that are ahead of it. A slow answer
   * counts at once, a fast one only over time, so that a stall is felt before its calls have timed out.
   */
  cost(): number {
    return (this.latencyMs() + 1) * (this.inFlight + 1);
  }

  /** Expected milliseconds to the first content; 0 = unknown. */
  latencyMs(): number {
    if (this.ewmaMs === 0) return 0;
    const ageMs = this.clock.monotonicMs() - this.ewmaAtMs;
    return this.ewmaMs * 2 ** (-ageMs / (decayMs * 6));
  }

  private observe(tookMs: number): void {
    const nowMs = this.clock.monotonicMs();
    if (this.ewmaMs === 0 || tookMs > this.ewmaMs) this.ewmaMs = tookMs;
    else {
      const ageMs = nowMs - this.ewmaAtMs;
      // At a high rate hardly any time passes between two calls; each still counts a little.
      const weight = ageMs <= decayMs / 8 ? 0.9 : Math.min(0.9, 2 ** (-ageMs / decayMs));
      this.ewmaMs = this.ewmaMs * weight + tookMs * (1 - weight);
    }
    this.ewmaAtMs = nowMs;
  }
}
