// The contract of a task grammar (embeddings, rerank, images, speech …): wire ⇄ canonical, pure. A grammar implements the side
// it is used on: `decodeRequest`/`encodeResponse` for clients, `encodeRequest`/`decodeResponse` for upstreams.
import type { TaskDialectId, TaskId, TaskRequest, TaskResponse, UploadedFile } from '../canonical/tasks.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { GatewayError } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { AnswerFacts, ErrorReply } from './dialect.ts';

export interface TaskDialect<Request extends TaskRequest = TaskRequest, Response extends TaskResponse = TaskResponse> {
  readonly id: TaskDialectId;
  readonly tasks: readonly TaskId[];

  /** A client's body → canonical. `files` holds the file parts of a multipart body by field name, its text parts are members of `body`. */
  decodeRequest?(body: JsonObject, context: TaskDecodeContext): Request;
  /** Canonical → the client's body. */
  encodeResponse?(response: Response, context: { readonly request: Request; readonly warnings: Warning[] }): EncodedAnswer;

  encodeRequest?(request: Request, target: TaskTarget): EncodedTask;
  /** Throws `upstream_bad_reply` when it is no answer of this grammar. Not called for answers that are bytes (speech). */
  decodeResponse?(body: JsonValue, context: { readonly request: Request; readonly model: string }): Response;
  /** A whole answer that is not JSON (a picture) → canonical. Absent: such an answer is no answer of this grammar. */
  decodeBytes?(data: Buffer, context: { readonly request: Request; readonly model: string; readonly contentType: string }): Response;
  /** What accounting needs from an answer that passes as bytes, without decoding all of it. Absent: `decodeResponse` tells. */
  readAnswerFacts?(body: JsonValue): AnswerFacts;
  /** How a stream of server-sent events in this grammar is understood as it passes. Absent: it has none. */
  readonly events?: TaskEvents;
  /** What an answer of bytes (speech, an image) used, known from the request; usually characters or seconds. */
  usageOf?(request: Request): Usage;
  /** Absent: OpenAI's error form, read leniently. */
  decodeError?(reply: ErrorReply): GatewayError;
}

export interface TaskEvents {
  /** The event that completes the answer; a stream that ends without it was cut off. */
  isLast(event: JsonObject): boolean;
  usageOf(event: JsonObject): Usage | undefined;
}

export interface TaskDecodeContext {
  readonly task: TaskId;
  readonly warnings: Warning[];
  readonly files: Readonly<Record<string, readonly UploadedFile[]>>;
}

export interface TaskTarget {
  /** The upstream's id of the model. */
  readonly model: string;
  readonly traits: ReadonlySet<string>;
}

export interface EncodedTask {
  readonly body:
    | { readonly kind: 'json'; readonly json: JsonObject }
    | { readonly kind: 'multipart'; readonly parts: readonly MultipartPart[] }
    | { readonly kind: 'bytes'; readonly data: Buffer; readonly contentType: string };
  readonly warnings: readonly Warning[];
  /** Fills `{name}` of the endpoint's path besides `{model}`: the voice of a speech call. */
  readonly pathValues?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** The answer is bytes of this kind (or whatever content type the upstream says), passed on as they come. */
  readonly answersBytes?: true;
  /** Flat name, value list of headers that this call needs (`Prefer: wait`). */
  readonly headers?: readonly string[];
}

export type MultipartPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | { readonly kind: 'file'; readonly name: string; readonly file: UploadedFile };

export type EncodedAnswer =
  | { readonly kind: 'json'; readonly json: JsonObject }
  | { readonly kind: 'text'; readonly text: string; readonly contentType: string };

/** A grammar only ever sees requests of its own task: routing asks it for nothing else. */
export function anyTask<Request extends TaskRequest, Response extends TaskResponse>(dialect: TaskDialect<Request, Response>): TaskDialect {
  return dialect as unknown as TaskDialect;
}
