// One upstream call, from sending to its last byte. Nothing of it reaches the client before `opened` resolves,
// which is at the first content: until then every failure is still free to become a retry, a fallback or a status.
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { atEndOfTurn, takeEndOfTurn } from '../core/end-of-turn.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { StreamFacts } from '../dialects/dialect.ts';
import { UpstreamCall, type UpstreamHeaders, type UpstreamListener, type UpstreamRequest } from '../transport/upstream-call.ts';
import { applyErrorRules } from './error-rules.ts';
import type { Relayed, StreamRelay } from './stream-relay.ts';
import {
  type AnswerHead,
  headerText,
  isSuccess,
  maxErrorBodyBytes,
  readWholeAnswer,
  type WholeAnswer,
  type WholeAnswerOptions,
} from './whole-answer.ts';

export interface AttemptOptions extends WholeAnswerOptions {
  readonly dispatcher: Dispatcher;
  readonly request: UpstreamRequest;
  /** Present when the client asked for a stream; made anew for each attempt. */
  readonly relay?: StreamRelay | undefined;
  /** Occurs in the content type of a stream that is not server-sent events. */
  readonly streamContentType?: string | undefined;
  /** Instead of `relay`: how a 2xx answer of this content type is passed on; undefined = it is a whole answer. */
  readonly relayFor?: (contentType: string) => StreamRelay | undefined;
  readonly maxAnswerBytes: number;
  /** Bytes held for a slow reader before the upstream is paused. */
  readonly maxBufferedBytes: number;
  readonly clock: Clock;
}

export type Opened = WholeAnswer | ({ readonly kind: 'stream' } & AnswerHead);

/** Where a stream goes; the server's answer implements it. */
export interface StreamSink {
  /** false = full: no more until `onDrain` calls back. */
  write(bytes: Buffer | string): boolean;
  onDrain(callback: () => void): void;
}

export interface StreamEnd {
  /** Undefined: the stream ended legally. */
  readonly failure?: GatewayError;
}

/** Stream bytes that wait for the end of a turn at most. */
const joinedBytes = 32 * 1024;
/** What a stream may send before its first content. All of it is held, so it is bounded. */
const maxSilentBytes = 1024 * 1024;
/** How long the end of the body may follow the terminal event of a stream. */
const endGraceMs = 500;

const nothing = Buffer.alloc(0);

export class Attempt implements UpstreamListener {
  readonly opened: Promise<Opened>;
  private readonly options: AttemptOptions;
  private relay: StreamRelay | undefined;
  private readonly call: UpstreamCall;
  private resolveOpened!: (opened: Opened) => void;
  private rejectOpened!: (error: GatewayError) => void;
  private resolveEnded: ((end: StreamEnd) => void) | undefined;
  private streamEnd: StreamEnd | undefined;
  private head: AnswerHead | undefined;
  private mode: 'unknown' | 'stream' | 'whole' = 'unknown';
  /** Of a whole answer: mostly one piece. */
  private body: Buffer | Buffer[] | undefined;
  private bodyBytes = 0;
  /** Stream bytes that arrived in this tick, relayed together: one write per tick instead of one per chunk. Mostly it is one. */
  private arrived: Buffer | Buffer[] | undefined;
  private arrivedBytes = 0;
  private relayScheduled = false;
  /** Made once: a function per chunk would be the most frequent garbage of all. */
  private readonly relayTurn = (): void => {
    this.relayScheduled = false;
    this.relayNow();
  };
  private upstreamOver = false;
  private cancelLetEnd: (() => void) | undefined;
  private cancelLimit: (() => void) | undefined;
  /** Client bytes held until there is content, then until there is a sink. */
  private held: (Buffer | string)[] | undefined;
  private heldBytes = 0;
  private isOpen = false;
  private isOver = false;
  private sink: StreamSink | undefined;
  private paused = false;
  private endAfterDrain: StreamEnd | undefined;
  /** The stream's head has come, but no content yet. */
  streaming = false;

  constructor(options: AttemptOptions) {
    this.options = options;
    this.relay = options.relay;
    this.opened = new Promise((resolve, reject) => {
      this.resolveOpened = resolve;
      this.rejectOpened = reject;
    });
    this.call = new UpstreamCall(this, options.clock);
    if (options.request.totalMs !== undefined) this.limitTo(options.request.totalMs);
    this.call.send(options.dispatcher, options.request);
  }

  get connectMs(): number | undefined {
    return this.call.connectMs;
  }

