// What every exchange does alike: walk the plan, note what was tried, let the exchange know who serves it.
import type { Candidate } from '../brain/decision.ts';
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Attempt } from '../routing/attempt.ts';
import { type Answered, type AttemptRun, runAttempts } from '../routing/attempt-loop.ts';
import type { FallbackPolicy } from '../routing/fallback-policy.ts';
import type { HedgePolicy, Started } from '../routing/hedge.ts';
import type { Interruption } from '../routing/interruption.ts';
import type { CallContext, ModelWish } from './call.ts';
import type { Exchange } from './exchange.ts';
import { covers } from './hold-money.ts';
import type { GatewayParts } from './parts.ts';

export interface ExchangeRunOptions<Sent> {
  readonly call: CallContext;
  readonly exchange: Exchange;
  readonly candidates: readonly Candidate[];
  readonly caller: Caller<Sent>;
  readonly wish: ModelWish;
  readonly totalMs: number;
  readonly fallbackPolicy?: FallbackPolicy | undefined;
  readonly hedge?: HedgePolicy | undefined;
  readonly watcher?: ServingWatcher<Sent>;
}

/** How this kind of exchange calls a candidate. */
export interface Caller<Sent> {
  /** What a call needs first; undefined = nothing. */
  prepare?(candidate: Candidate): Promise<void> | undefined;
  start(candidate: Candidate): Sent;
}

/** Who wants to know who serves: the last one told of, which may be one that was told of before. */
export interface ServingWatcher<Sent> {
  serves(candidate: Candidate, sent: Sent): void;
}

/** Answers the first attempt that opened; its record is the caller's to make, when it has ended. */
export function runExchange<Sent extends { readonly attempt: Attempt }>(
  options: ExchangeRunOptions<Sent>,
  parts: GatewayParts,
): Promise<Answered<Sent>> {
  return runAttempts(new ExchangeRun(options, parts));
}

class ExchangeRun<Sent extends { readonly attempt: Attempt }> implements AttemptRun<Sent> {
  readonly parts: GatewayParts;
  private readonly options: ExchangeRunOptions<Sent>;

  constructor(options: ExchangeRunOptions<Sent>, parts: GatewayParts) {
    this.options = options;
    this.parts = parts;
  }

  get plan(): readonly Candidate[] {
    return this.options.candidates;
  }

  get deadlineMs(): number {
    return this.options.call.arrivedMs + this.options.totalMs;
  }

  get interruption(): Interruption {
    return this.options.call.interruption;
  }

  get fallbackPolicy(): FallbackPolicy | undefined {
    return this.options.fallbackPolicy;
  }

  get hedge(): HedgePolicy | undefined {
    return this.options.hedge;
  }

  prepare(candidate: Candidate): Promise<void> | undefined {
    return this.options.caller.prepare?.(candidate);
  }

  start(candidate: Candidate): Sent {
    const { exchange, caller, watcher } = this.options;
    exchange.candidate = candidate;
    const sent = caller.start(candidate);
    watcher?.serves(candidate, sent);
    return sent;
  }

  mayTry(candidate: Candidate): boolean {
    return covers(this.options.exchange.hold, candidate, { wish: this.options.wish });
  }

  onFailed(record: AttemptRecord, _error: GatewayError, { candidate, sent }: Started<Sent>): void {
    this.options.exchange.failedAttempt(record, sent.attempt.streamFacts?.usage, candidate);
  }

  onOpened({ candidate, sent, gate }: Answered<Sent>): void {
    const { exchange, watcher } = this.options;
    // Of two attempts that were under way at once, the one that was started first has answered.
    if (candidate !== exchange.candidate) {
      exchange.candidate = candidate;
      watcher?.serves(candidate, sent);
    }
    exchange.opened(sent.attempt, gate);
  }
}
