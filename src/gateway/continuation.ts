// A stream that broke off after content goes on: another candidate (or the same one, once) is told what was said and writes the rest,
// through the encoder that the answer was begun with. What does not fit ends as it would have without this: in the error event.
import type { Candidate } from '../brain/decision.ts';
import { estimateTokens } from '../canonical/estimate.ts';
import { eventsOf } from '../canonical/replay.ts';
import type { Usage } from '../canonical/usage.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import { costOf } from '../ledger/cost.ts';
import { type Answered, recordOf, runAttempts } from '../routing/attempt-loop.ts';
import type { ChatCaller } from '../routing/chat-caller.ts';
import type { FallbackPolicy } from '../routing/fallback-policy.ts';
import type { Sent } from '../routing/sent.ts';
import type { ChatRequestCall, ReplySink } from './call.ts';
import { brokenUsage, streamUsage, wholeUsage } from './chat-usage.ts';
import { type Bill, billOf, withPart } from './continued-bill.ts';
import type { Exchange } from './exchange.ts';
import { covers } from './hold-money.ts';
import type { GatewayParts } from './parts.ts';

/** Past these a caller is better off with an error: each sends the prompt again. */
const maxContinuations = 2;

export interface ContinuableCall {
  readonly call: ChatRequestCall;
  readonly exchange: Exchange;
  readonly candidates: readonly Candidate[];
  readonly caller: ChatCaller;
  readonly fallbackPolicy: FallbackPolicy | undefined;
  /** Monotonic time after which nothing more is started. */
  readonly deadlineMs: number;
}

/** Undefined: nobody could go on with this answer, so it is passed on as if there were no such thing. */
export function createContinuation(made: ContinuableCall, parts: GatewayParts): Continuation | undefined {
  return made.candidates.some(takesPrefill) && made.caller.allowContinuing() ? new Continuation(made, parts) : undefined;
}

/** What a provider does with a beginning is known of its own API, not of what a reseller makes of it. */
function takesPrefill({ offer, connection }: Candidate): boolean {
  return offer.prefill !== undefined && connection.provider === offer.provider;
}

export interface Part {
  readonly candidate: Candidate;
  readonly sent: Sent;
}

/** A part that did not come to its end. */
export interface Broken extends Part {
  readonly failure: GatewayError;
}

/** Where the answer goes, and how. */
export interface StreamTools {
  readonly sink: ReplySink;
  /** Passes the stream on to its end; answers why it broke off. */
  readonly relay: (sent: Sent, sink: ReplySink) => Promise<GatewayError | undefined>;
}

/** How the answer ended, its attempts being recorded. */
export interface Ended {
  readonly failure: GatewayError | undefined;
  readonly usage: Usage;
  readonly costNanoUsd: number | null;
  readonly finish: string | undefined;
}

/** What one part came to. */
interface Outcome extends Part {
  readonly failure: GatewayError | undefined;
  readonly usage: Usage;
}

export class Continuation {
  private readonly made: ContinuableCall;
  private readonly parts: GatewayParts;
  /** Each is asked to go on once. */
  private readonly asked = new Set<Candidate>();

  constructor(made: ContinuableCall, parts: GatewayParts) {
    this.made = made;
    this.parts = parts;
  }

  /** After `first` broke off. Undefined: nobody can go on, and nothing was done. */
  async goOn(first: Broken, tools: StreamTools): Promise<Ended | undefined> {
    const answer = first.sent.spoken?.answer;
    if (answer === undefined) return undefined;
    let last = this.read(first, tools);
    if (last.failure !== undefined && this.candidatesAfter(last, answer.text).length === 0) return undefined;
    let bill = billOf(last.usage, last.candidate);
    for (let count = 0; ; count += 1) {
      this.record(last, count > 0);
      const { failure } = last;
      const text = answer.text;
      if (failure === undefined || failure.code === 'client_gone' || text === undefined || count === maxContinuations) {
        return this.end(last, bill);
      }
      this.made.exchange.brokeOff(failure.code);
      const answered = await this.ask(last, text, bill);
      if (answered === undefined) return this.end({ ...last, failure: this.made.call.interruption.error ?? failure }, bill);
      this.announce(answered, last, tools.sink);
      last = this.withBeginning(await this.say(answered, tools), text);
      bill = withPart(bill, { ...last, maxOutputTokens: this.made.call.wish.maxOutputTokens });
    }
  }

  /** Who may go on, in the order of the plan; who broke off comes last. */
  private candidatesAfter({ candidate: broken, failure }: Outcome, text: string | undefined): readonly Candidate[] {
    const { candidates, fallbackPolicy, call } = this.made;
    if (failure === undefined || text === undefined || failure.retry === 'never' || call.interruption.error !== undefined) return [];
    const tokens = call.wish.contextTokens + estimateTokens(text.length);
    const others = fallbackPolicy?.takesOver(failure.code) === false ? [] : candidates.filter((candidate) => candidate !== broken);
    return [...others, broken].filter(
      (candidate) =>
        !this.asked.has(candidate) &&
        (takesPrefill(candidate) || text.trim() === '') &&
        (candidate.offer.contextTokens ?? Number.POSITIVE_INFINITY) > tokens,
    );
  }

