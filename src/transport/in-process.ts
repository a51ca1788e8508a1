// A dispatcher whose upstream is a function of this process: what it answers goes through the attempt loop as any provider's bytes do.
import { Dispatcher, errors } from './undici.ts';
import { systemClock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';

export interface InProcessRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface InProcessAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<string>;
}

export type InProcessUpstream = (request: InProcessRequest) => Promise<InProcessAnswer>;

export function createInProcessDispatcher(answer: InProcessUpstream): Dispatcher {
  return new InProcessDispatcher(answer);
}

class InProcessDispatcher extends Dispatcher {
  readonly #answer: InProcessUpstream;
  readonly #active = new Set<Delivery>();
  #open = true;

  constructor(answer: InProcessUpstream) {
    super();
    this.#answer = answer;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const delivery = new Delivery(handler, (over) => this.#active.delete(over));
    if (!this.#open) {
      delivery.fail(new errors.ClientClosedError());
      return false;
    }
    this.#active.add(delivery);
    handler.onRequestStart?.(delivery, {});
    delivery.limit(options.headersTimeout ?? 300_000);
    const body = Buffer.isBuffer(options.body) ? options.body : Buffer.from(String(options.body ?? ''));
    const request: InProcessRequest = {
      method: options.method,
      path: options.path,
      headers: readHeaders(options.headers),
      body,
      signal: delivery.signal,
    };
    // Never inside `dispatch`: a caller may still be setting up what the handler needs.
    queueMicrotask(() => void delivery.play(() => this.#answer(request)));
    return true;
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | undefined {
    this.#open = false;
    return settle(callback);
  }

  override destroy(error: Error | null, callback: () => void): void;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null): Promise<void>;
  override destroy(): Promise<void>;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | undefined {
    this.#open = false;
    const reason = first instanceof Error ? first : new errors.ClientDestroyedError();
    for (const delivery of [...this.#active]) delivery.fail(reason);
    return settle(typeof first === 'function' ? first : second);
  }
}

/** The attempt loop hands headers over as one flat list. */
function readHeaders(list: Dispatcher.DispatchOptions['headers']): Readonly<Record<string, string>> {
  const flat = Array.isArray(list) ? list : [];
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) headers[String(flat[i]).toLowerCase()] = String(flat[i + 1]);
  return headers;
}

function settle(callback: (() => void) | undefined): Promise<void> | undefined {
  if (callback === undefined) return Promise.resolve();
  queueMicrotask(callback);
  return undefined;
}

/** One answer on its way, as undici's handlers see it. */
class Delivery implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #onOver: (delivery: Delivery) => void;
  readonly #abort = new AbortController();
  #resume: (() => void) | undefined;
  #gate: Promise<void> | undefined;
  #over = false;
  #cancelLimit: (() => void) | undefined;
  reason: Error | null = null;
  rawHeaders = null;
  rawTrailers = null;

  constructor(handler: Dispatcher.DispatchHandler, onOver: (delivery: Delivery) => void) {
    this.#handler = handler;
    this.#onOver = onOver;
  }

  /** The head must come within this time. A timer that outlived its call would keep the process. */
  limit(headMs: number): void {
    this.#cancelLimit = systemClock.after(headMs, () =>
      this.fail(new GatewayError('upstream_timeout', 'the adapter did not start to answer within the first-byte timeout')),
    );
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  get paused(): boolean {
    return this.#gate !== undefined;
  }

  pause(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#gate = undefined;
    this.#resume?.();
  }

  abort(reason: Error): void {
    this.reason = reason;
    this.fail(reason);
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#end();
    this.resume();
    this.#abort.abort(error);
    this.#handler.onResponseError?.(this, error);
  }

  async play(answer: () => Promise<InProcessAnswer>): Promise<void> {
    try {
      const { status, headers, body } = await answer();
      if (this.#over) return;
      this.#cancelLimit?.();
      this.#handler.onResponseStart?.(this, status, { ...headers }, '');
      if (typeof body === 'string') this.#data(body);
      else await this.#stream(body);
      if (this.#over) return;
      this.#end();
      this.#handler.onResponseEnd?.(this, {});
    } catch (thrown) {
      this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  #end(): void {
    this.#over = true;
    this.#cancelLimit?.();
    this.#onOver(this);
  }

  async #stream(body: AsyncIterable<string>): Promise<void> {
    // Leaving this loop ends the iterable, so an adapter's `finally` runs when its caller has gone.
    for await (const piece of body) {
      if (this.#gate !== undefined) await this.#gate;
      if (this.#over) return;
      this.#data(piece);
    }
  }

  #data(text: string): void {
    if (!this.#over && text !== '') this.#handler.onResponseData?.(this, Buffer.from(text));
  }
}
