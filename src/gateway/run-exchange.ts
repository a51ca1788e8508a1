// What every exchange without a chat stream does alike: walk the plan, note what was tried, let the exchange know who serves it.
import type { Candidate } from '../brain/decision.ts';
import type { Attempt } from '../routing/attempt.ts';
import { type Answered, runAttempts } from '../routing/attempt-loop.ts';
import type { FallbackPolicy } from '../routing/fallback-policy.ts';
import type { HedgePolicy } from '../routing/hedge.ts';
import type { CallContext, ModelWish } from './call.ts';
import type { Exchange } from './exchange.ts';
import { covers } from './hold-money.ts';
import type { GatewayParts } from './parts.ts';

export interface ExchangeRun<Sent> {
  readonly call: CallContext;
  readonly exchange: Exchange;
  readonly candidates: readonly Candidate[];
  /** What a call to a candidate needs first; undefined = nothing. */
  readonly prepare?: (candidate: Candidate) => Promise<void> | undefined;
  readonly start: (candidate: Candidate) => Sent;
  readonly wish: ModelWish;
  readonly totalMs: number;
  readonly fallbackPolicy?: FallbackPolicy | undefined;
  readonly hedge?: HedgePolicy | undefined;
  /** Of two attempts that were under way at once, the one that was started first has answered. */
  readonly onServed?: (answered: Answered<Sent>) => void;
}

/** Answers the first attempt that opened; its record is the caller's to make, when it has ended. */
export async function runExchange<Sent extends { readonly attempt: Attempt }>(
  run: ExchangeRun<Sent>,
  parts: GatewayParts,
): Promise<Answered<Sent>> {
  const { call, exchange, candidates, prepare, start, totalMs, wish } = run;
  const answered = await runAttempts<Sent>({
    plan: candidates,
    prepare,
    start(candidate) {
      exchange.candidate = candidate;
      return start(candidate);
    },
    gateOf: parts.connections.gateOf,
    mayTry: (candidate) => covers(exchange.hold, candidate, { wish }),
    retry: parts.retry,
    clock: parts.clock,
    random: parts.random,
    deadlineMs: call.arrivedMs + totalMs,
    interruption: call.interruption,
    fallbackPolicy: run.fallbackPolicy,
    hedge: run.hedge,
    onFailed(record, _error, { candidate, sent }) {
      exchange.failedAttempt(record, sent.attempt.streamFacts?.usage, candidate);
    },
  });
  if (answered.candidate !== exchange.candidate) {
    exchange.candidate = answered.candidate;
    run.onServed?.(answered);
  }
  exchange.opened(answered.sent.attempt, answered.gate);
  return answered;
}
