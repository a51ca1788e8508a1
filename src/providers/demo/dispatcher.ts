// The simulator behind undici's Dispatcher, so that the gateway reaches it exactly as it reaches every provider, without a socket.
import { Dispatcher, errors } from '../../transport/undici.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { answerRequest } from './answer-request.ts';
import { Delivery } from './delivery.ts';
import { createFaultSwitch, type FaultSwitch } from './faults.ts';

export interface DemoParts {
  readonly clock: Clock;
  readonly random: Random;
}

/** Where the simulator answers. `.invalid` never resolves, so a request that missed the dispatcher cannot reach anyone. */
export const demoBaseUrl = 'http://demo.invalid/v1';

const demoOptionHeader = 'x-mpc-demo';

/** undici's own default for the head and between data. */
const usualTimeoutMs = 300_000;

/** A dispatcher that answers every request itself; no bytes leave the process. */
export function createDemoDispatcher(parts: DemoParts): Dispatcher {
  return new DemoDispatcher(parts);
}

class DemoDispatcher extends Dispatcher {
  readonly #clock: Clock;
  readonly #strikes: FaultSwitch;
  readonly #active = new Set<Delivery>();
  #state: 'open' | 'closed' | 'destroyed' = 'open';
  #whenIdle: (() => void)[] = [];

  readonly #forget = (delivery: Delivery): void => {
    this.#active.delete(delivery);
    if (this.#active.size > 0 || this.#whenIdle.length === 0) return;
    for (const wake of this.#whenIdle.splice(0)) wake();
  };

  constructor({ clock, random }: DemoParts) {
    super();
    this.#clock = clock;
    this.#strikes = createFaultSwitch(random);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const delivery = new Delivery({
      handler,
      clock: this.#clock,
      headersTimeoutMs: options.headersTimeout ?? usualTimeoutMs,
      bodyTimeoutMs: options.bodyTimeout ?? usualTimeoutMs,
      onFinished: this.#forget,
    });
    this.#active.add(delivery);
    if (this.#state !== 'open') {
      delivery.fail(this.#state === 'closed' ? new errors.ClientClosedError() : new errors.ClientDestroyedError());
      return false;
    }
    handler.onRequestStart?.(delivery, {});
    // Never inside `dispatch`: a caller may still be setting up what the handler needs.
    if (!delivery.finished) queueMicrotask(() => void this.#serve(options, delivery));
    return true;
  }

  override close(): Promise<void>;
  override close(callback: () => void): void;
  override close(callback?: () => void): Promise<void> | undefined {
    if (this.#state === 'open') this.#state = 'closed';
    const idle = this.#active.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    return settle(idle, callback);
  }

  override destroy(error: Error | null, callback: () => void): void;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null): Promise<void>;
  override destroy(): Promise<void>;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | undefined {
    this.#state = 'destroyed';
    const reason = first instanceof Error ? first : new errors.ClientDestroyedError();
    for (const delivery of [...this.#active]) delivery.fail(reason);
    return settle(Promise.resolve(), typeof first === 'function' ? first : second);
  }

  async #serve(options: Dispatcher.DispatchOptions, delivery: Delivery): Promise<void> {
    try {
      const given = options.body;
      const body =
        given === null || given === undefined || typeof given === 'string' || ArrayBuffer.isView(given)
          ? toBuffer(given)
          : await collect(given);
      if (delivery.finished) return;
      const request = { method: options.method, path: options.path, optionHeader: findHeader(options.headers, demoOptionHeader), body };
      delivery.play(answerRequest(request, this.#strikes));
    } catch (error) {
      delivery.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function settle(done: Promise<void>, callback: (() => void) | undefined): Promise<void> | undefined {
  if (callback === undefined) return done;
  void done.then(callback);
  return undefined;
}

function toBuffer(body: string | ArrayBufferView | null | undefined): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

async function collect(body: unknown): Promise<Buffer> {
  if (!isIterable(body))
    throw new errors.InvalidArgumentError('the demo simulator takes a string, bytes or an iterable of them as the body');
  const pieces: Buffer[] = [];
  // Copies: the sender may use the memory of a piece for a later one.
  for await (const piece of body) {
    pieces.push(typeof piece === 'string' || ArrayBuffer.isView(piece) ? Buffer.from(toBuffer(piece)) : Buffer.alloc(0));
  }
  return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
}

function isIterable(body: unknown): body is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || Symbol.iterator in body);
}

/** Headers come as a flat list, as pairs or as an object; names in any case. */
function findHeader(headers: Dispatcher.DispatchOptions['headers'], name: string): string | undefined {
  if (headers === null || headers === undefined) return undefined;
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    for (let index = 0; index + 1 < headers.length; index += 2) {
      if (String(headers[index]).toLowerCase() === name) return String(headers[index + 1]);
    }
    return undefined;
  }
  const pairs = isIterable(headers) ? (headers as Iterable<readonly [string, unknown]>) : Object.entries(headers);
  for (const [key, value] of pairs) {
    if (key.toLowerCase() === name && value !== undefined) return Array.isArray(value) ? value.join(';') : String(value);
  }
  return undefined;
}
