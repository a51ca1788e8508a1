// Prometheus metrics, fed by gateway events. Labels are bounded: names that callers choose never become label values
// unless the catalog knows them, and the number of models is capped.
import type { Histogram } from 'prom-client';
// Part by part: the main entry also loads a push client, cluster support and OpenTelemetry, 8 MB and 20 ms at every start.
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Registry from 'prom-client/lib/registry.js';
import type { Observer } from '../gateway/events.ts';
import { type Buckets, type ModelTally, Tally } from './tally.ts';

export interface MetricsSources {
  readonly inFlight: () => number;
  readonly pendingEntries: () => number;
  readonly pools: () => readonly {
    readonly connection: string;
    readonly running: number;
    readonly queued: number;
    readonly free: number;
  }[];
  readonly eventLoopLag: () => { readonly p50Ms: number; readonly p99Ms: number };
  readonly version: string;
}

export interface Metrics extends Observer {
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const tally = new Tally();
  counters(registry, tally);
  histograms(registry, tally);
  gauges([registry], sources);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    exchangeEnded: ({ entry }) => tally.add(entry),
  };
}

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

function counters(registry: Registry, tally: Tally): void {
  const counter = (name: string, help: string, read: () => Iterable<Sample>): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      labelNames: labelNames[name] ?? [],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  };
  const perModel = (read: (model: ModelTally, labels: Labels) => readonly Sample[]) => (): Sample[] =>
    [...tally.models.values()].flatMap((model) => read(model, { provider: model.provider, model: model.model }));

  counter(
    'mpc_requests_total',
    'Exchanges ended, by status.',
    perModel((model, labels) =>
      [...model.requests].map(([key, count]) => {
        const [dialect = '', status = ''] = key.split(' ');
        return [{ ...labels, dialect, status }, count];
      }),
    ),
  );
  counter(
    'mpc_errors_total',
    'Exchanges that failed, by error code.',
    perModel((model, labels) => [...model.errors].map(([code, count]) => [{ ...labels, code }, count])),
  );
  counter(
    'mpc_tokens_total',
    'Tokens by disjoint usage class.',
    perModel((model, labels) => tokenClasses.map(([name, read]) => [{ ...labels, class: name }, read(model)])),
  );
  counter(
    'mpc_cost_usd_total',
    'Cost of calls with a known price.',
    perModel((model, labels) => [[labels, model.costNanoUsd / 1e9]]),
  );
  counter(
    'mpc_unpriced_total',
    'Calls whose price is unknown.',
    perModel((model, labels) => (model.unpriced === 0 ? [] : [[labels, model.unpriced]])),
  );
  const perOutcome = (counts: ReadonlyMap<string, number>) => (): Sample[] =>
    [...counts].map(([key, count]) => {
      const [provider = '', connection = '', outcome = ''] = key.split(' ');
      return [{ provider, connection, outcome }, count];
    });
  counter('mpc_upstream_attempts_total', 'Upstream calls, by outcome.', perOutcome(tally.attempts));
  counter(
    'mpc_stream_continuations_total',
    'Upstream calls that went on with an answer that broke off, by outcome.',
    perOutcome(tally.continuations),
  );
}

const labelNames: Readonly<Record<string, string[]>> = {
  mpc_requests_total: ['provider', 'model', 'dialect', 'status'],
  mpc_errors_total: ['provider', 'model', 'code'],
  mpc_tokens_total: ['provider', 'model', 'class'],
  mpc_cost_usd_total: ['provider', 'model'],
  mpc_unpriced_total: ['provider', 'model'],
  mpc_upstream_attempts_total: ['provider', 'connection', 'outcome'],
  mpc_stream_continuations_total: ['provider', 'connection', 'outcome'],
};

const tokenClasses: readonly (readonly [name: string, read: (model: ModelTally) => number])[] = [
  ['input', (model) => model.input],
  ['cached_input', (model) => model.cachedInput],
  ['cache_write', (model) => model.cacheWrite],
  ['output', (model) => model.output],
  ['reasoning', (model) => model.reasoning],
];

function histograms(registry: Registry, tally: Tally): void {
  const histogram = (name: string, help: string, read: () => readonly (readonly [labels: Labels, buckets: Buckets])[]): void => {
    // The library counts only what passes through its own observe(); ours was counted already, so it is handed over as samples.
    const metric = {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      get: async () => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: read().flatMap(([labels, buckets]) => bucketSamples(name, labels, buckets)),
      }),
    };
    registry.registerMetric(metric as unknown as Histogram);
  };
  const perModel = (read: (model: ModelTally) => Buckets) => () =>
    [...tally.models.values()]
      .filter((model) => read(model).count > 0)
      .map((model) => [{ provider: model.provider, model: model.model }, read(model)] as const);

  histogram(
    'mpc_request_duration_seconds',
    'From arrival to the last byte.',
    perModel((model) => model.duration),
  );
  histogram(
    'mpc_time_to_first_token_seconds',
    'From arrival to the first content of a stream.',
    perModel((model) => model.firstByte),
  );
  histogram('mpc_overhead_seconds', 'What the gateway itself added before sending.', () => [[{}, tally.overhead]]);
}

function bucketSamples(name: string, labels: Labels, buckets: Buckets): { metricName: string; labels: Labels; value: number }[] {
  let below = 0;
  const samples = buckets.counts.map((count, index) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: buckets.limits[index] ?? '+Inf' }, value: below };
  });
  return [
    ...samples,
    { metricName: `${name}_sum`, labels, value: buckets.sum },
    { metricName: `${name}_count`, labels, value: buckets.count },
  ];
}

/** Values that are read when somebody looks, and cost nothing until then. */
function gauges(registers: Registry[], sources: MetricsSources): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('mpc_in_flight', 'Requests being served.', sources.inFlight);
  gauge('mpc_ledger_pending_entries', 'Entries not yet in the database.', sources.pendingEntries);
  gauge('mpc_event_loop_lag_p50_seconds', 'Event-loop delay, median since the last scrape.', () => sources.eventLoopLag().p50Ms / 1_000);
  gauge(
    'mpc_event_loop_lag_p99_seconds',
    'Event-loop delay, 99th percentile since the last scrape.',
    () => sources.eventLoopLag().p99Ms / 1_000,
  );
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'Start of the process.', () => Math.round(performance.timeOrigin / 1_000));
  new Gauge({
    name: 'mpc_upstream_connections',
    help: 'Upstream pool: calls running and queued, idle sockets.',
    labelNames: ['connection', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { connection, running, queued, free } of sources.pools()) {
        this.set({ connection, state: 'running' }, running);
        this.set({ connection, state: 'queued' }, queued);
        this.set({ connection, state: 'free' }, free);
      }
    },
  });
  new Gauge({ name: 'mpc_build_info', help: 'The version.', labelNames: ['version'], registers }).set({ version: sources.version }, 1);
}
