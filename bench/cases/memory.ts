// Resident memory under load and per stream that is held open.
import type { LoadJob } from '../load/job.ts';
import { processTree, residentBytes } from '../measure/process-facts.ts';
import { saturating } from './cpu.ts';
import { type Case, jobFor, type Measurement, pause } from './case.ts';

const route = { client: 'openai', upstream: 'openai' } as const;
const megabyte = 1024 * 1024;

async function peakMegabytes({ lab, running }: Measurement, job: LoadJob): Promise<number> {
  let peak = 0;
  const sample = () => {
    peak = Math.max(peak, residentBytes(processTree(running.pid ?? 0)));
  };
  const timer = setInterval(sample, 100);
  try {
    await lab.run(job);
    sample();
  } finally {
    clearInterval(timer);
  }
  return peak / megabyte;
}

function peakCase(wish: {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly most: number;
  readonly bodyBytes: number;
}): Case {
  return {
    ...wish,
    route,
    who: 'all',
    roundsMost: 3,
    metrics: [{ id: 'rss', label: 'peak RSS', unit: 'MB', against: 'nothing', most: wish.most }],
    async measure(measurement) {
      const { scale } = measurement;
      const job = jobFor(measurement, { bodyBytes: wish.bodyBytes, pace: saturating(scale, scale.runMs * 2) });
      return { rss: await peakMegabytes(measurement, job) };
    },
  };
}

const idleStreams = 500;

export const memoryCases: readonly Case[] = [
  peakCase({
    id: 'rss-json',
    title: 'resident memory at saturating 1 KB load',
    about: 'The highest value seen while 32 connections send as fast as they are answered.',
    most: 150,
    bodyBytes: 1024,
  }),
  peakCase({
    id: 'rss-prompts',
    title: 'resident memory with 32 prompts of 100 KB at once',
    about: 'The same with large bodies.',
    most: 300,
    bodyBytes: 100 * 1024,
  }),
  {
    id: 'idle-stream',
    title: 'memory per idle stream',
    about: `(RSS with ${idleStreams} streams that wait for their second chunk − RSS before) / ${idleStreams}, in a process that has served streams before.`,
    route,
    who: 'all',
    restarts: true,
    roundsMost: 3,
    metrics: [{ id: 'rss', label: 'RSS per stream', unit: 'KB', against: 'nothing', most: 25 }],
    async warmUp(measurement) {
      // Code that the first streams load and compile is no cost of a stream. Only a few at a time, though:
      // a heap that a burst has grown would take in the streams to be measured without growing.
      const pace = { kind: 'count', connections: 4, requests: measurement.scale.smoke ? 10 : 400, spreadMs: 0 } as const;
      await measurement.lab.run(jobFor(measurement, { bodyBytes: 1024, stream: { chunks: 10, gapMs: 0 }, pace }));
    },
    async measure(measurement) {
      const { lab, running, scale } = measurement;
      const streams = scale.smoke ? 20 : idleStreams;
      const quietMs = scale.smoke ? 50 : 1_500;
      const pids = processTree(running.pid ?? 0);
      await pause(quietMs);
      const before = residentBytes(pids);
      const job = jobFor(measurement, { bodyBytes: 1024, stream: { chunks: 10, gapMs: 0, hold: true }, pace: { kind: 'hold', streams } });
      const during = await lab.holdOpen(job, async () => {
        await pause(quietMs);
        return residentBytes(pids);
      });
      return { rss: (during - before) / streams / 1024 };
    },
  },
];
