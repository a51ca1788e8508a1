// What is counted per exchange, in plain numbers: one look-up and a few additions on the request's path.
// The exposition format is made from it when somebody scrapes (metrics.ts).
import type { ExchangeEnd } from '../gateway/events.ts';

type Entry = ExchangeEnd['entry'];

/** Cumulative when read, per bucket while counting. */
export class Buckets {
  readonly limits: readonly number[];
  /** One more than limits: the last counts what is above all of them. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(limits: readonly number[]) {
    this.limits = limits;
    this.counts = new Array<number>(limits.length + 1).fill(0);
  }

  observe(value: number): void {
    const { limits } = this;
    let index = 0;
    while (index < limits.length && value > (limits[index] as number)) index += 1;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
    this.count += 1;
  }
}

const latencySeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const overheadSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];

/** Everything counted for one model at one provider. */
export class ModelTally {
  readonly provider: string;
  readonly model: string;
  readonly duration = new Buckets(latencySeconds);
  readonly firstByte = new Buckets(latencySeconds);
  /** `dialect status` → exchanges. */
  readonly requests = new Map<string, number>();
  /** The key of the last one: nearly always that of the next, and the concatenation would have to be hashed anew. */
  private lastDialect = '';
  private lastStatus = 0;
  private lastKey = '';
  readonly errors = new Map<string, number>();
  input = 0;
  cachedInput = 0;
  cacheWrite = 0;
  output = 0;
  reasoning = 0;
  costNanoUsd = 0;
  unpriced = 0;

  constructor(provider: string, model: string) {
    this.provider = provider;
    this.model = model;
  }

  private requestKey({ dialect, status }: Entry): string {
    if (dialect !== this.lastDialect || status !== this.lastStatus) {
      this.lastDialect = dialect;
      this.lastStatus = status;
      this.lastKey = `${dialect} ${status}`;
    }
    return this.lastKey;
  }

  add(entry: Entry): void {
    const { timings, usage } = entry;
    increment(this.requests, this.requestKey(entry));
    if (entry.errorCode !== undefined) increment(this.errors, entry.errorCode);
    this.duration.observe(timings.totalMs / 1_000);
    if (entry.stream && timings.firstByteMs !== undefined) this.firstByte.observe(timings.firstByteMs / 1_000);
    if (usage === undefined) return;
    this.input += usage.input;
    this.cachedInput += usage.cachedInput;
    this.cacheWrite += usage.cacheWrite;
    this.output += usage.output;
    this.reasoning += usage.reasoning;
    if (entry.costNanoUsd === null) this.unpriced += 1;
    else this.costNanoUsd += entry.costNanoUsd;
  }
}

/** Past this many models the rest share one line: callers of an open-ended server choose the names. */
const maxModels = 300;
const otherModel = 'other';

export class Tally {
  readonly models = new Map<string, ModelTally>();
  /** `provider connection outcome` → upstream calls. */
  readonly attempts = new Map<string, number>();
  /** The same, of those that went on with an answer that another had begun. */
  readonly continuations = new Map<string, number>();
  readonly overhead = new Buckets(overheadSeconds);
  /** What the last exchange counted for, which the next one mostly does, too. */
  private last: ModelTally | undefined;
  private lastAttempt:
    | { readonly provider: string; readonly connection: string; readonly outcome: string; readonly key: string }
    | undefined;

  add(entry: Entry): void {
    this.tallyOf(entry.provider ?? 'none', entry.model ?? 'none').add(entry);
    this.overhead.observe(entry.timings.overheadMs / 1_000);
    const { attempts } = entry;
    for (let i = 0; i < attempts.length; i += 1) {
      const attempt = attempts[i];
      if (attempt === undefined) continue;
      const key = this.attemptKey(attempt);
      increment(this.attempts, key);
      if (attempt.continues === true) increment(this.continuations, key);
    }
  }

  private attemptKey({ provider, connection, errorCode = 'ok' }: Entry['attempts'][number]): string {
    const { lastAttempt } = this;
    if (lastAttempt?.provider === provider && lastAttempt.connection === connection && lastAttempt.outcome === errorCode)
      return lastAttempt.key;
    const key = `${provider} ${connection} ${errorCode}`;
    this.lastAttempt = { provider, connection, outcome: errorCode, key };
    return key;
  }

  private tallyOf(provider: string, model: string): ModelTally {
    const { last } = this;
    if (last !== undefined && last.model === model && last.provider === provider) return last;
    const key = `${provider} ${model}`;
    const known = this.models.get(key);
    if (known !== undefined) {
      this.last = known;
      return known;
    }
    if (this.models.size >= maxModels && model !== otherModel) return this.tallyOf(provider, otherModel);
    const tally = new ModelTally(provider, model);
    this.models.set(key, tally);
    return tally;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
