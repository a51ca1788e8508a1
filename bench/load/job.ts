// What the load process is asked to do and what it reports: the messages between it and the benchmark.
import type { WireDialect } from '../wire/wire-dialect.ts';
import type { Expectation } from '../wire/check-answer.ts';

export interface LoadJob {
  /** The grammar in which the requests must reach the upstream. */
  readonly upstream: WireDialect;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn, one per request: a header line each, for runs with many keys. */
  readonly credentials: readonly string[];
  /** JSON, or a form with a file; the file is made by the load itself. */
  readonly body: string | FormBody;
  readonly expect: Expectation;
  readonly pace: LoadPace;
  /** Every n-th answer is read completely and its text compared. */
  readonly readEvery: number;
  /** The run is given up when no answer was complete for so long. */
  readonly patienceMs: number;
}

export interface FormBody {
  /** Its fields, sent before the file. */
  readonly form: Readonly<Record<string, string>>;
  readonly fileBytes: number;
}

export type LoadPace =
  /** A fixed number of connections, each sending its next request when its answer is complete. */
  | { readonly kind: 'closed'; readonly connections: number; readonly durationMs: number }
  /** The same, but a fixed number of requests; the first ones spread over a time. */
  | { readonly kind: 'count'; readonly connections: number; readonly requests: number; readonly spreadMs: number }
  /** Requests leave at their time, whether or not earlier ones were answered. */
  | { readonly kind: 'rate'; readonly perSecond: number; readonly durationMs: number }
  /** Streams that stay open until `release`. */
  | { readonly kind: 'hold'; readonly streams: number };

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadReport {
  readonly answers: number;
  /** Answers that were read completely. */
  readonly read: number;
  readonly failures: number;
  /** The first few different failures in words. */
  readonly faults: readonly string[];
  readonly elapsedMs: number;
  /** From sending the request to the last byte of the answer. */
  readonly latencyMs: Percentiles;
  /** From sending the request to the first byte of the body. */
  readonly firstByteMs: Percentiles;
}

export type LoadMessage =
  | { readonly type: 'run'; readonly job: LoadJob }
  /** Ends a `hold` job: the streams are closed. */
  | { readonly type: 'release' };

export type LoadReply =
  | { readonly type: 'ready' }
  | { readonly type: 'report'; readonly report: LoadReport }
  | { readonly type: 'held'; readonly report: LoadReport }
  | { readonly type: 'failed'; readonly reason: string };
