// The life of a chat exchange, top to bottom: choose → attempt → answer → settle.
import { estimateTokens } from '../canonical/estimate.ts';
import { eventsOf } from '../canonical/replay.ts';
import { noUsage, outputTotal, type Usage } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { ClientDialect, StreamFacts } from '../dialects/dialect.ts';
import type { Attempt, Opened } from '../routing/attempt.ts';
import { type Answered, recordOf, runAttempts } from '../routing/attempt-loop.ts';
import { ChatCaller, type Sent } from '../routing/chat-call.ts';
import { answerHeaders } from './answer-headers.ts';
import type { ChatRequestCall, Reply, ReplySink } from './call.ts';
import { chooseModels } from './choose-models.ts';
import { Exchange } from './exchange.ts';
import type { GatewayParts } from './parts.ts';

/** Serves one chat request. Never throws; its one ledger entry is written whatever happens. */
export async function serveChat(call: ChatRequestCall, parts: GatewayParts): Promise<Reply> {
  const serving = new ChatServing(call, parts);
  try {
    return await serving.run();
  } catch (thrown) {
    return serving.failed(toGatewayError(thrown));
  }
}

const streamType = (dialect: ClientDialect): string => dialect.streamContentType ?? 'text/event-stream; charset=utf-8';

type WholeOpened = Extract<Opened, { kind: 'whole' }>;

class ChatServing {
  private readonly call: ChatRequestCall;
  private readonly parts: GatewayParts;
  private readonly exchange: Exchange;
  private readonly totalMs: number;
  private readonly cancelTotal: () => void;
  /** The attempt under way. */
  private current: Attempt | undefined;

  constructor(call: ChatRequestCall, parts: GatewayParts) {
    this.call = call;
    this.parts = parts;
    this.exchange = new Exchange({
      context: call,
      requestedModel: call.wish.name,
      stream: call.chat.stream,
      clock: parts.clock,
      observers: parts.observers,
    });
    this.totalMs = call.chat.stream ? parts.timeouts.streamTotalMs : parts.timeouts.totalMs;
    this.cancelTotal = parts.clock.after(this.totalMs, () => {
      call.interruption.interrupt(
        new GatewayError('upstream_timeout', 'no complete answer within the total time limit; raise timeouts.total_ms or ask for less'),
      );
    });
  }

  async run(): Promise<Reply> {
    const chosen = chooseModels(this.call.wish, this.call.principal, this.parts);
    const plan = chosen instanceof Promise ? await chosen : chosen;
    this.exchange.planned(plan.decision);
    this.exchange.warnings = plan.warnings;
    const loop = this.attempt(plan.candidates);
    // Who serves may still change, so these headers name nobody.
    if (this.call.chat.stream && (await this.isSilent(loop)))
      return this.streamReply(loop, answerHeaders({ exchange: this.exchange, attemptUnderWay: true }));
    const answered = await loop;
    return answered.opened.kind === 'stream'
      ? this.streamReply(loop, this.headersFor(answered))
      : this.wholeReply(answered, answered.opened);
  }

  failed(error: GatewayError): Reply {
    this.cancelTotal();
    const status = error.code === 'client_gone' ? 499 : error.status;
    this.exchange.settle({ status, error });
    return { kind: 'failed', error, headers: answerHeaders({ exchange: this.exchange, candidate: this.exchange.candidate }) };
  }

  private async attempt(candidates: Parameters<typeof runAttempts>[0]['plan']): Promise<Answered<Sent>> {
    const { call, parts, exchange } = this;
    const caller = new ChatCaller(call.chat, parts);
    const answered = await runAttempts<Sent>({
      plan: candidates,
      start: (candidate) => {
        exchange.candidate = candidate;
        const sent = caller.start(candidate);
        this.current = sent.attempt;
        return sent;
      },
      retry: parts.retry,
      clock: parts.clock,
      random: parts.random,
      deadlineMs: call.arrivedMs + this.totalMs,
      interruption: call.interruption,
      onFailed(record, error) {
        exchange.attempts.push(record);
        parts.upstreams.get(record.connection)?.health.failed(error.code);
      },
    });
    parts.upstreams.get(answered.candidate.connection.id)?.health.succeeded();
    exchange.opened(answered.sent.attempt);
    exchange.warnings = exchange.warnings.length === 0 ? answered.sent.warnings : [...exchange.warnings, ...answered.sent.warnings];
    return answered;
  }

  /**
   * Has an upstream accepted the stream and then said nothing for a keepalive's time? Then the head goes out with a
   * comment, so that nothing between us and the client gives up. A fallback stays possible until the first content.
   */
  private async isSilent(loop: Promise<unknown>): Promise<boolean> {
    const { clock, keepAliveMs } = this.parts;
    for (;;) {
      let cancel = (): void => undefined;
      const due = new Promise<boolean>((resolve) => {
        cancel = clock.after(keepAliveMs, () => resolve(true));
      });
      const answered = loop.then(
        () => false,
        () => false,
      );
      const silent = await Promise.race([answered, due]);
      cancel();
      if (!silent || this.current?.streaming) return silent;
    }
  }