  get firstByteMs(): number | undefined {
    return this.call.firstByteMs;
  }

  get status(): number | undefined {
    return this.head?.status;
  }

  get streamFacts(): StreamFacts | undefined {
    return this.relay?.facts;
  }

  elapsedMs(): number {
    return this.call.elapsedMs();
  }

  /** Resolves when an opened stream has ended; never rejects. */
  ended(): Promise<StreamEnd> {
    if (this.streamEnd !== undefined) return Promise.resolve(this.streamEnd);
    return new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /** The content goes here from now on, what was held first. */
  attach(sink: StreamSink): void {
    this.sink = sink;
    const { held } = this;
    this.held = undefined;
    this.heldBytes = 0;
    this.paused = false;
    if (held !== undefined) for (const bytes of held) this.writeOut(bytes);
    if (this.endAfterDrain !== undefined) this.finish(this.endAfterDrain);
    else if (!this.paused) this.call.resume();
  }

  /** Stops the upstream at once: the client left, or a deadline passed. */
  abort(error: GatewayError): void {
    this.call.abort();
    this.fail(error);
  }

  private limitTo(totalMs: number): void {
    this.cancelLimit = this.options.clock.after(totalMs, () => {
      this.abort(new GatewayError('upstream_timeout', `the model did not finish within its ${totalMs} ms (total_ms of model_timeouts)`));
    });
  }

  // what the transport tells

  onHead(status: number, headers: UpstreamHeaders): void {
    this.head = { status, headers };
    // The answer is mostly complete in this turn. Its end makes the client library set an immediate, which would come before our write.
    takeEndOfTurn();
    if (!isSuccess(status) || (this.relay === undefined && this.options.relayFor === undefined)) {
      this.mode = 'whole';
      return;
    }
    const type = headerText(headers, 'content-type').toLowerCase();
    if (this.options.relayFor !== undefined) {
      this.relay = this.options.relayFor(type);
      if (this.relay === undefined) this.mode = 'whole';
      else this.startStream();
      return;
    }
    if (type.includes(this.options.streamContentType ?? 'event-stream')) this.startStream();
    else if (type.includes('json') || type.includes('html')) this.mode = 'whole';
  }

  onData(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.mode === 'unknown') {
      // No telling content type: home-made servers send streams as text/plain.
      if (looksLikeSse(chunk)) this.startStream();
      else this.mode = 'whole';
    }
    if (this.mode === 'whole') {
      this.collect(chunk);
      return;
    }
    const { arrived } = this;
    if (arrived === undefined) this.arrived = chunk;
    else if (Array.isArray(arrived)) arrived.push(chunk);
    else this.arrived = [arrived, chunk];
    this.arrivedBytes += chunk.length;
    this.scheduleRelay();
  }

  onEnd(): void {
    this.cancelLetEnd?.();
    if (this.isOver) return;
    this.upstreamOver = true;
    if (this.mode === 'stream') this.scheduleRelay();
    else this.finishWhole();
  }

  onFailure(error: GatewayError): void {
    this.cancelLetEnd?.();
    if (this.isOver) return;
    this.upstreamOver = true;
    if (this.mode === 'stream') {
      this.relayArrived();
      // A reset after the terminal event hurts nobody.
      if (this.isOver) return;
      if (this.streamFacts?.done || this.streamFacts?.finish !== undefined) {
        this.endStream();
        return;
      }
    }
    this.fail(error);
  }

  // whole answers and errors

  private collect(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    if (this.head !== undefined && !isSuccess(this.head.status) && this.bodyBytes > maxErrorBodyBytes) {
      this.body = withPiece(this.body, chunk);
      this.call.abort();
      this.finishWhole();
      return;
    }
    if (this.bodyBytes > this.options.maxAnswerBytes) {
      this.call.abort();
      this.fail(
        new GatewayError(
          'upstream_bad_reply',
          `the provider's answer is larger than ${this.options.maxAnswerBytes} bytes (limits.answer_mb)`,
        ),
      );
      return;
    }
    this.body = withPiece(this.body, chunk);
  }

  private finishWhole(): void {
    const body = Array.isArray(this.body) ? Buffer.concat(this.body) : (this.body ?? nothing);
    this.body = undefined;
    try {
      const answer = readWholeAnswer(this.head, body, this.options);
      this.cancelLimit?.();
      this.isOpen = true;
      this.isOver = true;
      this.resolveOpened(answer);
    } catch (thrown) {
      this.fail(toGatewayError(thrown));
    }
  }

