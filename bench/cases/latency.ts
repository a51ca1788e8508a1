// Time a candidate adds at a fixed arrival rate, against calling the upstream directly in the same round.
import type { LoadReport } from '../load/job.ts';
import type { StreamWish } from '../wire/requests.ts';
import { type Case, jobFor, type Measurement } from './case.ts';
import { saturating } from './cpu.ts';

const route = { client: 'openai', upstream: 'openai' } as const;

async function atRate(measurement: Measurement, stream?: StreamWish): Promise<LoadReport> {
  const { lab, scale } = measurement;
  // Open loop: a slow answer delays no later request, so it cannot hide behind a lower rate.
  const pace = scale.smoke
    ? ({ kind: 'rate', perSecond: 200, durationMs: 300 } as const)
    : ({ kind: 'rate', perSecond: 1000, durationMs: Math.max(4_000, scale.runMs) } as const);
  return lab.run(jobFor(measurement, { bodyBytes: 1024, pace, ...(stream ? { stream } : {}) }));
}

/** At the fixed rate alone it would take a minute until everything is compiled. */
async function warm(measurement: Measurement, stream?: StreamWish): Promise<void> {
  const { lab, scale } = measurement;
  await lab.run(jobFor(measurement, { bodyBytes: 1024, pace: saturating(scale, scale.warmUpMs), ...(stream ? { stream } : {}) }));
  await atRate(measurement, stream);
}

export const latency: Case = {
  id: 'latency',
  title: 'added latency at 1,000 requests/s',
  about: 'Requests of 1 KB leave at their time whether or not earlier ones were answered; what a direct call takes is subtracted.',
  route,
  who: 'all',
  metrics: [
    { id: 'p50', label: 'added, p50', unit: 'ms', against: 'direct', most: 0.4 },
    { id: 'p99', label: 'added, p99', unit: 'ms', against: 'direct', most: 3 },
  ],
  async warmUp(measurement) {
    await warm(measurement);
  },
  async measure(measurement) {
    const { latencyMs } = await atRate(measurement);
    return { p50: latencyMs.p50, p99: latencyMs.p99 };
  },
};

// Ten chunks, so that the rest of the stream does not occupy the core on which the first bytes are awaited.
const shortStream: StreamWish = { chunks: 10, gapMs: 0 };

export const firstToken: Case = {
  id: 'first-token',
  title: 'added time to first token at 1,000 streams/s',
  about: 'From sending the request to the first byte of the body of a stream; what a direct call takes is subtracted.',
  route,
  who: 'all',
  metrics: [
    { id: 'p50', label: 'added, p50', unit: 'ms', against: 'direct', most: 0.5 },
    { id: 'p99', label: 'added, p99', unit: 'ms', against: 'direct' },
  ],
  async warmUp(measurement) {
    await warm(measurement, shortStream);
  },
  async measure(measurement) {
    const { firstByteMs } = await atRate(measurement, shortStream);
    return { p50: firstByteMs.p50, p99: firstByteMs.p99 };
  },
};
