// The life of a chat exchange, top to bottom: choose → attempt → answer → settle.
import type { Candidate } from '../brain/decision.ts';
import type { ChatResponse } from '../canonical/chat.ts';
import { inputTotal, noUsage, outputTotal, type Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import { checksum } from '../core/checksum.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import { type Answered, recordOf } from '../routing/attempt-loop.ts';
import type { Attempt, Opened } from '../routing/attempt.ts';
import { readCallerBody } from '../routing/caller-body.ts';
import { ChatCaller } from '../routing/chat-caller.ts';
import type { FallbackPolicy } from '../routing/fallback-policy.ts';
import type { Sent } from '../routing/sent.ts';
import { answerHeaders } from './answer-headers.ts';
import { type CacheMiss, keepAnswer, lookUp, RecordingSink } from './cached-chat.ts';
import type { ChatRequestCall, Reply, ReplySink } from './call.ts';
import { brokenUsage, streamUsage, wholeUsage } from './chat-usage.ts';
import { chooseModels } from './choose-models.ts';
import { type Broken, type Continuation, createContinuation, type Ended } from './continuation.ts';
import { encodeAnswer } from './encode-answer.ts';
import { Exchange, type Outcome } from './exchange.ts';
import { type FallbackRules, rulesFor } from './fallback-rules.ts';
import { countAnswered, covers, holdFor } from './hold-money.ts';
import { planLargerWindow } from './larger-window.ts';
import type { GatewayParts } from './parts.ts';
import type { Plan } from './plan-memo.ts';
import { runExchange, type ServingWatcher } from './run-exchange.ts';
import type { TimeLimit } from './time-limit.ts';

/** Serves one chat request. Never throws; its one ledger entry is written whatever happens. */
export function serveChat(call: ChatRequestCall, parts: GatewayParts): Promise<Reply> {
  return new ChatServing(call, parts).serve();
}

/** The caller's status of an exchange that ends behind its head. */
const endStatus = (failure: GatewayError | undefined): number => (failure?.code === 'client_gone' ? 499 : 200);

const streamType = (dialect: ClientDialect): string => dialect.streamContentType ?? 'text/event-stream; charset=utf-8';

/** Waited for only while it is not there: each wait comes before the first token. */
type Answering = Answered<Sent> | Promise<Answered<Sent>>;

type WholeOpened = Extract<Opened, { kind: 'whole' }>;

class ChatServing implements ServingWatcher<Sent> {
  private readonly call: ChatRequestCall;
  private readonly parts: GatewayParts;
  private readonly exchange: Exchange;
  private readonly session: string | undefined;
  /** Set while others may wait for this call's answer. */
  private miss: CacheMiss | undefined;
  private readonly time: TimeLimit;
  /** Present: should the stream break off, another may go on with it. */
  private continuation: Continuation | undefined;
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
    const affinity = call.sessionId ?? call.cacheKey;
    if (affinity !== undefined) this.session = `${call.principal.id}\n${call.wish.name ?? ''}\n${affinity}`;
    this.time = parts.timeLimits.start(call, call.chat.stream ? parts.timeouts.streamTotalMs : parts.timeouts.totalMs);
  }

  async serve(): Promise<Reply> {
    try {
      this.assertNoLoop();
      const fallbacks = rulesFor(this.call.wish.fallbackOn, this.parts.fallbacks);
      const found = fallbacks === undefined ? chooseModels(this.call.wish, this.call.principal, this.parts) : this.choose(fallbacks);
      const plan = this.accept(found instanceof Promise ? await found : found);
      if (this.call.cache !== undefined || this.parts.cache?.always === true) {
        const cached = await this.fromCache(plan);
        if (cached !== undefined) return cached;
      }
      const held = holdFor(plan, { call: this.call, wish: this.call.wish, exchange: this.exchange }, this.parts);
      const paid = held instanceof Promise ? this.replan(await held) : held;
      const loop = fallbacks === undefined ? this.attempt(paid.candidates) : this.attemptWith(fallbacks, paid);
      const answered = await (this.call.chat.stream ? this.answerUnlessSilent(loop) : loop);
      // Who serves may still change, so these headers name nobody.
      if (answered === undefined) return this.streamReply(loop, answerHeaders({ exchange: this.exchange, attemptUnderWay: true }));
      return answered.opened.kind === 'stream'
        ? this.streamReply(answered, this.headersFor(answered))
        : this.wholeReply(answered, answered.opened);
    } catch (thrown) {
      return this.failed(toGatewayError(thrown));
    }
  }

  private accept(found: Plan): Plan {
    const { exchange } = this;
    const plan = this.parts.arrange?.(found, this.call.wish, this.session) ?? found;
    exchange.session = plan.session;
    exchange.planned(plan.decision);
    exchange.warnings = plan.warnings;
    return plan;
  }

  private failed(error: GatewayError): Reply {
    this.time.cancel();
    this.miss?.flight.drop();
    this.exchange.fail(error);
    return { kind: 'failed', error, headers: answerHeaders({ exchange: this.exchange, candidate: this.exchange.candidate }) };
  }

  /** The plan; that of a larger window at once, where the prompt is too long for what was named and the policy allows that. */
  private async choose(rules: FallbackRules): Promise<Plan> {
    const { call, parts } = this;
    const { wish, principal } = call;
    try {
      return await chooseModels(wish, principal, parts);
    } catch (thrown) {
      return planLargerWindow(thrown, { wish, principal, policy: rules.policyFor(wish.name), candidates: [], parts });
    }
  }

  private async attemptWith(rules: FallbackRules, { candidates, decision }: Plan): Promise<Answered<Sent>> {
    const { call, parts, exchange } = this;
    const { wish, principal } = call;
    const name = decision.profile.alias ?? wish.name;
    this.time.shorten(rules.timeoutMsFor(name));
    const policy = rules.policyFor(name);
    try {
      return await this.attempt(candidates, policy);
    } catch (thrown) {
      const plan = await planLargerWindow(thrown, { wish, principal, policy, candidates, parts });
      const payable = plan.candidates.filter((candidate) => covers(exchange.hold, candidate, { wish }));
      if (payable.length === 0) throw thrown;
      this.replan({ ...plan, warnings: [...exchange.warnings, ...plan.warnings] });
      return this.attempt(payable, policy);
    }
  }

  private attempt(candidates: readonly Candidate[], fallbackPolicy?: FallbackPolicy): Promise<Answered<Sent>> {
    const { call, parts, exchange } = this;
    const caller = new ChatCaller(call.chat, parts);
    if (call.chat.stream && parts.continuing?.isWanted(call, exchange.decision?.profile.alias) === true) {
      const deadlineMs = call.arrivedMs + this.time.totalMs;
      this.continuation = createContinuation({ call, exchange, candidates, caller, fallbackPolicy, deadlineMs }, parts);
    }
    return runExchange<Sent>(
      {
        call,
        exchange,
        candidates,
        caller,
        wish: call.wish,
        totalMs: this.time.totalMs,
        fallbackPolicy,
        hedge: parts.hedging?.policyFor(call, exchange),
        watcher: this,
      },
      parts,
    );
  }

  serves(candidate: Candidate, sent: Sent): void {
    this.current = sent.attempt;
    this.exchange.sentWarnings = sent.warnings;
    this.call.onSent?.({ connection: candidate.connection.id, keepsAnswer: sent.keepsAnswer });
  }

  /**
   * Has an upstream accepted the stream and then said nothing for a keepalive's time? Then the head goes out with a
   * comment, so that nothing between us and the client gives up. A fallback stays possible until the first content. Undefined: it has.
   */
  private answerUnlessSilent(loop: Promise<Answered<Sent>>): Promise<Answered<Sent> | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.parts.keepAlive.remind(() => {
        if (this.current?.streaming !== true) return;
        cancel();
        resolve(undefined);
      });
      loop.then(
        (answered) => {
          cancel();
          resolve(answered);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
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
    exchange.attempted(recordOf(candidate, sent.attempt));
    const usage = wholeUsage(opened.facts, call.wish, candidate);
    const body = this.encodeWhole(sent, opened);
    if (this.miss !== undefined) this.keepInCache(() => sent.upstreamDialect.decodeResponse(opened.json(), sent.decode));
    this.time.cancel();
    const headers = answerHeaders({ exchange, candidate, upstreamHeaders: opened.headers, costNanoUsd: exchange.costOf(usage) });
    headers.push('content-type', call.chat.stream ? streamType(call.chat.dialect) : 'application/json');
    exchange.settle({ status: 200, usage, finish: opened.facts.finish });
    this.rememberSession(usage);
    return { kind: 'whole', status: 200, headers, body };
  }

  /** Same dialect: the provider's bytes as they came. A whole answer to a caller that wants a stream is replayed as one. */
  private encodeWhole(sent: Sent, opened: WholeOpened): Buffer | string {
    const { chat } = this.call;
    if (!chat.stream && sent.passesBytes) return opened.body;
    const response = sent.upstreamDialect.decodeResponse(opened.json(), sent.decode);
    return encodeAnswer(response, chat, { warnings: sent.warnings, callerBody: sent.callerBody() });
  }

  private streamReply(answering: Answering, headers: string[]): Reply {
    headers.push('content-type', streamType(this.call.chat.dialect), 'cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no');
    return { kind: 'stream', status: 200, headers, pipe: (sink) => this.pipe(answering, sink) };
  }

  /** Never rejects: a stream that has begun ends in a legal terminal event and one entry. */
  private async pipe(answering: Answering, sink: ReplySink): Promise<void> {
    const { call, parts, exchange } = this;
    const { dialect } = call.chat;
    const recorded = this.miss === undefined ? undefined : new RecordingSink(sink);
    const watched = parts.keepAlive.watch(recorded ?? sink, dialect.keepAliveFrame);
    let failure: GatewayError | undefined;
    let encodeFailure: Sent['encodeFailure'];
    let outcome: Outcome;
    try {
      const { candidate, sent, opened } = answering instanceof Promise ? await answering : answering;
      encodeFailure = sent.encodeFailure;
      if (opened.kind === 'whole') {
        exchange.attempted(recordOf(candidate, sent.attempt));
        watched.write(this.encodeWhole(sent, opened));
        outcome = { status: 200, usage: wholeUsage(opened.facts, call.wish, candidate), finish: opened.facts.finish };
      } else {
        failure = await this.relay(sent, watched);
        const rest = failure === undefined ? undefined : await this.goOn({ candidate, sent, failure }, watched);
        if (rest !== undefined) failure = rest.failure;
        const facts = rest ?? sent.attempt.streamFacts;
        const usageOf = failure === undefined ? streamUsage : brokenUsage;
        const usage = rest?.usage ?? usageOf(sent.attempt.streamFacts, call.wish, candidate);
        if (rest === undefined) {
          const record = recordOf(candidate, sent.attempt, failure);
          if (failure === undefined || failure.code === 'client_gone') exchange.attempted(record);
          else exchange.failedAttempt(record, usage);
        } else this.dropFlight();
        outcome = { status: endStatus(failure), usage, error: failure, finish: facts?.finish, costNanoUsd: rest?.costNanoUsd };
      }
    } catch (thrown) {
      failure = toGatewayError(thrown);
      outcome = { status: endStatus(failure), error: failure };
    }
    // Nobody who waits for the end of a stream waits for its entry.
    if (failure === undefined) watched.end();
    exchange.settle(outcome);
    this.time.cancel();
    if (failure !== undefined) {
      this.miss?.flight.drop();
      watched.end(encodeFailure?.(failure, call.requestId) ?? dialect.encodeErrorFrame(failure, call.requestId), true);
      return;
    }
    if (outcome.usage !== undefined) this.rememberSession(outcome.usage);
    if (recorded === undefined) this.miss?.flight.drop();
    else this.keepInCache(() => recorded.answer(dialect));
  }

  /** A budget had room for a cheaper model only. */
  private replan(plan: Plan): Plan {
    this.exchange.planned(plan.decision);
    this.exchange.warnings = plan.warnings;
    return plan;
  }

  /** The caller may use what the plan holds, so it may see what such a model has answered it before. */
  private async fromCache(plan: Plan): Promise<Reply | undefined> {
    const { call, exchange } = this;
    const step = await lookUp(call, this.parts.cache);
    if (step.kind === 'none') return undefined;
    if (step.kind === 'miss') {
      if (step.ttlMs > 0) exchange.cache = 'miss';
      this.miss = step;
      return undefined;
    }
    const { answer } = step;
    const candidate = plan.candidates.find(({ offer }) => offer.canonicalId === answer.model) ?? plan.candidates[0];
    if (candidate !== undefined) countAnswered(candidate, { call, exchange }, this.parts);
    exchange.cache = 'hit';
    exchange.candidate = candidate;
    const warnings: Warning[] = [];
    const body = encodeAnswer(answer.response, call.chat, { warnings, callerBody: readCallerBody(call.chat) });
    exchange.sentWarnings = warnings;
    this.time.cancel();
    const ageSeconds = Math.max(0, Math.round((this.parts.clock.wallMs() - answer.storedMs) / 1_000));
    const headers = answerHeaders({ exchange, candidate, costNanoUsd: 0 });
    headers.push('age', String(ageSeconds), 'content-type', call.chat.stream ? streamType(call.chat.dialect) : 'application/json');
    exchange.settle({ status: 200, usage: noUsage, costNanoUsd: 0 });
    return { kind: 'whole', status: 200, headers, body };
  }

  private keepInCache(read: () => ChatResponse | undefined): void {
    const { miss, parts, exchange } = this;
    if (miss !== undefined && exchange.candidate !== undefined)
      keepAnswer(miss, { offer: exchange.candidate.offer, clock: parts.clock }, read);
  }

  private assertNoLoop(): void {
    const { sessionId, principal, chat } = this.call;
    if (sessionId === undefined || this.parts.runaway === undefined) return;
    this.parts.runaway.check(`${principal.id}\n${sessionId}`, checksum(chat.outline.bytes));
  }

  /** The next turn of the conversation finds its prompt in the cache of who served this one. */
  private rememberSession(usage: Usage): void {
    const { candidate } = this.exchange;
    if (this.session === undefined || candidate === undefined) return;
    this.parts.sessions?.note(this.session, candidate, inputTotal(usage) + outputTotal(usage));
  }

  private async relay(sent: Sent, sink: ReplySink): Promise<GatewayError | undefined> {
    const { interruption } = this.call;
    interruption.onInterrupt(sent.attempt);
    sent.attempt.attach(sink);
    const { failure } = await sent.attempt.ended();
    interruption.offInterrupt(sent.attempt);
    return failure;
  }

  /** Undefined: the stream ends where it broke off. */
  private goOn(broken: Broken, sink: ReplySink): Promise<Ended | undefined> | undefined {
    return this.continuation?.goOn(broken, { sink, relay: (sent, to) => this.relay(sent, to) });
  }

  /** What two models wrote together is neither's answer to the same question. */
  private dropFlight(): void {
    this.miss?.flight.drop();
    this.miss = undefined;
  }
}
