// The life of an exchange that is not chat (embeddings, rerank, images, audio …): choose → attempt → answer → settle.
// A JSON answer is whole; audio and streams of events are passed on at the caller's pace.
import type { TaskResponse } from '../canonical/tasks.ts';
import { unitsAtMost } from '../canonical/units-at-most.ts';
import type { Usage } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { AnswerFacts } from '../dialects/dialect.ts';
import { encodeErrorFrame } from '../dialects/openai-chat/errors.ts';
import type { Opened } from '../routing/attempt.ts';
import { type Answered, recordOf } from '../routing/attempt-loop.ts';
import { joinAnswers } from '../routing/input-parts.ts';
import { missingTask } from '../routing/missing-endpoint.ts';
import { TaskCaller, type TaskSent } from '../routing/task-caller.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Reply, ReplySink, TaskRequestCall } from './call.ts';
import { chooseModels } from './choose-models.ts';
import { Exchange } from './exchange.ts';
import { rulesFor } from './fallback-rules.ts';
import type { GatewayParts } from './parts.ts';
import { holdFor } from './hold-money.ts';
import { runExchange } from './run-exchange.ts';
import type { TimeLimit } from './time-limit.ts';

/** Serves one request. Never throws; its one ledger entry is written whatever happens. */
export async function serveTask(call: TaskRequestCall, parts: GatewayParts): Promise<Reply> {
  const serving = new TaskServing(call, parts);
  try {
    return await serving.run();
  } catch (thrown) {
    return serving.failed(toGatewayError(thrown));
  }
}

type WholeOpened = Extract<Opened, { kind: 'whole' }>;

class TaskServing {
  private readonly call: TaskRequestCall;
  private readonly parts: GatewayParts;
  private readonly exchange: Exchange;
  private readonly caller: TaskCaller;
  private readonly time: TimeLimit;

  constructor(call: TaskRequestCall, parts: GatewayParts) {
    this.call = call;
    this.parts = parts;
    const stream = call.stream === true;
    this.exchange = new Exchange({
      context: call,
      requestedModel: call.wish.name,
      stream,
      clock: parts.clock,
      observers: parts.observers,
    });
    this.caller = new TaskCaller(call.task, parts);
    // Speech is a stream, too, though nobody has to ask for one.
    this.time = parts.timeLimits.start(call, stream || call.task.task === 'speak' ? parts.timeouts.streamTotalMs : parts.timeouts.totalMs);
  }

  async run(): Promise<Reply> {
    const { call, parts, exchange, caller } = this;
    const found = await chooseModels(call.wish, call.principal, parts);
    const plan = parts.arrange?.(found, call.wish) ?? found;
    exchange.planned(plan.decision);
    exchange.warnings = plan.warnings;
    const able = plan.candidates.filter((candidate) => caller.canServe(candidate));
    const [first] = plan.candidates;
    if (able.length === 0 && first !== undefined) throw missingTask(first, call.task.task);
    const paid = await holdFor(
      { ...plan, candidates: able },
      { call, wish: call.wish, exchange, units: () => unitsAtMost(caller.canonical()) },
      parts,
    );
    const candidates = paid.candidates.filter((candidate) => caller.canServe(candidate));
    const rules = rulesFor(call.wish.fallbackOn, parts.fallbacks);
    const name = paid.decision.profile.alias ?? call.wish.name;
    this.time.shorten(rules?.timeoutMsFor(name));
    const answered = await runExchange<TaskSent>(
      {
        call,
        wish: call.wish,
        exchange,
        candidates,
        totalMs: this.time.totalMs,
        caller,
        fallbackPolicy: rules?.policyFor(name),
      },
      parts,
    );
    const { warnings, parts: calls } = answered.sent;
    if (warnings.length > 0) exchange.warnings = [...exchange.warnings, ...warnings];
    if (calls > 1) return this.joinedReply(answered);
    return answered.opened.kind === 'whole' ? this.wholeReply(answered, answered.opened) : this.streamReply(answered);
  }

  failed(error: GatewayError): Reply {
    this.time.cancel();
    this.exchange.fail(error);
    return { kind: 'failed', error, headers: answerHeaders({ exchange: this.exchange, candidate: this.exchange.candidate }) };
  }

  /**
   * More inputs than a call takes: the rest is asked of the same candidate, because vectors of two models do not belong together.
   * A part that fails for good fails the whole.
   */
  private async joinedReply(first: Answered<TaskSent>): Promise<Reply> {
    const { call, parts, exchange, caller } = this;
    const answers: TaskResponse[] = [];
    let current = first;
    for (let part = 1; ; part += 1) {
      exchange.attempted(recordOf(current.candidate, current.sent.attempt));
      answers.push(caller.decodeWhole(current.sent, wholeOf(current.opened)));
      if (part === first.sent.parts) break;
      const asked = part;
      const next = await runExchange<TaskSent>(
        {
          call,
          wish: call.wish,
          exchange,
          candidates: [first.candidate],
          totalMs: this.time.totalMs,
          caller: { start: (candidate) => caller.start(candidate, asked) },
        },
        parts,
      );
      // Not before the next one has opened: if it fails, this call is what the exchange still holds.
      current.gate.ended();
      current = next;
    }
    return this.reply(this.encodeAnswer(joinAnswers(answers), current.sent, caller.estimate()), current);
  }

