// A chat call that was sent: all that its attempt asks about the upstream, and what is kept to read the answer.
// One object with methods and no closures, because one is made for every call.
import type { Dispatcher } from 'undici';
import type { Candidate } from '../brain/decision.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Clock } from '../core/clock.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { AnswerFacts, DecodeOptions, ErrorReply, UpstreamDialect } from '../dialects/dialect.ts';
import type { ErrorRules } from '../providers/provider.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';
import { Attempt, type AttemptOptions } from './attempt.ts';
import { facadeMissing, lacksPath } from './missing-facade.ts';
import type { SpokenStream } from './spoken-stream.ts';
import type { StreamRelay } from './stream-relay.ts';
import type { ReadyChatEndpoint, Upstream } from './upstream.ts';

/** Who is called, and how it is spoken to. */
export interface Target {
  readonly candidate: Candidate;
  readonly upstream: Upstream;
  readonly ready: ReadyChatEndpoint;
  readonly dialect: UpstreamDialect;
}

/** What the call says, and what is known of its answer before it comes. */
export interface Outgoing {
  readonly request: UpstreamRequest;
  readonly decode: DecodeOptions;
  readonly warnings: Warning[];
  /** The answer's bytes go to the caller as they are. */
  readonly passesBytes: boolean;
  readonly relay: StreamRelay | undefined;
  /** Present: should the upstream break off, another may go on with it. */
  readonly spoken: SpokenStream | undefined;
}

/** What the calls of an exchange share. */
export interface Sender {
  readonly limits: ChatLimits;
  readonly clock: Clock;
  /** The caller's request, parsed at the first need. */
  parsedBody(): JsonObject;
}

export interface ChatLimits {
  readonly frameBytes: number;
  readonly answerBytes: number;
  readonly streamBufferBytes: number;
}

export class Sent implements AttemptOptions {
  readonly attempt: Attempt;
  private readonly target: Target;
  private readonly outgoing: Outgoing;
  private readonly sender: Sender;

  /** Sends it. */
  constructor(target: Target, outgoing: Outgoing, sender: Sender) {
    this.target = target;
    this.outgoing = outgoing;
    this.sender = sender;
    this.attempt = new Attempt(this);
  }

  // what reads the answer

  get upstreamDialect(): UpstreamDialect {
    return this.target.dialect;
  }

  get decode(): DecodeOptions {
    return this.outgoing.decode;
  }

  get warnings(): Warning[] {
    return this.outgoing.warnings;
  }

  get passesBytes(): boolean {
    return this.outgoing.passesBytes;
  }

  /** The upstream keeps the answer under the id that the caller sees. */
  get keepsAnswer(): boolean {
    return this.outgoing.passesBytes && this.target.ready.keepsAnswers;
  }

  /** The terminal frames of a stream that failed, where they continue what was said. */
  get encodeFailure(): ((error: GatewayError, requestId: string) => string) | undefined {
    return this.outgoing.relay?.encodeFailure;
  }

  get spoken(): SpokenStream | undefined {
    return this.outgoing.spoken;
  }

  callerBody(): JsonObject {
    return this.sender.parsedBody();
  }

  // what the attempt asks

  get dispatcher(): Dispatcher {
    return this.target.upstream.dispatcher;
  }

  get request(): UpstreamRequest {
    return this.outgoing.request;
  }

  get relay(): StreamRelay | undefined {
    return this.outgoing.relay;
  }

  get streamContentType(): string | undefined {
    return this.target.dialect.framing?.contentType;
  }

  get errorRules(): ErrorRules | undefined {
    return this.target.upstream.definition.errors;
  }

  get secrets(): readonly string[] {
    return this.target.upstream.secrets;
  }

  get maxAnswerBytes(): number {
    return this.sender.limits.answerBytes;
  }

  get maxBufferedBytes(): number {
    return this.sender.limits.streamBufferBytes;
  }

  get clock(): Clock {
    return this.sender.clock;
  }

  readAnswer(json: JsonValue): AnswerFacts {
    return this.target.dialect.readAnswerFacts(json, this.outgoing.decode);
  }

  scanAnswer(bytes: Buffer): AnswerFacts | undefined {
    return this.outgoing.passesBytes ? this.target.dialect.scanAnswer?.(bytes, this.outgoing.decode) : undefined;
  }

  decodeError(reply: ErrorReply): GatewayError {
    const { candidate, upstream, ready, dialect } = this.target;
    if (!ready.mayBeMissing || candidate.offer.traits.has('responses-only') || !lacksPath(reply)) return dialect.decodeError(reply);
    upstream.missesEndpoint(ready);
    return facadeMissing(ready.path, reply);
  }
}
