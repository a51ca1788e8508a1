// Entries on their way to the database, kept flat: their numbers in one block outside the heap, what they share by reference. As
// the thirty objects that it is made of, each entry would outlive the garbage collections of its wait, be copied by them, and end
// where only a full collection finds it.
import type { AttemptRecord, Entry } from './entry.ts';
import { type EntryKind, kindOf } from './entry-kind.ts';

/** Where the numbers of an entry stand. Times are whole microseconds, and what is absent is NaN. */
export const place = {
  timeMs: 0,
  input: 1,
  cachedInput: 2,
  cacheWrite: 3,
  cacheWrite1h: 4,
  output: 5,
  reasoning: 6,
  providerCostNanoUsd: 7,
  costNanoUsd: 8,
  auth: 9,
  plan: 10,
  connect: 11,
  firstByte: 12,
  total: 13,
  overhead: 14,
  /** Of the only attempt, when it is one of which the entry itself says the rest. */
  attemptStatus: 15,
  attemptConnect: 16,
  attemptFirstByte: 17,
  attemptTotal: 18,
} as const;
const width = 19;

export type Place = (typeof place)[keyof typeof place];

/** What few entries have. */
export interface EntryRest {
  readonly sessionId: string | undefined;
  readonly warnings: readonly string[] | undefined;
  /** Undefined: there was one, and it is among the numbers. */
  readonly attempts: readonly AttemptRecord[] | undefined;
  /** A usage of which the numbers do not say all. */
  readonly usage: Entry['usage'];
}