  private headersFor(answered: Answered<Sent>): string[] {
    return answerHeaders({
      exchange: this.exchange,
      candidate: answered.candidate,
      upstreamHeaders: answered.opened.headers,
      attemptUnderWay: true,
    });
  }

  private wholeReply(answered: Answered<Sent>, opened: WholeOpened): Reply {
    const { call, exchange } = this;
    const { candidate, sent } = answered;
    exchange.attempts.push(recordOf(candidate, sent.attempt));
    const usage = opened.facts.usage ?? this.estimate(opened.facts.outputChars);
    const body = this.encodeWhole(sent, opened);
    this.cancelTotal();
    const headers = answerHeaders({ exchange, candidate, upstreamHeaders: opened.headers, costNanoUsd: exchange.costOf(usage) });
    headers.push('content-type', call.chat.stream ? streamType(call.chat.dialect) : 'application/json');
    exchange.settle({ status: 200, usage, ...(opened.facts.finish !== undefined && { finish: opened.facts.finish }) });
    return { kind: 'whole', status: 200, headers, body };
  }

  /** Same dialect: the provider's bytes as they came. A whole answer to a caller that wants a stream is replayed as one. */
  private encodeWhole(sent: Sent, opened: WholeOpened): Buffer | string {
    const { dialect, stream, requestedModel, includeUsage } = this.call.chat;
    if (!stream && sent.passesBytes) return opened.body;
    const response = sent.upstreamDialect.decodeResponse(opened.json(), sent.decode);
    if (!stream) return JSON.stringify(dialect.encodeResponse(response, sent.warnings));
    const encoder = dialect.createEventEncoder({ model: requestedModel, includeUsage, warnings: sent.warnings });
    let text = '';
    for (const event of eventsOf(response)) text += encoder.push(event);
    return text + encoder.end();
  }

  private streamReply(loop: Promise<Answered<Sent>>, headers: string[]): Reply {
    headers.push('content-type', streamType(this.call.chat.dialect), 'cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
    return { kind: 'stream', status: 200, headers, pipe: (sink) => this.pipe(loop, sink) };
  }

  /** Never rejects: a stream that has begun ends in a legal terminal event and one entry. */
  private async pipe(loop: Promise<Answered<Sent>>, sink: ReplySink): Promise<void> {
    const { call, parts, exchange } = this;
    const { dialect } = call.chat;
    const watched = parts.keepAlive.watch(sink, dialect.keepAliveFrame);
    let failure: GatewayError | undefined;
    try {
      const { candidate, sent, opened } = await loop;
      if (opened.kind === 'whole') {
        exchange.attempts.push(recordOf(candidate, sent.attempt));
        watched.write(this.encodeWhole(sent, opened));
        const usage = opened.facts.usage ?? this.estimate(opened.facts.outputChars);
        exchange.settle({ status: 200, usage, ...(opened.facts.finish !== undefined && { finish: opened.facts.finish }) });
      } else {
        failure = await this.relay(sent, watched);
        const facts = sent.attempt.streamFacts;
        exchange.attempts.push(recordOf(candidate, sent.attempt, failure));
        exchange.settle({
          status: failure?.code === 'client_gone' ? 499 : 200,
          usage: this.streamUsage(facts, failure !== undefined),
          ...(failure !== undefined && { error: failure }),
          ...(facts?.finish !== undefined && { finish: facts.finish }),
        });
      }
    } catch (thrown) {
      failure = toGatewayError(thrown);
      exchange.settle({ status: failure.code === 'client_gone' ? 499 : 200, error: failure });
    }
    this.cancelTotal();
    watched.end(failure === undefined ? undefined : dialect.encodeErrorFrame(failure, call.requestId));
  }

  private async relay(sent: Sent, sink: ReplySink): Promise<GatewayError | undefined> {
    const { interruption } = this.call;
    const abort = (error: GatewayError): void => sent.attempt.abort(error);
    interruption.onInterrupt(abort);
    sent.attempt.attach(sink);
    const { failure } = await sent.attempt.ended();
    interruption.offInterrupt(abort);
    return failure;
  }

  /** What a stream used: the provider's numbers, or ours when it sent none or broke off before the last ones. */
  private streamUsage(facts: StreamFacts | undefined, broken: boolean): Usage {
    if (facts === undefined) return noUsage;
    const estimate = (): Usage => this.estimate(Math.max(facts.contentBytes, facts.contentFrames * 4));
    if (facts.usage === undefined) return estimate();
    // A message_start promises one output token; what really passed is more.
    const counted = broken ? estimate() : undefined;
    if (counted === undefined || counted.output <= outputTotal(facts.usage)) return facts.usage;
    return { ...facts.usage, output: counted.output - facts.usage.reasoning, source: 'estimated' };
  }

  private estimate(outputChars: number): Usage {
    return { ...noUsage, input: this.call.wish.contextTokens, output: estimateTokens(outputChars), source: 'estimated' };
  }
}
