// Plays one reply into an undici handler as a connection would: head, data, end, each only while the reader wants more.
import { errors, type Dispatcher } from '../../transport/undici.ts';
import type { Clock } from '../../core/clock.ts';
import { statusText, type DemoReply } from './reply.ts';

/** As much as a socket read gives; a reader that pauses after it has not more than this to hold. */
const pieceBytes = 64 * 1024;

export interface DeliveryParts {
  readonly handler: Dispatcher.DispatchHandler;
  readonly clock: Clock;
  /** Of the request, in milliseconds; 0 = never. A simulated provider must be given up on like a real one. */
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly onFinished: (delivery: Delivery) => void;
}

export class Delivery implements Dispatcher.DispatchController {
  rawHeaders: Buffer[] | null = null;
  rawTrailers: Buffer[] | null = null;
  readonly #parts: DeliveryParts;
  #reply: DemoReply | undefined;
  #headSent = false;
  #paused = false;
  #aborted = false;
  #reason: Error | null = null;
  #finished = false;
  #pumping = false;
  /** Position of the next byte: piece of the body, offset in it. */
  #piece = 0;
  #offset = 0;
  #startedMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  get finished(): boolean {
    return this.#finished;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // Inside a callback of the handler the running pump goes on by itself; data inside `resume()` would be re-entrant.
    if (this.#headSent && !this.#pumping) queueMicrotask(() => this.#pump());
  }

  abort(reason?: Error): void {
    if (this.#finished) return;
    this.#aborted = true;
    this.#reason = reason ?? new errors.RequestAbortedError();
    this.fail(this.#reason);
  }

  /** Ends with an error that the connection, not the reader, caused. */
  fail(error: Error): void {
    if (this.#finished) return;
    this.#finish();
    this.#parts.handler.onResponseError?.(this, error);
  }

  play(reply: DemoReply): void {
    this.#reply = reply;
    const { headersTimeoutMs } = this.#parts;
    if (headersTimeoutMs > 0 && reply.headDelayMs > headersTimeoutMs) {
      this.#later(headersTimeoutMs, () => this.fail(new errors.HeadersTimeoutError()));
    } else if (reply.headDelayMs > 0) this.#later(reply.headDelayMs, () => this.#begin(reply));
    else this.#begin(reply);
  }

  #begin(reply: DemoReply): void {
    if (this.#finished) return;
    if (reply.ending === 'reset-early') {
      this.fail(connectionReset());
      return;
    }
    this.#startedMs = this.#parts.clock.monotonicMs();
    this.rawHeaders = [...reply.headers.raw];
    this.#guard(() => {
      this.#parts.handler.onResponseStart?.(this, reply.status, { ...reply.headers.parsed }, statusText(reply.status));
    });
    this.#headSent = true;
    this.#pump();
  }

  #pump(): void {
    const reply = this.#reply;
    if (reply === undefined || this.#pumping) return;
    this.#pumping = true;
    this.#guard(() => {
      while (!this.#paused && !this.#finished) {
        const data = this.#next(reply);
        if (data === undefined) break;
        if (data.length > 0) this.#parts.handler.onResponseData?.(this, data);
      }
    });
    this.#pumping = false;
  }

  /** The bytes that are due; undefined when there are none now (a timer is set) or ever again (the end has been told). */
  #next(reply: DemoReply): Buffer | undefined {
    const piece = reply.body[this.#piece];
    if (piece === undefined) {
      this.#end(reply);
      return undefined;
    }
    if (reply.gapMs > 0) return this.#nextPaced(reply);
    const data = piece.subarray(this.#offset, this.#offset + pieceBytes);
    this.#offset += data.length;
    if (this.#offset >= piece.length) {
      this.#piece += 1;
      this.#offset = 0;
    }
    return data;
  }

  /** Frames that came due together go out together: timers are coarser than a fast pace. */
  #nextPaced(reply: DemoReply): Buffer | undefined {
    const elapsedMs = this.#parts.clock.monotonicMs() - this.#startedMs;
    const due = Math.min(reply.body.length, Math.floor(elapsedMs / reply.gapMs + 1e-9) + 1);
    if (due <= this.#piece) {
      this.#wait(this.#piece * reply.gapMs - elapsedMs);
      return undefined;
    }
    const frames: Buffer[] = [];
    for (let bytes = 0; this.#piece < due && bytes < pieceBytes; this.#piece += 1) {
      const frame = reply.body[this.#piece] ?? Buffer.alloc(0);
      frames.push(frame);
      bytes += frame.length;
    }
    return frames.length === 1 ? frames[0] : Buffer.concat(frames);
  }

  #end(reply: DemoReply): void {
    switch (reply.ending) {
      case 'end':
        this.#finish();
        this.#parts.handler.onResponseEnd?.(this, {});
        return;
      case 'stall':
        this.#wait(Infinity);
        return;
      case 'cut-short':
        this.fail(new errors.SocketError('other side closed'));
        return;
      case 'reset':
      case 'reset-early':
        this.fail(connectionReset());
        return;
    }
  }

  /** Until the next data, or until the request's body timeout, which runs from data to data. */
  #wait(delayMs: number): void {
    const { bodyTimeoutMs } = this.#parts;
    if (bodyTimeoutMs > 0 && delayMs > bodyTimeoutMs) this.#later(bodyTimeoutMs, () => this.#giveUp());
    else if (delayMs < Infinity) this.#later(delayMs, () => this.#pump());
  }

  #giveUp(): void {
    // While the reader has paused, the silence is its own.
    if (!this.#paused) this.fail(new errors.BodyTimeoutError());
  }

  #later(delayMs: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.clock.after(delayMs, callback);
  }

  #finish(): void {
    this.#finished = true;
    this.#cancelTimer?.();
    this.#parts.onFinished(this);
  }

  /** A handler that throws ends its own request, as in undici, and no other. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** What the operating system reports when the other side sends RST. */
function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });
}
