// The contract of a chat dialect: wire grammar ⇄ canonical, pure and synchronous in both directions.
// Streams are push machines and not async generators: one frame in, events out, no promise per chunk
// (docs/decisions/0002-push-streams.md has the measurement).
import type { ChatEvent, ChatRequest, ChatResponse, ClientDialectId, DialectId } from '../canonical/chat.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { FrameParser, SseFrame } from '../framing/sse.ts';

/** What a grammar must be able to do for clients to speak it: requests in, answers, streams and errors out. */
export interface ClientDialect {
  readonly id: ClientDialectId;

  /**
   * Body → canonical. The body has passed `checkRequest`-level type checks already when it comes through the
   * server, but decoding never trusts that: wrong types are `invalid_request` naming the field. Unknown fields go to `extensions`;
   * what no upstream could be told is a warning.
   */
  decodeRequest(body: JsonObject, warnings?: Warning[]): ChatRequest;
  /** `callerBody` is the caller's request, for grammars whose answers repeat parts of it. */
  encodeResponse(response: ChatResponse, warnings: Warning[], callerBody?: JsonObject): JsonObject;
  createEventEncoder(options: EventEncoderOptions): EventEncoder;
  encodeError(error: GatewayError, requestId: string): JsonObject;
  /** The terminal frame of a stream that failed after content. */
  encodeErrorFrame(error: GatewayError, requestId: string): string;
  /** A comment or ping that keeps the connection alive and is its own frame; '' where the grammar has no such thing. */
  readonly keepAliveFrame: string;
  /** Its streams may carry comments: clients of this grammar pass over lines that begin with a colon. */
  readonly takesComments?: true;
  /** Content type of its streams when they are not server-sent events (`application/x-ndjson`). Such a stream is never passed through. */
  readonly streamContentType?: string;
}

/** What a grammar must be able to do for upstreams to speak it: requests out, answers, streams and errors in. */
export interface UpstreamDialect {
  readonly id: DialectId;

  /** Canonical → body for an upstream. What cannot be said is a warning. */
  encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded;

  /**
   * A whole answer → canonical. Throws `upstream_bad_reply` when it is not one, or the decoded error of a 200-with-error body.
   * `options` carries what `encodeRequest` of the same call answered as `rewrites`, and what is known about the model.
   */
  decodeResponse(body: JsonValue, options?: DecodeOptions): ChatResponse;
  createEventDecoder(options?: DecodeOptions): EventDecoder;

  /** How its streams are cut into frames; absent = server-sent events. */
  readonly framing?: UpstreamFraming;
  /** Watches a stream that is passed on as bytes. Absent: its streams are always translated, even to a client of the same dialect. */
  createStreamWatcher?(options: StreamWatcherOptions): StreamWatcher;
  /** Reads what accounting needs from a whole answer that is passed on as bytes; throws as `decodeResponse` does. */
  readAnswerFacts(body: JsonValue, options?: DecodeOptions): AnswerFacts;
  /** The same from the bytes, when the answer is an ordinary one; undefined = it must be parsed to know. */
  scanAnswer?(bytes: Buffer, options: DecodeOptions): AnswerFacts | undefined;

  /** A non-2xx answer (or an error object found in a 200) → the failure. `body` is undefined when it was not JSON; then `text` has its beginning. */
  decodeError(reply: ErrorReply): GatewayError;
}

/** A grammar for both sides. */
export interface ChatDialect extends ClientDialect, UpstreamDialect {
  readonly id: Extract<ClientDialectId, DialectId>;
  createStreamWatcher(options: StreamWatcherOptions): StreamWatcher;
}

export interface UpstreamFraming {
  /** Occurs in the content type of a stream: `vnd.amazon.eventstream`. */
  readonly contentType: string;
  createFrameParser(options: { readonly maxFrameBytes: number }): FrameParser;
}

/** What the encoder needs to know about the model it writes for. */
export interface EncodeTarget {
  /** The upstream's id of the model. */
  readonly model: string;
  /** Cap of the model's output, when the catalog knows it. */
  readonly maxOutputTokens?: number;
  /** False: the catalog says that the model cannot reason, so a wish for it would be refused. Undefined: unknown, the wish is sent. */
  readonly reasoning?: boolean;
  /** Model traits that change the wire, from the catalog (`traits` of the model): see `catalog/catalog.ts`. */
  readonly traits: ReadonlySet<string>;
}