export class EntryBatch {
  readonly capacity: number;
  readonly ids: string[];
  readonly principals: string[];
  readonly kinds: EntryKind[];
  readonly rests: (EntryRest | undefined)[];
  length = 0;
  readonly #numbers: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.ids = [];
    this.principals = [];
    this.kinds = [];
    this.rests = [];
    this.#numbers = new Float64Array(capacity * width);
  }

  static of(entries: readonly Entry[]): EntryBatch {
    const batch = new EntryBatch(entries.length);
    for (const entry of entries) batch.add(entry);
    return batch;
  }

  get isFull(): boolean {
    return this.length >= this.capacity;
  }

  /** Only while it is not full. */
  add(entry: Entry): void {
    const index = this.length;
    const { usage, timings } = entry;
    const only = onlyPlainAttempt(entry);
    this.ids[index] = entry.id;
    this.principals[index] = entry.principal;
    this.kinds[index] = kindOf(entry);
    this.rests[index] = restOf(entry, only);

    const numbers = this.#numbers;
    const start = index * width;
    numbers[start + place.timeMs] = entry.timeMs;
    numbers[start + place.input] = usage?.input ?? Number.NaN;
    numbers[start + place.cachedInput] = usage?.cachedInput ?? Number.NaN;
    numbers[start + place.cacheWrite] = usage?.cacheWrite ?? Number.NaN;
    numbers[start + place.cacheWrite1h] = usage?.cacheWrite1h ?? Number.NaN;
    numbers[start + place.output] = usage?.output ?? Number.NaN;
    numbers[start + place.reasoning] = usage?.reasoning ?? Number.NaN;
    numbers[start + place.providerCostNanoUsd] = usage?.providerCostNanoUsd ?? Number.NaN;
    numbers[start + place.costNanoUsd] = entry.costNanoUsd ?? Number.NaN;
    numbers[start + place.auth] = micros(timings.authMs);
    numbers[start + place.plan] = micros(timings.planMs);
    numbers[start + place.connect] = micros(timings.connectMs);
    numbers[start + place.firstByte] = micros(timings.firstByteMs);
    numbers[start + place.total] = micros(timings.totalMs);
    numbers[start + place.overhead] = micros(timings.overheadMs);
    numbers[start + place.attemptStatus] = only?.status ?? Number.NaN;
    numbers[start + place.attemptConnect] = micros(only?.connectMs);
    numbers[start + place.attemptFirstByte] = micros(only?.firstByteMs);
    numbers[start + place.attemptTotal] = micros(only?.totalMs);
    this.length = index + 1;
  }

  /** NaN = absent. */
  number(index: number, at: Place): number {
    return this.#numbers[index * width + at] as number;
  }

  /** As they were added, to the microsecond. */
  toEntries(): Entry[] {
    return Array.from({ length: this.length }, (_, index) => this.#entryAt(index));
  }

  /** Empty again, and holding on to nothing. */
  clear(): void {
    this.ids.length = 0;
    this.principals.length = 0;
    this.kinds.length = 0;
    this.rests.length = 0;
    this.length = 0;
  }

  #entryAt(index: number): Entry {
    const { usageSource, ...kind } = this.kinds[index] as EntryKind;
    const rest = this.rests[index];
    const cost = this.number(index, place.costNanoUsd);
    return {
      ...kind,
      id: this.ids[index] as string,
      principal: this.principals[index] as string,
      timeMs: this.number(index, place.timeMs),
      attempts: rest?.attempts ?? [this.#attemptAt(index, kind)],
      usage: usageSource === undefined ? undefined : (rest?.usage ?? this.#usageAt(index, usageSource)),
      costNanoUsd: Number.isNaN(cost) ? null : cost,
      warnings: rest?.warnings,
      sessionId: rest?.sessionId,
      timings: {
        authMs: this.#ms(index, place.auth) ?? 0,
        planMs: this.#ms(index, place.plan) ?? 0,
        connectMs: this.#ms(index, place.connect),
        firstByteMs: this.#ms(index, place.firstByte),
        totalMs: this.#ms(index, place.total) ?? 0,
        overheadMs: this.#ms(index, place.overhead) ?? 0,
      },
    };
  }

  #attemptAt(index: number, kind: Omit<EntryKind, 'usageSource'>): AttemptRecord {
    return {
      provider: kind.provider ?? '',
      connection: kind.connection ?? '',
      model: kind.providerModel ?? '',
      status: this.#known(index, place.attemptStatus),
      connectMs: this.#ms(index, place.attemptConnect),
      firstByteMs: this.#ms(index, place.attemptFirstByte),
      totalMs: this.#ms(index, place.attemptTotal) ?? 0,
    };
  }

  #usageAt(index: number, source: 'upstream' | 'estimated'): NonNullable<Entry['usage']> {
    return {
      input: this.number(index, place.input),
      cachedInput: this.number(index, place.cachedInput),
      cacheWrite: this.number(index, place.cacheWrite),
      cacheWrite1h: this.number(index, place.cacheWrite1h),
      output: this.number(index, place.output),
      reasoning: this.number(index, place.reasoning),
      source,
      providerCostNanoUsd: this.#known(index, place.providerCostNanoUsd),
    };
  }

  #known(index: number, at: Place): number | undefined {
    const value = this.number(index, at);
    return Number.isNaN(value) ? undefined : value;
  }

  #ms(index: number, at: Place): number | undefined {
    const value = this.#known(index, at);
    return value === undefined ? undefined : value / 1_000;
  }
}

/** Microseconds are as fine as any reader needs, and half as long in the database as what the clock says. */
function micros(ms: number | undefined): number {
  return ms === undefined ? Number.NaN : Math.round(ms * 1_000);
}

/** Nothing about it but its status and times is not said by the entry itself. */
function onlyPlainAttempt(entry: Entry): AttemptRecord | undefined {
  const { attempts } = entry;
  const [only] = attempts;
  if (
    attempts.length !== 1 ||
    only === undefined ||
    only.errorCode !== undefined ||
    only.costNanoUsd !== undefined ||
    only.continues !== undefined ||
    only.provider !== entry.provider ||
    only.connection !== entry.connection ||
    only.model !== entry.providerModel
  )
    return undefined;
  return only;
}

function restOf(entry: Entry, only: AttemptRecord | undefined): EntryRest | undefined {
  const { usage, sessionId, warnings } = entry;
  const saysMore =
    usage !== undefined &&
    (usage.anomaly !== undefined || usage.units !== undefined || usage.parts !== undefined || usage.billed !== undefined);
  if (only !== undefined && !saysMore && sessionId === undefined && warnings === undefined) return undefined;
  return { sessionId, warnings, attempts: only === undefined ? entry.attempts : undefined, usage: saysMore ? usage : undefined };
}
