// Keeps answers: at once in memory, so that the next request finds them, and soon in the store, many in one transaction.
// Nothing here runs unless an answer is kept or asked for, and old ones go in small steps.
import type { Clock } from '../core/clock.ts';
import type { ResponseStore, StoredResponse } from './response-store.ts';

export interface ResponseShelf {
  put(response: StoredResponse): void;
  /** Undefined: there is none, it is another owner's, or its time has passed. */
  find(owner: string, id: string): StoredResponse | undefined;
  findOfItem(owner: string, itemId: string): StoredResponse | undefined;
  delete(owner: string, id: string): boolean;
  /** These are part of a conversation that goes on. */
  extend(owner: string, ids: readonly string[]): void;
  readonly lifetimeMs: number;
  close(): void;
}

export interface ResponseShelfOptions {
  readonly store: ResponseStore;
  readonly clock: Clock;
  readonly retentionDays: number;
  readonly maxBytes: number;
  readonly flushMs: number;
  readonly onTrouble: (cause: unknown) => void;
}

const dayMs = 86_400_000;
const firstPassMs = 90_000;
const passEveryMs = 600_000;
const pauseMs = 20;
const rowsPerStep = 50;
/** What waits for a store that cannot be written; older ones are given up, a growing heap would take the whole gateway along. */
const maxWaitingChars = 64 * 1024 * 1024;

export function createResponseShelf(options: ResponseShelfOptions): ResponseShelf {
  return new Shelf(options);
}

class Shelf implements ResponseShelf {
  readonly lifetimeMs: number;
  readonly #options: ResponseShelfOptions;
  /** Not written yet, by owner and id. */
  readonly #waiting = new Map<string, StoredResponse>();
  #waitingChars = 0;
  #cancelFlush: (() => void) | undefined;
  #cancelPass: () => void;

  constructor(options: ResponseShelfOptions) {
    this.#options = options;
    this.lifetimeMs = options.retentionDays * dayMs;
    this.#cancelPass = options.clock.after(firstPassMs, () => this.#pass());
  }

  put(response: StoredResponse): void {
    const key = keyOf(response.owner, response.id);
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, response);
    this.#waitingChars += sizeOf(response);
    this.#scheduleFlush();
  }

  find(owner: string, id: string): StoredResponse | undefined {
    return this.#alive(this.#waiting.get(keyOf(owner, id)) ?? this.#options.store.findResponse(owner, id));
  }

  findOfItem(owner: string, itemId: string): StoredResponse | undefined {
    for (const response of this.#waiting.values()) {
      if (response.owner === owner && response.itemIds.includes(itemId)) return this.#alive(response);
    }
    return this.#alive(this.#options.store.findResponseOfItem(owner, itemId));
  }

  delete(owner: string, id: string): boolean {
    this.#flush();
    if (this.find(owner, id) === undefined) return false;
    const waiting = this.#waiting.get(keyOf(owner, id));
    if (waiting !== undefined) this.#forget(waiting);
    return this.#options.store.deleteResponse(owner, id) || waiting !== undefined;
  }

  extend(owner: string, ids: readonly string[]): void {
    try {
      this.#options.store.extendResponses(owner, ids, this.#options.clock.wallMs() + this.lifetimeMs);
    } catch (cause) {
      this.#options.onTrouble(cause);
    }
  }

  close(): void {
    this.#cancelPass();
    this.#flush();
    this.#cancelFlush?.();
  }

  #alive(response: StoredResponse | undefined): StoredResponse | undefined {
    return response !== undefined && response.expiresMs > this.#options.clock.wallMs() ? response : undefined;
  }

  #scheduleFlush(): void {
    this.#cancelFlush ??= this.#options.clock.after(this.#options.flushMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const batch = [...this.#waiting.values()];
    if (batch.length === 0) return;
    try {
      this.#options.store.saveResponses(batch);
      for (const response of batch) this.#forget(response);
    } catch (cause) {
      this.#options.onTrouble(cause);
      for (const response of batch) if (this.#waitingChars > maxWaitingChars) this.#forget(response);
      this.#scheduleFlush();
    }
  }

  #forget(response: StoredResponse): void {
    if (this.#waiting.delete(keyOf(response.owner, response.id))) this.#waitingChars -= sizeOf(response);
  }

  #pass(): void {
    const { store, clock, maxBytes, onTrouble } = this.#options;
    let isMore = false;
    try {
      isMore =
        store.deleteExpiredResponses(clock.wallMs(), rowsPerStep) === rowsPerStep ||
        store.deleteOldestResponses(maxBytes, rowsPerStep) === rowsPerStep;
    } catch (cause) {
      onTrouble(cause);
    }
    this.#cancelPass = clock.after(isMore ? pauseMs : passEveryMs, () => this.#pass());
  }
}

/** Ids come from upstreams, so one owner's must not reach into another's. */
function keyOf(owner: string, id: string): string {
  return `${owner}\n${id}`;
}

function sizeOf({ input, body }: StoredResponse): number {
  return input.length + body.length;
}