  private wholeReply(answered: Answered<TaskSent>, opened: WholeOpened): Reply {
    this.exchange.attempted(recordOf(answered.candidate, answered.sent.attempt));
    return this.reply(this.encodeWhole(answered.sent, opened), answered);
  }

  private reply({ body, contentType, usage }: Encoded, { candidate, opened }: Answered<TaskSent>): Reply {
    const { exchange } = this;
    const headers = answerHeaders({ exchange, candidate, upstreamHeaders: opened.headers, costNanoUsd: exchange.costOf(usage) });
    headers.push('content-type', contentType);
    this.time.cancel();
    exchange.settle({ status: 200, usage });
    return { kind: 'whole', status: 200, headers, body };
  }

  /** Same grammar: the provider's bytes as they came, unless the caller wants them in another form. */
  private encodeWhole(sent: TaskSent, opened: WholeOpened): Encoded {
    if (sent.passesBytes) {
      const body = this.call.rewrite?.(opened.json(), opened.body) ?? opened.body;
      return { body, contentType: 'application/json', usage: this.usageOf(opened.facts) };
    }
    return this.encodeAnswer(this.caller.decodeWhole(sent, opened), sent, this.usageOf(opened.facts));
  }

  /** `counted` is the usage of an answer that tells none. */
  private encodeAnswer(response: TaskResponse, { warnings }: TaskSent, counted: Usage): Encoded {
    const { dialect } = this.call.task;
    if (dialect.encodeResponse === undefined) throw new GatewayError('internal_error', `${dialect.id} is no grammar of clients`);
    const usage = ('usage' in response ? response.usage : undefined) ?? counted;
    const told = warnings.length;
    const encoded = dialect.encodeResponse(response, { request: this.caller.canonical(), warnings });
    if (warnings.length > told) this.exchange.warnings = [...this.exchange.warnings, ...warnings.slice(told)];
    return encoded.kind === 'json'
      ? { body: JSON.stringify(encoded.json), contentType: 'application/json', usage }
      : { body: encoded.text, contentType: encoded.contentType, usage };
  }

  private usageOf(facts: AnswerFacts): Usage {
    return facts.usage ?? this.caller.estimate();
  }

  private streamReply(answered: Answered<TaskSent>): Reply {
    const { headers: upstream } = answered.opened;
    const headers = answerHeaders({
      exchange: this.exchange,
      candidate: answered.candidate,
      upstreamHeaders: upstream,
      attemptUnderWay: true,
    });
    const type = this.contentTypeOf(answered);
    headers.push('content-type', type);
    const isEvents = type.startsWith('text/event-stream');
    if (isEvents) headers.push('cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
    const length = upstream['content-length'];
    if (!isEvents && typeof length === 'string' && /^\d+$/.test(length) && upstream['content-encoding'] === undefined) {
      headers.push('content-length', length);
    }
    return { kind: 'stream', status: 200, headers, pipe: (sink) => this.pipe(answered, sink, isEvents) };
  }

  private contentTypeOf({ sent, opened }: Answered<TaskSent>): string {
    const request = sent.passesBytes ? undefined : this.caller.canonical();
    if (request?.task === 'speak' && request.events === true) return 'text/event-stream; charset=utf-8';
    const type = opened.headers['content-type'];
    return typeof type === 'string' && /^[\w.+-]+\/[\w.+-]+/.test(type) ? type : 'application/octet-stream';
  }

  /** Never rejects. Bytes that break off must not look complete, so their connection breaks, too; events end in an error event. */
  private async pipe({ candidate, sent }: Answered<TaskSent>, sink: ReplySink, isEvents: boolean): Promise<void> {
    const { call, parts, exchange } = this;
    const watched = isEvents ? parts.keepAlive.watch(sink, ': keep-alive\n\n') : sink;
    call.interruption.onInterrupt(sent.attempt);
    sent.attempt.attach(watched);
    const { failure } = await sent.attempt.ended();
    call.interruption.offInterrupt(sent.attempt);
    this.time.cancel();
    exchange.attempted(recordOf(candidate, sent.attempt, failure));
    exchange.settle({
      status: failure?.code === 'client_gone' ? 499 : 200,
      usage: sent.attempt.streamFacts?.usage ?? this.caller.estimate(),
      ...(failure !== undefined && { error: failure }),
    });
    if (failure === undefined) watched.end();
    else if (isEvents) watched.end(encodeErrorFrame(failure, call.requestId), true);
    else if (sink.abort === undefined) sink.end(undefined, true);
    else sink.abort();
  }
}

/** What comes in parts never comes as a stream. */
function wholeOf(opened: Opened): WholeOpened {
  if (opened.kind === 'whole') return opened;
  throw new GatewayError('upstream_bad_reply', 'the provider answered with a stream where one document was expected');
}

interface Encoded {
  readonly body: Buffer | string;
  readonly contentType: string;
  readonly usage: Usage;
}
