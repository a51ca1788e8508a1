// Answers that were given before, found again by exactly the same question of the same tenant. In memory up to a number of bytes,
// behind it a store on disk. One caller of many that ask at once calls the model; the others wait for its answer.
import { LRUCache } from 'lru-cache';
import type { ChatResponse } from '../canonical/chat.ts';
import type { Clock } from '../core/clock.ts';
import { tryParseJson } from '../core/json.ts';

/** The answer and who gave it. */
export interface CachedAnswer {
  readonly response: ChatResponse;
  readonly model: string;
  readonly provider: string;
  /** Epoch milliseconds. */
  readonly storedMs: number;
}

/** What keeps answers beyond the life of the process. */
export interface AnswerStore {
  read(key: string, nowMs: number): string | undefined;
  write(key: string, json: string, expiresMs: number): void;
  /** Deletes what has expired, at most `limit`, and the oldest until no more than `maxBytes` are left; answers how many went. */
  trim(nowMs: number, options: { readonly maxBytes: number; readonly limit: number }): number;
}

export interface AnswerCacheOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly store?: AnswerStore | undefined;
  readonly maxStoredBytes?: number;
}

export type Lookup =
  | { readonly kind: 'hit'; readonly answer: CachedAnswer }
  /** Nobody asks this yet: the caller answers it, and must tell how that went. */
  | { readonly kind: 'lead'; readonly flight: Flight }
  /** Another caller asks it right now. Resolves to undefined when that came to nothing. */
  | { readonly kind: 'wait'; readonly answer: Promise<CachedAnswer | undefined> };

export interface Flight {
  /** Keeps the answer, for so long (0 = not at all), and hands it to those who wait. */
  keep(answer: CachedAnswer, ttlMs: number): void;
  /** There is nothing to keep. A second call does nothing. */
  drop(): void;
}

interface Kept {
  readonly answer: CachedAnswer;
  readonly untilMs: number;
}

const trimEveryWrites = 200;
const trimAtOnce = 500;
/** A store that failed is not asked for this long. */
const storeRestMs = 2_000;

export class AnswerCache {
  private readonly options: AnswerCacheOptions;
  private readonly memory: LRUCache<string, Kept>;
  private readonly flights = new Map<string, Promise<CachedAnswer | undefined>>();
  private writes = 0;
  hits = 0;
  misses = 0;
  private storeRestsUntilMs = 0;

  constructor(options: AnswerCacheOptions) {
    this.options = options;
    this.memory = new LRUCache({ maxSize: options.maxBytes, maxEntrySize: Math.ceil(options.maxBytes / 10) });
  }

  /** `fresh`: the caller wants no old answer, but a new one may be kept. */
  look(key: string, { fresh }: { readonly fresh: boolean }): Lookup {
    if (!fresh) {
      const answer = this.find(key);
      if (answer !== undefined) {
        this.hits += 1;
        return { kind: 'hit', answer };
      }
      const flight = this.flights.get(key);
      if (flight !== undefined) return { kind: 'wait', answer: flight };
    }
    this.misses += 1;
    return { kind: 'lead', flight: this.takeOff(key) };
  }

  /** Only what is under way: no old answer. */
  join(key: string): Exclude<Lookup, { readonly kind: 'hit' }> {
    const flight = this.flights.get(key);
    return flight === undefined ? { kind: 'lead', flight: this.takeOff(key) } : { kind: 'wait', answer: flight };
  }

  private find(key: string): CachedAnswer | undefined {
    const nowMs = this.options.clock.wallMs();
    const kept = this.memory.get(key);
    if (kept !== undefined) {
      if (kept.untilMs > nowMs) return kept.answer;
      this.memory.delete(key);
    }
    const stored = tryParseJson(this.tryStore((store) => store.read(key, nowMs)) ?? '') as unknown as Kept | undefined;
    if (stored === undefined) return undefined;
    this.remember(key, stored, JSON.stringify(stored).length);
    return stored.answer;
  }

  private takeOff(key: string): Flight {
    let land = (_answer: CachedAnswer | undefined): void => undefined;
    const landed = new Promise<CachedAnswer | undefined>((resolve) => {
      land = resolve;
    });
    // A caller who wants a fresh answer must not take over the flight that others wait for.
    const leads = !this.flights.has(key);
    if (leads) this.flights.set(key, landed);
    let over = false;
    const end = (answer: CachedAnswer | undefined): void => {
      if (over) return;
      over = true;
      if (leads) this.flights.delete(key);
      land(answer);
    };
    return {
      keep: (answer, ttlMs) => {
        if (!over && ttlMs > 0) this.keep(key, answer, ttlMs);
        end(answer);
      },
      drop: () => end(undefined),
    };
  }

  private keep(key: string, answer: CachedAnswer, ttlMs: number): void {
    const { clock, store, maxStoredBytes = 1_000_000_000 } = this.options;
    const untilMs = clock.wallMs() + ttlMs;
    const kept: Kept = { answer, untilMs };
    const json = JSON.stringify(kept);
    this.remember(key, kept, json.length);
    if (store === undefined) return;
    this.tryStore(() => store.write(key, json, untilMs));
    this.writes += 1;
    if (this.writes % trimEveryWrites === 0) {
      this.tryStore(() => store.trim(clock.wallMs(), { maxBytes: maxStoredBytes, limit: trimAtOnce }));
    }
  }

  /** A store that cannot be asked has no answer: callers get theirs from a model, and never an error about the cache. */
  private tryStore<Result>(work: (store: AnswerStore) => Result): Result | undefined {
    const { store, clock } = this.options;
    const nowMs = clock.monotonicMs();
    if (store === undefined || nowMs < this.storeRestsUntilMs) return undefined;
    try {
      return work(store);
    } catch {
      // A locked file costs its time limit each time it is asked, and every other call waits that long, too.
      this.storeRestsUntilMs = nowMs + storeRestMs;
      return undefined;
    }
  }

  private remember(key: string, kept: Kept, bytes: number): void {
    // Two bytes a character at worst, and the objects around them.
    this.memory.set(key, kept, { size: bytes * 2 + 500 });
  }
}
