// A chat request as routing needs it: the caller's body, and what it becomes for one candidate.
// Same dialect: the caller's bytes with declared edits. Another dialect: decoded once, encoded per candidate.
import type { Candidate } from '../brain/decision.ts';
import type { ChatRequest, DialectId } from '../canonical/chat.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { asObject, type JsonObject, parseJson } from '../core/json.ts';
import type { Outline } from '../core/json-outline.ts';
import type { ClientDialect, DecodeOptions, UpstreamDialect } from '../dialects/dialect.ts';
import { editBody } from '../providers/edit-body.ts';
import { editObject } from '../providers/edit-object.ts';
import { fillTemplate } from '../providers/fill-template.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';
import { Attempt } from './attempt.ts';
import { createPassThrough, createTranslation, type StreamRelay } from './stream-relay.ts';
import type { ReadyChatEndpoint, Upstream } from './upstreams.ts';

export interface ChatCall {
  readonly dialect: ClientDialect;
  readonly outline: Outline;
  readonly stream: boolean;
  /** The caller wants the usage chunk. */
  readonly includeUsage: boolean;
  /** Name of the model as the caller wrote it. */
  readonly requestedModel: string;
  /** Members of the body that are the gateway's own. */
  readonly gatewayMembers: ReadonlySet<string>;
  /** Caller's headers that an upstream of the same dialect may see (`anthropic-beta` …), lower case. */
  readonly forwardHeaders: readonly (readonly [name: string, value: string])[];
  /** Header for the simulator alone. */
  readonly demoHeader?: string;
}

export interface ChatLimits {
  readonly frameBytes: number;
  readonly answerBytes: number;
  readonly streamBufferBytes: number;
}

export interface ChatCallerOptions {
  readonly dialectOf: (id: DialectId) => UpstreamDialect;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly limits: ChatLimits;
  readonly clock: Clock;
}

/** What was sent for a candidate, kept to read its answer. */
export interface Sent {
  readonly attempt: Attempt;
  readonly upstreamDialect: UpstreamDialect;
  readonly decode: DecodeOptions;
  readonly warnings: Warning[];
  /** The answer's bytes go to the caller as they are. */
  readonly passesBytes: boolean;
}

/** Starts attempts of one exchange; made per exchange, because it remembers the decoded request. */
export class ChatCaller {
  private readonly call: ChatCall;
  private readonly options: ChatCallerOptions;
  private decoded: ChatRequest | undefined;
  /** What the caller's own grammar could not say in canonical words. */
  private readonly lost: Warning[] = [];

  constructor(call: ChatCall, options: ChatCallerOptions) {
    this.call = call;
    this.options = options;
  }

  /** The request in canonical form; decoding the body at the first need. */
  canonical(): ChatRequest {
    this.decoded ??= this.call.dialect.decodeRequest(this.parsedBody(), this.lost);
    return this.decoded;
  }

  start(candidate: Candidate): Sent {
    const upstream = this.options.upstreams.get(candidate.connection.id);
    if (upstream === undefined)
      throw new GatewayError('model_not_configured', `connection ${candidate.connection.id} is no longer configured`);
    const ready = upstream.chatEndpoint(this.call.dialect.id, candidate.wireId);
    if (ready === undefined) {
      throw new GatewayError('unsupported_capability', `${candidate.offer.providerId} does not chat; name a model that does`, {
        param: 'model',
      });
    }
    const dialect = this.options.dialectOf(ready.endpoint.dialect);
    const passesBytes = this.passesBytes(dialect);
    const prepared = passesBytes ? this.passOn(candidate, ready) : this.translate(candidate, ready, dialect);
    const decode = this.decodeOptions(candidate, upstream, prepared.decode);
    const relay = this.call.stream ? this.createRelay(dialect, { decode, warnings: prepared.warnings, passesBytes }) : undefined;
    const attempt = new Attempt({
      dispatcher: upstream.dispatcher,
      request: this.upstreamRequest(upstream, ready, { body: prepared.body, wireId: candidate.wireId }),
      readAnswer: (json) => dialect.readAnswerFacts(json, decode),
      ...(passesBytes && { scanAnswer: (bytes: Buffer) => dialect.scanAnswer?.(bytes, decode) }),
      decodeError: (reply) => dialect.decodeError(reply),
      ...(relay !== undefined && { relay }),
      ...(dialect.framing !== undefined && { streamContentType: dialect.framing.contentType }),
      maxAnswerBytes: this.options.limits.answerBytes,
      maxBufferedBytes: this.options.limits.streamBufferBytes,
      clock: this.options.clock,
      secrets: upstream.secrets,
    });
    return { attempt, upstreamDialect: dialect, decode, warnings: prepared.warnings, passesBytes };
  }

