// What every exchange without a chat stream does alike: walk the plan, note what was tried, let the exchange know who serves it.
import type { Candidate } from '../brain/decision.ts';
import { GatewayError } from '../core/errors.ts';
import type { Attempt } from '../routing/attempt.ts';
import { type Answered, runAttempts } from '../routing/attempt-loop.ts';
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
}

/** Answers the first attempt that opened; its record is the caller's to make, when it has ended. */
export async function runExchange<Sent extends { readonly attempt: Attempt }>(
  { call, exchange, candidates, prepare, start, totalMs, wish }: ExchangeRun<Sent>,
  parts: GatewayParts,
): Promise<Answered<Sent>> {
  const answered = await runAttempts<Sent>({
    plan: candidates,
    ...(prepare !== undefined && { prepare }),
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
    onFailed(record, _error, attempt) {
      exchange.failedAttempt(record, attempt.streamFacts?.usage);
    },
  });
  exchange.opened(answered.sent.attempt, answered.gate);
  return answered;
}

/** Ends the exchange when its time is over; answers the way to call that off. */
export function limitTime(call: CallContext, totalMs: number, parts: GatewayParts): () => void {
  return parts.clock.after(totalMs, () => {
    call.interruption.interrupt(
      new GatewayError('upstream_timeout', 'no complete answer within the total time limit; raise timeouts.total_ms or ask for less'),
    );
  });
}
