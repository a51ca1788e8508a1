// Questions about a chat request that make nothing (token counts): choose → attempt → answer → settle, whole answers only.
import { estimateTokens } from '../canonical/estimate.ts';
import { noUsage } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { recordOf } from '../routing/attempt-loop.ts';
import { type PlainCall, startPlain } from '../routing/plain-call.ts';
import { answerHeaders } from './answer-headers.ts';
import type { CallContext, ModelWish, Reply } from './call.ts';
import { chooseModels } from './choose-models.ts';
import { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';
import { runExchange } from './run-exchange.ts';

export interface PlainRequestCall extends CallContext {
  readonly plain: PlainCall;
  readonly wish: ModelWish;
  /** Token counting is no model call: it leaves no ledger entry. */
  readonly recorded: boolean;
}

/** Serves one request. Never throws; its one ledger entry is written whatever happens. */
export async function servePlain(call: PlainRequestCall, parts: GatewayParts): Promise<Reply> {
  const exchange = new Exchange({
    context: call,
    requestedModel: call.wish.name,
    stream: false,
    clock: parts.clock,
    observers: call.recorded ? parts.observers : [],
  });
  const time = parts.timeLimits.start(call, parts.timeouts.totalMs);
  try {
    const plan = await chooseModels(call.wish, call.principal, parts);
    exchange.planned(plan.decision);
    const { candidate, sent, opened } = await runExchange(
      {
        call,
        exchange,
        wish: call.wish,
        candidates: plan.candidates,
        totalMs: parts.timeouts.totalMs,
        caller: { start: (next) => startPlain(call.plain, next, parts) },
      },
      parts,
    );
    exchange.attempted(recordOf(candidate, sent.attempt));
    if (opened.kind !== 'whole')
      throw new GatewayError('upstream_bad_reply', 'the provider streamed an answer that was not asked to be streamed');
    const usage = opened.facts.usage ?? {
      ...noUsage,
      input: call.wish.contextTokens,
      output: estimateTokens(opened.facts.outputChars),
      source: 'estimated' as const,
    };
    const headers = answerHeaders({ exchange, candidate, upstreamHeaders: opened.headers, costNanoUsd: exchange.costOf(usage) });
    headers.push('content-type', 'application/json');
    exchange.settle({ status: 200, usage });
    return { kind: 'whole', status: 200, headers, body: opened.body };
  } catch (thrown) {
    const error = toGatewayError(thrown);
    exchange.fail(error);
    return { kind: 'failed', error, headers: answerHeaders({ exchange, candidate: exchange.candidate }) };
  } finally {
    time.cancel();
  }
}