  /** Same grammar on both sides, in a form that can be watched as it passes. */
  private passesBytes(upstream: UpstreamDialect): boolean {
    const { dialect, stream } = this.call;
    return (
      upstream.id === dialect.id && (!stream || (upstream.createStreamWatcher !== undefined && dialect.streamContentType === undefined))
    );
  }

  private passOn(candidate: Candidate, ready: ReadyChatEndpoint): Prepared {
    const edited = editBody({
      outline: this.call.outline,
      endpoint: ready.endpoint,
      model: candidate.wireId,
      traits: candidate.offer.traits,
      remove: this.call.gatewayMembers,
      maxOutputTokens: candidate.offer.maxOutputTokens,
    });
    return { body: edited.body, warnings: [...edited.warnings], decode: {} };
  }

  private translate(candidate: Candidate, ready: ReadyChatEndpoint, dialect: UpstreamDialect): Prepared {
    const { offer } = candidate;
    const encoded = dialect.encodeRequest(this.canonical(), {
      model: candidate.wireId,
      traits: offer.traits,
      ...(offer.maxOutputTokens !== undefined && { maxOutputTokens: offer.maxOutputTokens }),
      ...(offer.supports.reasoning !== undefined && { reasoning: offer.supports.reasoning }),
    });
    const edited = editObject({
      body: encoded.body,
      endpoint: ready.endpoint,
      model: candidate.wireId,
      traits: offer.traits,
      maxOutputTokens: offer.maxOutputTokens,
    });
    return {
      body: Buffer.from(JSON.stringify(edited.body)),
      warnings: [...this.lost, ...encoded.warnings, ...edited.warnings],
      decode: { ...encoded.rewrites, ...(edited.repeatedPrefix !== undefined && { repeatedPrefix: edited.repeatedPrefix }) },
    };
  }

  private createRelay(
    dialect: UpstreamDialect,
    { decode, warnings, passesBytes }: { readonly decode: DecodeOptions; readonly warnings: Warning[]; readonly passesBytes: boolean },
  ): StreamRelay {
    const { call } = this;
    const maxFrameBytes = this.options.limits.frameBytes;
    if (passesBytes && dialect.createStreamWatcher !== undefined) {
      const watcher = dialect.createStreamWatcher({ includeUsage: call.includeUsage, decode });
      return createPassThrough(watcher, { maxFrameBytes });
    }
    return createTranslation({
      upstream: dialect,
      client: call.dialect,
      decode,
      includeUsage: call.includeUsage,
      model: call.requestedModel,
      maxFrameBytes,
      warnings,
    });
  }

  private upstreamRequest(
    upstream: Upstream,
    ready: ReadyChatEndpoint,
    { body, wireId }: { readonly body: Buffer; readonly wireId: string },
  ): UpstreamRequest {
    const headers = [...upstream.headers];
    if (ready.endpoint.dialect === this.call.dialect.id) {
      for (const [name, value] of this.call.forwardHeaders) replaceHeader(headers, name, value);
    }
    if (upstream.definition.builtIn && this.call.demoHeader !== undefined) headers.push('x-mpc-demo', this.call.demoHeader);
    const path = this.call.stream ? ready.streamPath : ready.path;
    return {
      method: 'POST',
      path: ready.namesModel ? fillTemplate(path, { model: wireId }) : path,
      headers,
      body,
      firstByteMs: this.call.stream ? upstream.timeouts.firstByteMs : upstream.timeouts.wholeFirstByteMs,
      idleMs: upstream.timeouts.idleMs,
    };
  }

  private decodeOptions(candidate: Candidate, upstream: Upstream, rewrites: DecodeOptions): DecodeOptions {
    const { traits } = candidate.offer;
    const { usage } = upstream.definition;
    const outside = usage?.reasoningOutsideOutput;
    const reasoningOutsideOutput =
      (typeof outside === 'function' ? outside(candidate.wireId) : outside) || traits.has('reasoning-outside-output');
    return {
      ...rewrites,
      ...(traits.has('think-tags') && { thinkTags: true }),
      ...(reasoningOutsideOutput && { reasoningOutsideOutput: true }),
      ...(usage?.cost !== undefined && { cost: usage.cost }),
    };
  }

  private parsedBody(): JsonObject {
    const { bytes, start, end } = this.call.outline;
    const body = asObject(parseJson(bytes.toString('utf8', start, end))) ?? {};
    // The gateway's own members are no dialect's: left in, each would come back as a warning that it was dropped.
    return Object.fromEntries(Object.entries(body).filter(([key]) => !this.call.gatewayMembers.has(key)));
  }
}

interface Prepared {
  readonly body: Buffer;
  readonly warnings: Warning[];
  readonly decode: DecodeOptions;
}

function replaceHeader(headers: string[], name: string, value: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) {
      headers[i + 1] = value;
      return;
    }
  }
  headers.push(name, value);
}
