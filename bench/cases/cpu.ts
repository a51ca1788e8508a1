// CPU time per request or per chunk, from the candidate's own clock ticks.
import type { Route } from '../candidates/candidate.ts';
import type { LoadJob, LoadPace } from '../load/job.ts';
import { cpuMicros, processTree } from '../measure/process-facts.ts';
import type { StreamWish } from '../wire/requests.ts';
import { type Case, jobFor, type Measurement, pause, type Scale } from './case.ts';

const connections = 32;
const openai: Route = { client: 'openai', upstream: 'openai' };
const atOnce: StreamWish = { chunks: 100, gapMs: 0 };

/** Lets writes that trail the answers (ledger batches, log lines) fall into the measurement they belong to. */
const settleMs = 200;

/** CPU-µs of the candidate per answer of the job. */
export async function cpuPerAnswer({ lab, running, scale }: Measurement, job: LoadJob): Promise<number> {
  const pids = processTree(running.pid ?? 0);
  const before = cpuMicros(pids);
  const report = await lab.run(job);
  if (!scale.smoke) await pause(settleMs);
  return (cpuMicros(pids) - before) / report.answers;
}

/** Full speed for the time of a measurement; a few requests in a smoke run. */
export function saturating(scale: Scale, durationMs = scale.runMs): LoadPace {
  return scale.smoke ? { kind: 'count', connections: 4, requests: 60, spreadMs: 0 } : { kind: 'closed', connections, durationMs };
}

export interface RequestCase {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly most: number;
  readonly route: Route;
  readonly bodyBytes: number;
  readonly stream?: StreamWish;
  readonly config?: string;
}

export function requestCase({ id, title, about, most, route, config, ...wish }: RequestCase): Case {
  return {
    ...(config !== undefined && { config }),
    id,
    title,
    about,
    route,
    who: 'all',
    metrics: [{ id: 'cpu', label: 'CPU per request', unit: 'µs', against: 'nginx', most }],
    async warmUp(measurement) {
      await measurement.lab.run(jobFor(measurement, { ...wish, pace: saturating(measurement.scale, measurement.scale.warmUpMs) }));
    },
    async measure(measurement) {
      return { cpu: await cpuPerAnswer(measurement, jobFor(measurement, { ...wish, pace: saturating(measurement.scale) })) };
    },
  };
}

export const requestCases: readonly Case[] = [
  requestCase({
    id: 'json-1k',
    title: '1 KB JSON request, 1.2 KB answer',
    about: 'The fixed price of a request: parsing, key check, plan, ledger row.',
    most: 4.5,
    route: openai,
    bodyBytes: 1024,
  }),
  requestCase({
    id: 'json-1k-budget',
    title: 'the same under two budgets and a limit',
    about:
      'Besides: the worst case is reserved under the budget of the key and that of everybody, durably, and settled; the request counts.',
    most: 4.8,
    route: openai,
    bodyBytes: 1024,
    config: `budgets:
  - { holder: global, amount_usd: 100000, window: month }
  - { holder: "key:*", amount_usd: 100000, window: day }
rate_limits:
  - { holder: "key:*", unit: requests, amount: 1000000000, per: 1m }
`,
  }),
  requestCase({
    id: 'stream-100',
    title: 'stream of 100 chunks delivered at once',
    about: 'The upstream writes 100 events, each its own HTTP chunk, in one write: what a stream costs when nothing waits.',
    most: 3,
    route: openai,
    bodyBytes: 1024,
    stream: atOnce,
  }),
  requestCase({
    id: 'prompt-100k',
    title: '100 KB prompt, same dialect',
    about: 'Long conversations: what it costs to look into a large body and hand it on.',
    most: 3,
    route: openai,
    bodyBytes: 100 * 1024,
  }),
  requestCase({
    id: 'cross-anthropic-client',
    title: 'cross-dialect stream of 100 chunks, Anthropic client, OpenAI upstream',
    about: 'Every event is translated. nginx and bare Node, which cannot, hand on the same upstream bytes untouched.',
    most: 12,
    route: { client: 'anthropic', upstream: 'openai' },
    bodyBytes: 1024,
    stream: atOnce,
  }),
  requestCase({
    id: 'cross-openai-client',
    title: 'cross-dialect stream of 100 chunks, OpenAI client, Anthropic upstream',
    about: 'The other direction of the same.',
    most: 12,
    route: { client: 'openai', upstream: 'anthropic' },
    bodyBytes: 1024,
    stream: atOnce,
  }),
];

function pacedShape({ smoke, runMs }: Scale): PacedShape {
  const gapMs = 10;
  return smoke ? { streams: 4, stream: { chunks: 20, gapMs: 5 } } : { streams: 80, stream: { chunks: Math.ceil(runMs / gapMs), gapMs } };
}

interface PacedShape {
  readonly streams: number;
  readonly stream: StreamWish;
}

function pacedJob(measurement: Measurement, { streams, stream }: PacedShape): { readonly job: LoadJob; readonly chunks: number } {
  // Starts are spread over one gap, so that the chunks of the streams do not come in step.
  const pace = { kind: 'count', connections: streams, requests: streams, spreadMs: stream.gapMs } as const;
  return { job: jobFor(measurement, { bodyBytes: 1024, stream, pace }), chunks: stream.chunks };
}

export const pacedStream: Case = {
  id: 'paced-stream',
  title: 'paced stream, per chunk',
  about:
    '80 streams at 100 chunks per second each: the price of a chunk that travels alone. The cost of the request is spread over its chunks.',
  route: openai,
  who: 'all',
  metrics: [{ id: 'cpu', label: 'CPU per chunk', unit: 'µs', against: 'nginx', most: 2 }],
  async warmUp(measurement) {
    const { streams, stream } = pacedShape(measurement.scale);
    // At the pace of the measurement it would take ten seconds until everything is compiled.
    const faster = measurement.scale.smoke ? stream : { chunks: 1_000, gapMs: 2 };
    await measurement.lab.run(pacedJob(measurement, { streams, stream: faster }).job);
  },
  async measure(measurement) {
    const { job, chunks } = pacedJob(measurement, pacedShape(measurement.scale));
    return { cpu: (await cpuPerAnswer(measurement, job)) / chunks };
  },
};