export interface Encoded {
  readonly body: JsonObject;
  readonly warnings: readonly Warning[];
  /** Handed back to `decodeResponse` or `createEventDecoder` of the same call; absent = nothing to undo. */
  readonly rewrites?: AnswerRewrites;
}

/** What the request encoder changed and the answer's decoder must undo, so that the caller never sees it. */
export interface AnswerRewrites {
  /** JSON output was asked for through a forced tool of this name: its input is the answer's text. */
  readonly jsonTool?: string;
  /** Tool names the upstream's grammar refuses: name on the wire → the caller's name. */
  readonly toolNames?: ReadonlyMap<string, string>;
  /** The provider begins its answer with this text, which the caller sent as the beginning of it. */
  readonly repeatedPrefix?: string;
}

/** What the decoder of an answer has to know besides the answer: the request's rewrites and the model's habits. */
export interface DecodeOptions extends AnswerRewrites {
  /** The model writes its reasoning into the text as <think>…</think> (trait `think-tags`): split it out. */
  readonly thinkTags?: boolean;
  /** The provider's output total leaves reasoning tokens out (trait `reasoning-outside-output`): add them, unless its totals say otherwise. */
  readonly reasoningOutsideOutput?: boolean;
  /** The provider's own cost in nano-USD, read from its usage object; undefined = not told. */
  readonly cost?: (usage: JsonObject) => number | undefined;
}

export interface ErrorReply {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: JsonValue | undefined;
  readonly text: string;
}

export interface AnswerFacts {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly finish?: string | undefined;
  /** Characters of text, reasoning and tool arguments: the basis of an estimate when `usage` is missing. */
  readonly outputChars: number;
}

/** Frames of one upstream stream → events. Throws GatewayError for error frames, broken frames and an illegal order. */
export interface EventDecoder {
  push(frame: SseFrame, emit: (event: ChatEvent) => void): void;
  /** The bytes have ended. Throws `upstream_truncated` when no finish reason was seen. */
  end(emit: (event: ChatEvent) => void): void;
  /** The terminal event has been decoded: whatever the upstream still sends, and however long it keeps the connection, the answer is complete. */
  readonly done: boolean;
  /** What the provider has told so far, where it is emitted only at the end: of an answer that breaks off it is all there is. */
  readonly usage?: Usage | undefined;
}

export interface EventEncoderOptions {
  /** Name the caller asked for; used where the upstream gave no model name. */
  readonly model: string;
  readonly includeUsage: boolean;
  /** Collects what could not be said in this dialect. */
  readonly warnings: Warning[];
  /** The caller's request, for grammars whose answers repeat parts of it. */
  readonly callerBody?: JsonObject;
}

/** Events → wire text for the client. */
export interface EventEncoder {
  /** Complete frames, or '' when the event has no wire form of its own. */
  push(event: ChatEvent): string;
  /** The terminal frames after the last event. */
  end(): string;
  /** The terminal frames after a failure, in place of the dialect's `encodeErrorFrame`, where they continue what was said. */
  encodeFailure?(error: GatewayError, requestId: string): string;
}

export interface StreamWatcherOptions {
  /** Pass a usage-only chunk on (the client asked for it). */
  readonly includeUsage: boolean;
  /** How to read the usage that passes. */
  readonly decode?: DecodeOptions;
}

/**
 * Looks at the frames of a same-dialect stream as they pass. It sees complete frames only (the framing layer holds back
 * a partial tail) and answers the bytes to forward: usually the very same buffer.
 */
export interface StreamWatcher {
  /** `region` holds one or more complete frames, LF framing. Throws GatewayError at an error frame or a frame that is not JSON. */
  push(region: Buffer): WatchedRegion;
  /** The bytes have ended; throws `upstream_truncated` without a finish reason. Answers what must still be said to the client ('' mostly). */
  end(): string;
  readonly facts: StreamFacts;
  /** As an encoder's. */
  encodeFailure?(error: GatewayError, requestId: string): string;
}

export interface WatchedRegion {
  readonly forward: Buffer | undefined;
  /** Frames before this error are forwarded, then the failure is answered. */
  readonly failure?: GatewayError;
}

export interface StreamFacts {
  /** Content (text, reasoning, a tool call) has passed. */
  readonly content: boolean;
  readonly id?: string;
  readonly model?: string;
  readonly finish?: string;
  /** The terminal event has passed ([DONE], message_stop): what follows is not forwarded. */
  readonly done: boolean;
  readonly usage?: Usage;
  /** Bytes of the text that passed, without the frames around it: the basis of an estimate when `usage` is missing. */
  readonly contentBytes: number;
  readonly contentFrames: number;
}