  /** The first that begins to answer; undefined = nobody does, or the exchange was interrupted. */
  private async ask(broken: Outcome, text: string, bill: Bill): Promise<Answered<Sent> | undefined> {
    const { call, exchange, caller } = this.made;
    const { connections, retry, clock, random } = this.parts;
    const answer = broken.sent.spoken?.answer;
    if (answer === undefined) return undefined;
    const wish = { ...call.wish, contextTokens: call.wish.contextTokens + estimateTokens(text.length) };
    for (const candidate of this.candidatesAfter(broken, text)) {
      const gate = connections.gateOf(candidate);
      if (gate.waitMs() > 0 || clock.monotonicMs() >= this.made.deadlineMs) continue;
      if (!covers(exchange.hold, candidate, { wish, besidesNanoUsd: bill.costNanoUsd ?? 0 })) continue;
      // Another call to a connection that this exchange has troubled already is a retry to it.
      const isRetry = exchange.attempts.some(({ connection }) => connection === candidate.connection.id);
      if (isRetry && !gate.connection.retries.spend()) continue;
      this.asked.add(candidate);
      try {
        return await runAttempts<Sent>({
          plan: [candidate],
          parts: { connections, clock, random, retry: { ...retry, attempts: 0 } },
          deadlineMs: this.made.deadlineMs,
          interruption: call.interruption,
          prepare: (one) => caller.prepare(one),
          start: (one) => caller.start(one, { answer, text, begun: bill.usage }),
          onFailed: (record, _error, { candidate: failed, sent }) =>
            exchange.failedAttempt({ ...record, continues: true }, sent.attempt.streamFacts?.usage, failed),
        });
      } catch {
        // It is recorded; the next one may do better.
        if (call.interruption.error !== undefined) return undefined;
      }
    }
    return undefined;
  }

  /** From here on the exchange is served by this candidate; where the grammar has comments, the stream says so. */
  private announce({ candidate, sent, gate }: Answered<Sent>, broken: Outcome, sink: ReplySink): void {
    const { call, exchange } = this.made;
    const message = `the answer of ${broken.candidate.offer.providerId} broke off (${broken.failure?.code}); ${candidate.offer.providerId} went on with it`;
    exchange.goesOn(candidate, gate);
    exchange.warnings = [...exchange.allWarnings(), { field: 'stream', kind: 'changed', message }];
    exchange.sentWarnings = sent.warnings;
    call.onSent?.({ connection: candidate.connection.id, keepsAnswer: false });
    if (call.chat.dialect.takesComments === true) {
      const { canonicalId } = candidate.offer;
      sink.write(`: mpc-continued model=${commentSafe(canonicalId)} provider=${candidate.connection.provider}\n\n`);
    }
  }

  private async say({ candidate, sent, opened }: Answered<Sent>, tools: StreamTools): Promise<Outcome> {
    if (opened.kind === 'stream') return this.read({ candidate, sent, failure: await tools.relay(sent, tools.sink) }, tools);
    // It has answered a stream request as a whole.
    const usage = wholeUsage(opened.facts, this.made.call.wish, candidate);
    try {
      let wire = '';
      for (const event of eventsOf(sent.upstreamDialect.decodeResponse(opened.json(), sent.decode))) wire += sent.spoken?.part.push(event);
      tools.sink.write(wire + (sent.spoken?.part.end() ?? ''));
      return { candidate, sent, usage, failure: undefined };
    } catch (thrown) {
      return { candidate, sent, usage, failure: toGatewayError(thrown) };
    }
  }

  /** What came of a part. One that broke off after its finish reason is whole. */
  private read(part: Part & { readonly failure: GatewayError | undefined }, tools: StreamTools): Outcome {
    let { failure } = part;
    const { spoken, attempt } = part.sent;
    if (failure !== undefined && spoken !== undefined && this.made.call.interruption.error === undefined) {
      const closing = spoken.relay.end();
      if (closing.bytes !== undefined && closing.bytes.length > 0) tools.sink.write(closing.bytes);
      if (closing.failure === undefined) failure = undefined;
    }
    const usageOf = failure === undefined ? streamUsage : brokenUsage;
    return { ...part, failure, usage: usageOf(attempt.streamFacts, this.made.call.wish, part.candidate) };
  }

  /** Our own estimate of a prompt knows nothing of the beginning that went with it. */
  private withBeginning(outcome: Outcome, text: string): Outcome {
    if (outcome.usage.source !== 'estimated' || outcome.sent.attempt.streamFacts?.usage !== undefined) return outcome;
    return { ...outcome, usage: { ...outcome.usage, input: outcome.usage.input + estimateTokens(text.length) } };
  }

  private record({ candidate, sent, failure, usage }: Outcome, continues: boolean): void {
    const { exchange } = this.made;
    const record = { ...recordOf(candidate, sent.attempt, failure), ...(continues && { continues }) };
    if (failure !== undefined && failure.code !== 'client_gone') return exchange.failedAttempt(record, usage, candidate);
    const { costNanoUsd } = costOf(usage, candidate.offer.price);
    // The entry's cost is that of the whole answer.
    exchange.attempted(continues && costNanoUsd !== null ? { ...record, costNanoUsd } : record);
  }

  private end({ sent, failure }: Outcome, bill: Bill): Ended {
    return { failure, ...bill, finish: sent.attempt.streamFacts?.finish };
  }
}

/** Models of open-ended servers have the names that callers give them. */
function commentSafe(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?');
}
