// An upstream in virtual time: no socket, no real second. Each request gets a fate from the seed; the clock of the test plays it.
import { Dispatcher, errors } from 'undici';
import type { Clock } from '../../src/core/clock.ts';
import type { Draw } from '../support/draw.ts';

export interface Fate {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly string[];
  /** Before the head, and between pieces. */
  readonly delayMs: number;
  readonly then: 'end' | 'break' | 'silence';
}

export class ScriptedDispatcher extends Dispatcher {
  requests = 0;
  running = 0;
  readonly #clock: Clock;
  readonly #draw: Draw;
  readonly #fateOf: (draw: Draw, stream: boolean) => Fate;

  constructor(clock: Clock, draw: Draw, fateOf: (draw: Draw, stream: boolean) => Fate) {
    super();
    this.#clock = clock;
    this.#draw = draw;
    this.#fateOf = fateOf;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.requests += 1;
    this.running += 1;
    const stream = String(options.body).includes('"stream":true');
    const delivery = new Delivery(handler, this.#clock, () => {
      this.running -= 1;
    });
    handler.onRequestStart?.(delivery, {});
    delivery.play(this.#fateOf(this.#draw, stream), { headMs: options.headersTimeout ?? 1_000, idleMs: options.bodyTimeout ?? 1_000 });
    return true;
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | void {
    callback?.();
    return Promise.resolve();
  }
}

class Delivery implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly rawHeaders = null;
  readonly rawTrailers = null;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #clock: Clock;
  readonly #onOver: () => void;
  #cancel: () => void = () => undefined;
  #over = false;

  constructor(handler: Dispatcher.DispatchHandler, clock: Clock, onOver: () => void) {
    this.#handler = handler;
    this.#clock = clock;
    this.#onOver = onOver;
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.#fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  play(fate: Fate, limits: { readonly headMs: number; readonly idleMs: number }): void {
    const { delayMs, pieces } = fate;
    this.#within(delayMs, limits.headMs, new errors.HeadersTimeoutError(), () => {
      this.#handler.onResponseStart?.(this, fate.status, { ...fate.headers }, 'x');
      const next = (index: number): void => {
        const piece = pieces[index];
        if (this.#over) return;
        if (piece !== undefined) {
          this.#handler.onResponseData?.(this, Buffer.from(piece));
          this.#within(delayMs, limits.idleMs, new errors.BodyTimeoutError(), () => next(index + 1));
        } else if (fate.then === 'end') this.#end();
        else if (fate.then === 'break') this.#fail(new errors.SocketError('other side closed'));
        else this.#within(Number.POSITIVE_INFINITY, limits.idleMs, new errors.BodyTimeoutError(), () => undefined);
      };
      next(0);
    });
  }

  #within(delayMs: number, limitMs: number, late: Error, work: () => void): void {
    if (this.#over) return;
    this.#cancel = delayMs <= limitMs ? this.#clock.after(delayMs, work) : this.#clock.after(limitMs, () => this.#fail(late));
  }

  #end(): void {
    this.#finish();
    this.#handler.onResponseEnd?.(this, {});
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#finish();
    this.#handler.onResponseError?.(this, error);
  }

  #finish(): void {
    this.#over = true;
    this.#cancel();
    this.#onOver();
  }
}
