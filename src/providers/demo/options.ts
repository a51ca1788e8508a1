// Latency, pace and faults of one call: from the model name (`demo-fast:latency=200,fail=429`) and from the header
// `x-mpc-demo: latency=200;fail=429`. The header wins. docs/demo.md describes every option.
import { DemoProblem } from './problem.ts';

/** Faults with a name; any status from 400 to 599 is a fault too (`fail=503`). */
export const namedFaults = [
  'html',
  'json',
  'error-body',
  'empty',
  'empty-500',
  'quota',
  'context',
  'reset',
  'stall',
  'truncate',
  'midstream',
  'nofinish',
  'nodone',
  'crlf',
  'bigframe',
  'dup-start',
  'slowhead',
] as const;

export type NamedFault = (typeof namedFaults)[number];

export interface DemoOptions {
  /** Milliseconds before the head. */
  readonly latencyMs: number;
  /** Tokens per second of a stream; 0 = all at once. */
  readonly pace: number;
  /** Exact number of output tokens; undefined = as long as the answer is. */
  readonly tokens?: number;
  /** Tokens per frame. */
  readonly chunk: number;
  readonly fault?: NamedFault | number;
  /** Content frames before a stream fault. */
  readonly after: number;
  /** Probability of the fault. */
  readonly rate: number;
  /** Makes `rate` repeatable: the n-th call with the same seed always has the same fate. */
  readonly seed?: string;
  /** Only the first so many calls with these very options fail. */
  readonly times?: number;
  /** Seconds, sent with error statuses. */
  readonly retryAfter?: string;
  readonly usage: 'right' | 'none' | 'wrong';
  /** The option text itself: calls that share it share `times`. */
  readonly text: string;
}

export const plainOptions: DemoOptions = { latencyMs: 0, pace: 0, chunk: 1, after: 0, rate: 1, usage: 'right', text: '' };

/** Upper limits keep a drill from becoming an attack on the process it runs in. */
const limits = { latency: 600_000, pace: 1_000_000, tokens: 200_000, chunk: 100_000, after: 1_000_000, rate: 1, times: 1_000_000 } as const;

export interface NamedModel {
  /** Without prefix and options: `demo-fast`. */
  readonly model: string;
  readonly options: DemoOptions;
}

/** `demo/demo-fast:latency=200` and the header → model and options. Throws on an option it does not know. */
export function readOptions(name: string, header: string | undefined): NamedModel {
  const bare = name.startsWith('demo/') ? name.slice('demo/'.length) : name;
  const colon = bare.indexOf(':');
  if (colon < 0 && header === undefined) return { model: bare, options: plainOptions };
  const model = colon < 0 ? bare : bare.slice(0, colon);
  const text = [colon < 0 ? '' : bare.slice(colon + 1), header ?? ''].filter((part) => part !== '').join(';');
  return { model, options: parseOptions(text) };
}

function parseOptions(text: string): DemoOptions {
  const options: { -readonly [Key in keyof DemoOptions]: DemoOptions[Key] } = { ...plainOptions, text };
  for (const pair of text.split(/[,;]/)) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? pair : pair.slice(0, equals)).trim();
    const value = equals < 0 ? '' : pair.slice(equals + 1).trim();
    const set = Object.hasOwn(setters, name) ? setters[name] : undefined;
    if (set === undefined) throw unknown(`unknown demo option "${name}"; known are ${Object.keys(setters).join(', ')}`);
    set(options, value);
  }
  return options;
}

type Setter = (options: { -readonly [Key in keyof DemoOptions]: DemoOptions[Key] }, value: string) => void;

const setters: Readonly<Record<string, Setter>> = {
  latency: (options, value) => {
    options.latencyMs = number('latency', value);
  },
  pace: (options, value) => {
    options.pace = number('pace', value);
  },
  tokens: (options, value) => {
    options.tokens = Math.floor(number('tokens', value));
  },
  chunk: (options, value) => {
    options.chunk = Math.max(1, Math.floor(number('chunk', value)));
  },
  after: (options, value) => {
    options.after = Math.floor(number('after', value));
  },
  rate: (options, value) => {
    options.rate = number('rate', value);
  },
  times: (options, value) => {
    options.times = Math.floor(number('times', value));
  },
  seed: (options, value) => {
    options.seed = value;
  },
  'retry-after': (options, value) => {
    if (!/^[\w.:, -]{1,64}$/.test(value)) throw unknown('demo option "retry-after" is seconds or an HTTP date');
    options.retryAfter = value;
  },
  usage: (options, value) => {
    if (value !== 'right' && value !== 'none' && value !== 'wrong') throw unknown('demo option "usage" is right, none or wrong');
    options.usage = value;
  },
  fail: (options, value) => {
    options.fault = fault(value);
  },
};

export const optionNames: readonly string[] = Object.keys(setters);

function fault(value: string): NamedFault | number {
  const status = Number(value);
  if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  const named = namedFaults.find((name) => name === value);
  if (named === undefined) throw unknown(`unknown demo fault "${value}"; known are a status from 400 to 599, ${namedFaults.join(', ')}`);
  return named;
}

function number(name: keyof typeof limits, value: string): number {
  const parsed = value === '' ? Number.NaN : Number(value);
  if (!(parsed >= 0 && parsed <= limits[name])) throw unknown(`demo option "${name}" is a number from 0 to ${limits[name]}`);
  return parsed;
}

function unknown(message: string): DemoProblem {
  return new DemoProblem({ status: 400, message, code: 'unknown_demo_option', param: 'model' });
}
