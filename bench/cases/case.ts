// A case is one question about candidates: what is sent, what is measured, what must hold.
import type { Route, Running } from '../candidates/candidate.ts';
import type { LoadJob, LoadPace } from '../load/job.ts';
import type { Lab } from '../measure/lab.ts';
import { streamText, wholeText } from '../wire/answers.ts';
import { requestBody, type StreamWish } from '../wire/requests.ts';
import { requestPath } from '../wire/wire-dialect.ts';

export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: 'µs' | 'ms' | 'MB' | 'KB' | '×';
  /** What the target speaks of: the ratio to nginx, what is added to a direct call, or the value itself. */
  readonly against: 'nginx' | 'direct' | 'nothing';
  /** The target; absent = shown for orientation. */
  readonly most?: number;
}

export interface Scale {
  readonly smoke: boolean;
  /** Length of one timed measurement. */
  readonly runMs: number;
  readonly warmUpMs: number;
}

export interface Measurement {
  readonly lab: Lab;
  readonly running: Running;
  /** The route as this candidate takes it. */
  readonly route: Route;
  readonly scale: Scale;
  readonly round: number;
}

export interface Case {
  readonly id: string;
  readonly title: string;
  /** For the documentation: what a number of this case means. */
  readonly about: string;
  readonly metrics: readonly Metric[];
  readonly route: Route;
  /** `all` candidates, or only the gateway itself. */
  readonly who: 'all' | 'own';
  /** Virtual keys the gateway is started with. */
  readonly keys?: number;
  /** Text of the gateway's `mpc.yaml`. */
  readonly config?: string;
  /** Start the candidates anew for every round: for what a process does only once. */
  readonly restarts?: true;
  /** Rounds beyond this say nothing new. */
  readonly roundsMost?: number;
  /** Why it cannot be run here; undefined = it can. */
  missing?(): string | undefined;
  /** Brings a freshly started candidate to its usual speed. */
  warmUp?(measurement: Measurement): Promise<void>;
  /** One value per metric id. */
  measure(measurement: Measurement): Promise<Readonly<Record<string, number>>>;
}

export interface JobWish {
  readonly bodyBytes: number;
  readonly stream?: StreamWish;
  readonly pace: LoadPace;
  /** Which of the candidate's keys to use; all of them in turn by default. */
  readonly keys?: number;
}

export function jobFor({ running, route, scale }: Measurement, wish: JobWish): LoadJob {
  const { stream, bodyBytes, pace, keys } = wish;
  const body = requestBody({ dialect: route.client, model: running.model(route), bodyBytes, ...(stream ? { stream } : {}) });
  return {
    port: running.port,
    upstream: route.upstream,
    path: requestPath(route.client, { model: running.model(route), stream: stream !== undefined }),
    headers: running.headers(route),
    credentials: running.credentials(route.client).slice(0, keys),
    body,
    expect: { dialect: route.client, stream: stream !== undefined, text: stream ? streamText(stream.chunks) : wholeText },
    pace,
    // Reading an answer completely costs the load as much as ten others.
    readEvery: scale.smoke ? 1 : 200,
    patienceMs: scale.smoke ? 4_000 : scale.runMs + 15_000,
  };
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
