// Prometheus metrics, fed by gateway events. Labels are bounded: names that callers choose never become label values
// unless the catalog knows them, and the number of models is capped.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Observer } from '../gateway/events.ts';

export interface MetricsSources {
  readonly inFlight: () => number;
  readonly pendingEntries: () => number;
  readonly pools: () => readonly { readonly connection: string; readonly running: number; readonly queued: number; readonly free: number }[];
  readonly eventLoopLag: () => { readonly p50Ms: number; readonly p99Ms: number };
  readonly version: string;
}

export interface Metrics extends Observer {
  readonly contentType: string;
  render(): Promise<string>;
}

const maxModels = 300;
const otherModel = 'other';
const latencySeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
const overheadSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const labels = ['provider', 'model'] as const;
  const requests = new Counter({ name: 'mpc_requests_total', help: 'Exchanges ended, by status.', labelNames: [...labels, 'dialect', 'status'], registers });
  const errors = new Counter({ name: 'mpc_errors_total', help: 'Exchanges that failed, by error code.', labelNames: [...labels, 'code'], registers });
  const attempts = new Counter({ name: 'mpc_upstream_attempts_total', help: 'Upstream calls, by outcome.', labelNames: ['provider', 'connection', 'outcome'], registers });
  const tokens = new Counter({ name: 'mpc_tokens_total', help: 'Tokens by disjoint usage class.', labelNames: [...labels, 'class'], registers });
  const cost = new Counter({ name: 'mpc_cost_usd_total', help: 'Cost of calls with a known price.', labelNames: labels, registers });
  const unpriced = new Counter({ name: 'mpc_unpriced_total', help: 'Calls whose price is unknown.', labelNames: labels, registers });
  const duration = new Histogram({ name: 'mpc_request_duration_seconds', help: 'From arrival to the last byte.', labelNames: labels, buckets: latencySeconds, registers });
  const firstByte = new Histogram({ name: 'mpc_time_to_first_token_seconds', help: 'From arrival to the first content of a stream.', labelNames: labels, buckets: latencySeconds, registers });
  const overhead = new Histogram({ name: 'mpc_overhead_seconds', help: 'What the gateway itself added before sending.', labelNames: [], buckets: overheadSeconds, registers });
  gauges(registers, sources);

  const models = new Set<string>();
  const modelLabel = (model: string | undefined): string => {
    if (model === undefined) return 'none';
    if (models.has(model)) return model;
    if (models.size >= maxModels) return otherModel;
    models.add(model);
    return model;
  };

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    exchangeEnded({ entry }) {
      const provider = entry.provider ?? 'none';
      const model = modelLabel(entry.model);
      requests.inc({ provider, model, dialect: entry.dialect, status: entry.status });
      if (entry.errorCode !== undefined) errors.inc({ provider, model, code: entry.errorCode });
      for (const attempt of entry.attempts) {
        attempts.inc({ provider: attempt.provider, connection: attempt.connection, outcome: attempt.errorCode ?? 'ok' });
      }
      duration.observe({ provider, model }, entry.timings.totalMs / 1_000);
      overhead.observe(entry.timings.overheadMs / 1_000);
      if (entry.stream && entry.timings.firstByteMs !== undefined) firstByte.observe({ provider, model }, entry.timings.firstByteMs / 1_000);
      if (entry.usage === undefined) return;
      const { input, cachedInput, cacheWrite, output, reasoning } = entry.usage;
      if (input > 0) tokens.inc({ provider, model, class: 'input' }, input);
      if (cachedInput > 0) tokens.inc({ provider, model, class: 'cached_input' }, cachedInput);
      if (cacheWrite > 0) tokens.inc({ provider, model, class: 'cache_write' }, cacheWrite);
      if (output > 0) tokens.inc({ provider, model, class: 'output' }, output);
      if (reasoning > 0) tokens.inc({ provider, model, class: 'reasoning' }, reasoning);
      if (entry.costNanoUsd === null) unpriced.inc({ provider, model });
      else if (entry.costNanoUsd > 0) cost.inc({ provider, model }, entry.costNanoUsd / 1e9);
    },
  };
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
  gauge('mpc_event_loop_lag_p99_seconds', 'Event-loop delay, 99th percentile since the last scrape.', () => sources.eventLoopLag().p99Ms / 1_000);
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