  // streams

  private startStream(): void {
    this.mode = 'stream';
    this.streaming = true;
  }

  /** What arrives in one turn is passed on as one; more than a little goes at once, so that a full sink stops the upstream in time. */
  private scheduleRelay(): void {
    if (this.arrivedBytes > joinedBytes) {
      this.arrivedBytes = 0;
      queueMicrotask(() => this.relayNow());
      return;
    }
    if (this.relayScheduled) return;
    this.relayScheduled = true;
    atEndOfTurn(this.relayTurn);
  }

  private relayNow(): void {
    if (this.isOver) return;
    this.relayArrived();
    if (this.upstreamOver && !this.isOver) this.endStream();
  }

  private relayArrived(): void {
    const { arrived } = this;
    if (arrived === undefined) return;
    const bytes = Array.isArray(arrived) ? Buffer.concat(arrived) : arrived;
    this.arrived = undefined;
    this.arrivedBytes = 0;
    const relay = this.relay as StreamRelay;
    this.passOn(relay.push(bytes));
    if (!this.isOver && relay.facts.done) {
      this.letEnd();
      this.endStream();
    }
  }

  /**
   * The answer is complete, the body is not yet over. Its end usually comes in the next packet, and an abort before it would cost
   * the connection and the next call a TLS handshake; but some servers keep the connection open for ever.
   */
  private letEnd(): void {
    if (this.upstreamOver) return;
    this.cancelLetEnd ??= this.options.clock.after(endGraceMs, () => this.call.abort());
  }

  private endStream(): void {
    this.cancelLimit?.();
    const relay = this.relay as StreamRelay;
    const last = relay.end();
    this.passOn(last);
    if (this.isOver) return;
    if (!this.isOpen) this.open();
    this.finish({});
  }

  private passOn(relayed: Relayed): void {
    const { bytes, failure } = relayed;
    if (bytes !== undefined && bytes.length > 0) {
      if (this.sink === undefined) {
        this.held ??= [];
        this.held.push(bytes);
        this.heldBytes += bytes.length;
        if (this.heldBytes > this.options.maxBufferedBytes && this.isOpen) this.pause();
      } else this.writeOut(bytes);
    }
    if (!this.isOpen && this.streamFacts?.content) this.open();
    const problem = failure ?? (!this.isOpen && this.heldBytes > maxSilentBytes ? saysNothing() : undefined);
    if (problem !== undefined) {
      this.call.abort();
      // An error frame may carry the same code as an error body.
      this.fail(applyErrorRules(problem, this.options.errorRules));
    }
  }

  private open(): void {
    const { head } = this;
    if (head === undefined) return;
    this.isOpen = true;
    this.resolveOpened({ kind: 'stream', status: head.status, headers: head.headers });
  }

  private writeOut(bytes: Buffer | string): void {
    if (this.sink?.write(bytes) === false) this.pause();
  }

  private pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.call.pause();
    this.sink?.onDrain(() => {
      this.paused = false;
      this.call.resume();
    });
  }

  private fail(error: GatewayError): void {
    if (this.isOver) return;
    this.cancelLimit?.();
    if (this.isOpen) {
      this.finish({ failure: error });
      return;
    }
    this.isOver = true;
    this.rejectOpened(error);
    this.endWith({ failure: error });
  }

  /** The end waits for the sink: bytes held for it go first. */
  private finish(end: StreamEnd): void {
    if (this.isOver) return;
    if (this.sink === undefined) {
      this.endAfterDrain ??= end;
      return;
    }
    this.isOver = true;
    this.endWith(end);
  }

  private endWith(end: StreamEnd): void {
    this.streamEnd = end;
    this.resolveEnded?.(end);
  }
}

/** No list for the one piece that most answers are: it would take room for seventeen. */
function withPiece(pieces: Buffer | Buffer[] | undefined, piece: Buffer): Buffer | Buffer[] {
  if (pieces === undefined) return piece;
  if (!Array.isArray(pieces)) return [pieces, piece];
  pieces.push(piece);
  return pieces;
}

function saysNothing(): GatewayError {
  return new GatewayError('upstream_bad_reply', `the provider sent more than ${maxSilentBytes} bytes without any content`);
}

function looksLikeSse(chunk: Buffer): boolean {
  return /^\ufeff?\s*(data|event|id|retry|):/.test(chunk.toString('utf8', 0, 32));
}
