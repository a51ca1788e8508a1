// One HTTP call to an upstream as callbacks: the only place where bytes leave for and arrive from providers.
// Callbacks and not promises or web streams, because a stream of 100 chunks must not cost 100 promises.
import zlib from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Flat name, value, name, value … */
  readonly headers: readonly string[];
  /** Pieces are for uploads too large to hold; they can be sent once, and their bytes are valid only until the next but one is asked for. */
  readonly body?: Buffer | AsyncIterable<Buffer>;
  /** Until the head of the answer has come. */
  readonly firstByteMs: number;
  /** Between two pieces of the body, comments included. */
  readonly idleMs: number;
  /** Until the last byte; absent = as long as whoever asked has. */
  readonly totalMs?: number | undefined;
}

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface UpstreamListener {
  onHead(status: number, headers: UpstreamHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** Exactly one of onEnd and onFailure is called, once; nothing follows. */
  onFailure(error: GatewayError): void;
}

/** What the answer may weigh after its own compression is undone, as a ratio. */
const maxInflateRatio = 200;

export class UpstreamCall {
  private readonly listener: UpstreamListener;
  private readonly clock: Clock;
  private readonly startedMs: number;
  private controller: Dispatcher.DispatchController | undefined;
  private inflater: Inflater | undefined;
  private over = false;
  private aborted = false;
  /** Milliseconds from dispatch until the request could be written; undefined when no connection came about. */
  connectMs: number | undefined;
  /** Milliseconds from dispatch until the head of the answer. */
  firstByteMs: number | undefined;

  constructor(listener: UpstreamListener, clock: Clock) {
    this.listener = listener;
    this.clock = clock;
    this.startedMs = clock.monotonicMs();
  }

  send(dispatcher: Dispatcher, request: UpstreamRequest): void {
    try {
      dispatcher.dispatch(
        {
          method: request.method,
          path: request.path,
          headers: request.headers as string[],
          // Iterables are taken by the client, though its types do not say so.
          body: (request.body ?? null) as NonNullable<Dispatcher.DispatchOptions['body']> | null,
          headersTimeout: request.firstByteMs,
          bodyTimeout: request.idleMs,
        },
        this,
      );
    } catch (cause) {
      this.onResponseError(undefined, cause as Error);
    }
  }

  /** Closes the connection; the listener hears nothing more. */
  abort(): void {
    if (this.over) return;
    this.over = true;
    this.aborted = true;
    this.controller?.abort(new Error('aborted by the gateway'));
  }

  pause(): void {
    this.controller?.pause();
  }

  resume(): void {
    this.controller?.resume();
  }

  elapsedMs(): number {
    return this.clock.monotonicMs() - this.startedMs;
  }

  // undici's handler interface

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.connectMs = this.elapsedMs();
    // The client left while the call was still queued for a connection.
    if (this.aborted) controller.abort(new Error('aborted by the gateway'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    // Nobody reads them, and they would keep the network read that brought them for the length of the stream.
    controller.rawHeaders = null;
    if (this.over || status < 200) return;
    this.firstByteMs = this.elapsedMs();
    const encoding = headers['content-encoding'];
    if (typeof encoding === 'string' && encoding !== '' && encoding !== 'identity') this.inflater = this.createInflater(encoding);
    if (!this.over) this.listener.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    if (this.inflater === undefined) this.listener.onData(chunk);
    else this.inflater.write(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    if (this.inflater !== undefined) this.inflater.end();
    else this.finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(error instanceof GatewayError ? error : toFailure(error, this.firstByteMs !== undefined));
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.listener.onEnd();
  }

  private fail(error: GatewayError): void {
    if (this.over) return;
    this.over = true;
    this.listener.onFailure(error);
  }

  /** We ask for identity; some upstreams compress all the same. */
  private createInflater(encoding: string): Inflater | undefined {
    const create = inflaters[encoding.trim().toLowerCase()];
    if (create === undefined) {
      this.fail(
        new GatewayError('upstream_bad_reply', `the provider answered with the unknown content-encoding "${encoding.slice(0, 40)}"`),
      );
      this.controller?.abort(new Error('unknown content-encoding'));
      return undefined;
    }
    return new Inflater(create(), {
      data: (chunk) => {
        if (!this.over) this.listener.onData(chunk);
      },
      end: () => this.finish(),
      broken: (why) => {
        this.fail(new GatewayError('upstream_bad_reply', `the provider's compressed answer is unreadable: ${why}`));
        this.controller?.abort(new Error('unreadable compression'));
      },
    });
  }
}

const inflaters: Readonly<Record<string, () => zlib.Gunzip>> = {
  gzip: () => zlib.createGunzip(),
  'x-gzip': () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
};

interface InflaterListener {
  data(chunk: Buffer): void;
  end(): void;
  broken(why: string): void;
}

class Inflater {
  private readonly stream: zlib.Gunzip;
  private inBytes = 0;
  private outBytes = 0;

  constructor(stream: zlib.Gunzip, listener: InflaterListener) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.outBytes += chunk.length;
      // 256 MB of zeros is 405 bytes of brotli: without the ratio one answer fills the memory.
      if (this.outBytes > 1_000_000 && this.outBytes > this.inBytes * maxInflateRatio) {
        stream.destroy();
        listener.broken('it inflates more than 200 times');
        return;
      }
      listener.data(chunk);
    });
    stream.on('end', () => listener.end());
    stream.on('error', (error) => listener.broken(error.message));
  }

  write(chunk: Buffer): void {
    this.inBytes += chunk.length;
    this.stream.write(chunk);
  }

  end(): void {
    this.stream.end();
  }
}

/** undici's and the system's errors → ours. Their texts hold addresses, not secrets. */
function toFailure(error: Error & { code?: string; cause?: unknown }, headSeen: boolean): GatewayError {
  const cause = { cause: error };
  switch (error.code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return new GatewayError('upstream_timeout', 'no connection to the provider within the connect timeout', cause);
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new GatewayError('upstream_timeout', 'the provider did not start to answer within the first-byte timeout', cause);
    case 'UND_ERR_BODY_TIMEOUT':
      return new GatewayError('upstream_timeout', 'the provider stopped sending for longer than the idle timeout', cause);
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new GatewayError('upstream_bad_reply', `the provider's answer breaks a limit: ${error.message}`, cause);
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return new GatewayError('upstream_truncated', "the provider's answer is shorter or longer than it announced", cause);
    default:
  }
  if (error.name === 'HTTPParserError' || error.code?.startsWith('HPE_')) {
    return new GatewayError('upstream_bad_reply', `the provider's answer is not HTTP: ${error.message}`, cause);
  }
  const what = error.code ?? error.message;
  return headSeen
    ? new GatewayError('upstream_truncated', `the connection to the provider broke inside the answer (${what})`, cause)
    : new GatewayError('upstream_unreachable', `no answer from the provider: the connection failed (${what})`, cause);
}
