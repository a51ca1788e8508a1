// The life of an exchange that is not chat: choose → attempt → answer → settle, whole answers only.
import { estimateTokens } from '../canonical/estimate.ts';
import { noUsage } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import { recordOf, runAttempts } from '../routing/attempt-loop.ts';
import { type PlainCall, startPlain } from '../routing/plain-call.ts';
import { answerHeaders } from './answer-headers.ts';
import type { CallContext, ModelWish, Reply } from './call.ts';
import { chooseModels } from './choose-models.ts';
import { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';

export interface PlainRequestCall extends CallContext {
  readonly plain: PlainCall;
  readonly wish: ModelWish;
  /** Token counting is no model call: it leaves no ledger entry. */
  readonly recorded: boolean;
  /** What the caller gets; the provider's bytes when absent. */
  readonly rewrite?: (json: JsonValue, bytes: Buffer) => Buffer | string;
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
  const cancelTotal = parts.clock.after(parts.timeouts.totalMs, () => {
    call.interruption.interrupt(new GatewayError('upstream_timeout', 'no complete answer within the total time limit (timeouts.total_ms)'));
  });
  try {
    const plan = await chooseModels(call.wish, call.principal, parts);
    exchange.planned(plan.decision);
    const { candidate, sent, opened } = await runAttempts({
      plan: plan.candidates,
      start(next) {
        exchange.candidate = next;
        return startPlain(call.plain, next, parts);
      },
      retry: parts.retry,
      clock: parts.clock,
      random: parts.random,
      deadlineMs: call.arrivedMs + parts.timeouts.totalMs,
      interruption: call.interruption,
      onFailed(record, error) {
        exchange.attempts.push(record);
        parts.upstreams.get(record.connection)?.health.failed(error.code);
      },
    });
    parts.upstreams.get(candidate.connection.id)?.health.succeeded();
    exchange.opened(sent.attempt);
    exchange.attempts.push(recordOf(candidate, sent.attempt));
    if (opened.kind !== 'whole')
      throw new GatewayError('upstream_bad_reply', 'the provider streamed an answer that was not asked to be streamed');
    const usage = opened.facts.usage ?? {
      ...noUsage,
      input: call.wish.contextTokens,
      output: estimateTokens(opened.facts.outputChars),
      source: 'estimated' as const,
    };
    const body = call.rewrite === undefined ? opened.body : call.rewrite(opened.json(), opened.body);
    const headers = answerHeaders({ exchange, candidate, upstreamHeaders: opened.headers, costNanoUsd: exchange.costOf(usage) });
    headers.push('content-type', 'application/json');
    exchange.settle({ status: 200, usage });
    return { kind: 'whole', status: 200, headers, body };
  } catch (thrown) {
    const error = toGatewayError(thrown);
    exchange.settle({ status: error.code === 'client_gone' ? 499 : error.status, error });
    return { kind: 'failed', error, headers: answerHeaders({ exchange, candidate: exchange.candidate }) };
  } finally {
    cancelTotal();
  }
}
