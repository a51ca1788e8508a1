// One HTTP request and its answer, as routes see it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { failures, GatewayError, toGatewayError } from '../core/errors.ts';
import type { AnswerRecord } from '../ledger/idempotency/idempotency.ts';
import type { Principal, ReplySink } from '../gateway/call.ts';
import { Interruption } from '../gateway/interruption.ts';
import { anthropicGrammar, type ErrorGrammar } from './error-grammar.ts';

const oneWriteBytes = 16 * 1024;

export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  /** Monotonic and epoch milliseconds. */
  readonly arrivedMs: number;
  readonly arrivedWallMs: number;
  /** The path as matched, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Named segments of the route's pattern. */
  readonly params: Readonly<Record<string, string>>;
  readonly grammar: ErrorGrammar;
  readonly interruption = new Interruption();
  principal: Principal = { id: 'open' };
  /** Told of the answer as it goes out, so that it can be given again. */
  recorder: AnswerRecord | undefined;
  authMs = 0;

  constructor(options: CallOptions) {
    this.request = options.request;
    this.response = options.response;
    this.id = options.id;
    this.arrivedMs = options.arrivedMs;
    this.arrivedWallMs = options.arrivedWallMs;
    this.path = options.path;
    this.query = options.query;
    this.params = options.params;
    this.grammar = options.grammar;
    // `request` closes as soon as its body is read; only the response tells that the client is gone.
    this.response.on('close', () => {
      if (!this.response.writableFinished) {
        this.interruption.interrupt(new GatewayError('client_gone', 'the client closed the connection before the answer was complete'));
      }
    });
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Our id under every name that a client of this grammar looks for it: Anthropic's SDKs show `request-id` only. */
  #idHeaders(): string[] {
    const headers = ['x-request-id', this.id, 'x-litellm-call-id', this.id];
    return this.grammar === anthropicGrammar ? [...headers, 'request-id', this.id] : headers;
  }

  json(status: number, value: unknown, headers: readonly string[] = []): void {
    this.bytes(status, JSON.stringify(value), ['content-type', 'application/json', ...headers]);
  }

  bytes(status: number, body: Buffer | string, headers: readonly string[]): void {
    const { response } = this;
    if (response.headersSent || response.destroyed) return;
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    response.writeHead(status, this.#idHeaders().concat('content-length', String(length), headers));
    if (this.recorder !== undefined) {
      this.recorder.head(status, headers, false);
      this.recorder.write(body);
      this.recorder.end();
    }
    if (this.request.method === 'HEAD') response.end();
    // Head and body as one string are one write; a buffer would be a second piece of a gathering write, which costs more.
    else if (typeof body !== 'string' && length <= oneWriteBytes) response.end(body.toString('latin1'), 'latin1');
    else response.end(body);
  }

  /** The failure in the caller's own grammar. */
  fail(thrown: unknown, headers: readonly string[] = []): void {
    const error = toGatewayError(thrown);
    const { status, body } = this.grammar(error, this.id);
    this.json(status, body, [...headers, ...errorHeaders(error)]);
  }

  /** Sends the head of a stream; what follows goes to the sink. */
  startStream(status: number, headers: readonly string[]): ReplySink {
    const { response } = this;
    response.writeHead(status, [...this.#idHeaders(), ...headers]);
    const { recorder } = this;
    if (recorder !== undefined) return this.#recordedStream(recorder, { status, headers });
    return {
      write: (bytes) => response.destroyed || response.write(bytes),
      onDrain: (callback) => response.once('drain', callback),
      end: (bytes) => {
        response.end(bytes);
      },
      abort: () => {
        response.destroy();
      },
    };
  }

  /** What a reader that is gone has not got is not given again, so only a stream that was taken to its end is kept. */
  #recordedStream(recorder: AnswerRecord, head: { readonly status: number; readonly headers: readonly string[] }): ReplySink {
    const { response } = this;
    recorder.head(head.status, head.headers, true);
    return {
      write(bytes) {
        recorder.write(bytes);
        return response.destroyed || response.write(bytes);
      },
      onDrain: (callback) => response.once('drain', callback),
      end(bytes, broken) {
        if (bytes !== undefined) recorder.write(bytes);
        if (broken === true) recorder.abandon();
        else recorder.end();
        response.end(bytes);
      },
      abort() {
        recorder.abandon();
        response.destroy();
      },
    };
  }
}

export interface CallOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly arrivedMs: number;
  readonly arrivedWallMs: number;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly grammar: ErrorGrammar;
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
