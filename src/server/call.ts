// One HTTP request and its answer, as routes see it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { atEndOfTurn } from '../core/end-of-turn.ts';
import { failures, GatewayError, toGatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { AnswerRecord } from '../ledger/idempotency/idempotency.ts';
import type { Principal, ReplySink } from '../gateway/call.ts';
import { Interruption } from '../gateway/interruption.ts';
import { anthropicGrammar, type ErrorGrammar } from './error-grammar.ts';
import { isOrdinary, packAnswer, packStreamHead, takeHead } from './pack-answer.ts';
import { endPacked, endWith, packedStream, recorded, streamAnswer } from './write-answer.ts';

/** Where a request goes, as far as the path says. */
export interface Address {
  /** The path as matched, without the query. */
  readonly path: string;
  /** Named segments of the route's pattern. */
  readonly params: Readonly<Record<string, string>>;
  readonly grammar: ErrorGrammar;
}

export interface Arrival {
  /** Monotonic and epoch milliseconds. */
  readonly arrivedMs: number;
  readonly arrivedWallMs: number;
  readonly address: Address;
}

const anonymous: Principal = Object.freeze({ id: 'open' });
const noQuery = new URLSearchParams();

export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id = newId('req');
  /** Monotonic and epoch milliseconds. */
  readonly arrivedMs: number;
  readonly arrivedWallMs: number;
  readonly interruption = new Interruption();
  principal = anonymous;
  /** Told of the answer as it goes out, so that it can be given again. */
  recorder: AnswerRecord | undefined;
  authMs = 0;
  private readonly address: Address;

  constructor(request: IncomingMessage, response: ServerResponse, { arrivedMs, arrivedWallMs, address }: Arrival) {
    this.request = request;
    this.response = response;
    this.arrivedMs = arrivedMs;
    this.arrivedWallMs = arrivedWallMs;
    this.address = address;
    // `request` closes as soon as its body is read; only the response tells that the client is gone.
    this.response.on('close', () => {
      if (!this.response.writableFinished) {
        this.interruption.interrupt(new GatewayError('client_gone', 'the client closed the connection before the answer was complete'));
      }
    });
  }

  get path(): string {
    return this.address.path;
  }

  get params(): Readonly<Record<string, string>> {
    return this.address.params;
  }

  get grammar(): ErrorGrammar {
    return this.address.grammar;
  }

  get query(): URLSearchParams {
    const { url = '/' } = this.request;
    const mark = url.indexOf('?');
    return mark === -1 ? noQuery : new URLSearchParams(url.slice(mark + 1));
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Our id under every name that a client of this grammar looks for it: Anthropic's SDKs show `request-id` only. */
  #ownFields(): string[] {
    const fields = ['x-request-id', this.id, 'x-litellm-call-id', this.id];
    if (this.grammar === anthropicGrammar) fields.push('request-id', this.id);
    return fields;
  }

  json(status: number, value: unknown, headers: readonly string[] = []): void {
    this.bytes(status, JSON.stringify(value), ['content-type', 'application/json', ...headers]);
  }

  bytes(status: number, body: Buffer | string, headers: readonly string[]): void {
    const { request, response, recorder } = this;
    if (response.headersSent || response.destroyed) return;
    const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const fields = [this.#ownFields(), ['content-length', String(bodyBytes)], headers];
    const packed = isOrdinary(request, response) ? packAnswer({ status, fields, body, bodyBytes }) : undefined;
    if (packed !== undefined && takeHead(response, status)) atEndOfTurn(() => endPacked(response, packed));
    else {
      response.writeHead(status, fields.flat());
      if (request.method === 'HEAD') response.end();
      else atEndOfTurn(() => endWith(response, body));
    }
    if (recorder === undefined) return;
    recorder.head(status, headers, false);
    recorder.write(body);
    recorder.end();
  }

  /** The failure in the caller's own grammar. */
  fail(thrown: unknown, headers: readonly string[] = []): void {
    const error = toGatewayError(thrown);
    const { status, body } = this.grammar(error, this.id);
    this.json(status, body, [...headers, ...errorHeaders(error)]);
  }

  /** Sends the head of a stream; what follows goes to the sink. */
  startStream(status: number, headers: readonly string[]): ReplySink {
    const answer = this.#streamAnswer(status, headers);
    const { recorder } = this;
    if (recorder === undefined) return answer;
    recorder.head(status, headers, true);
    return recorded(answer, recorder);
  }

  #streamAnswer(status: number, headers: readonly string[]): ReplySink {
    const { request, response } = this;
    const fields = [this.#ownFields(), headers];
    const head = isOrdinary(request, response) ? packStreamHead(status, fields) : undefined;
    if (head !== undefined && takeHead(response, status)) return packedStream(response, head);
    response.writeHead(status, fields.flat());
    return streamAnswer(response);
  }
}

function errorHeaders(error: GatewayError): string[] {
  const headers: string[] = [];
  const { retryAfterMs, extra } = error.details;
  if (error.details.headers !== undefined) headers.push(...error.details.headers);
  if (retryAfterMs !== undefined) {
    headers.push('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))), 'retry-after-ms', String(Math.ceil(retryAfterMs)));
  }
  // Retries and fallbacks are spent when an upstream's failure reaches the caller; an SDK that tries again only multiplies the load.
  // Over budget no retry helps either, however soon the client would like to try.
  if (error.code.startsWith('upstream_') || failures[error.code].status === 402) headers.push('x-should-retry', 'false');
  if (error.code === 'method_not_allowed' && typeof extra?.['allow'] === 'string') headers.push('allow', extra['allow']);
  if (error.code === 'missing_key' || error.code === 'invalid_key') headers.push('www-authenticate', 'Bearer');
  return headers;
}
