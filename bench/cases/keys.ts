// Does a request get dearer when there are many keys?
import type { LoadJob } from '../load/job.ts';
import { median } from '../measure/statistics.ts';
import { type Case, jobFor, type Measurement } from './case.ts';
import { cpuPerAnswer, saturating } from './cpu.ts';

const manyKeys = 10_000;

/** A shared machine is a quarter slower for seconds at a time: with short runs in turn it is so for one key as for many. */
const turns = 3;

export const keys: Case = {
  id: 'keys-10000',
  title: '10,000 virtual keys in turn against one',
  about: 'The same 1 KB requests, 10,000 at a time: by turns with one key and with the next of 10,000 each time; each key was used before.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'own',
  keys: manyKeys,
  metrics: [
    { id: 'one', label: 'CPU per request, one key', unit: 'µs', against: 'nothing' },
    { id: 'many', label: 'CPU per request, 10,000 keys', unit: 'µs', against: 'nothing' },
    // Equal runs in turn still differ by some hundredths.
    { id: 'ratio', label: '10,000 keys to one', unit: '×', against: 'nothing', most: 1.1 },
  ],
  async warmUp(measurement) {
    const { lab, scale } = measurement;
    await lab.run(eachOnce(measurement, manyKeys));
    await lab.run(jobFor(measurement, { bodyBytes: 1024, keys: 1, pace: saturating(scale, scale.warmUpMs) }));
  },
  async measure(measurement) {
    const pairs: { readonly one: number; readonly many: number }[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      // The order changes: whatever drifts, drifts for both.
      const oneFirst = turn % 2 === 0;
      const first = await cost(measurement, oneFirst ? 1 : manyKeys);
      const second = await cost(measurement, oneFirst ? manyKeys : 1);
      pairs.push(oneFirst ? { one: first, many: second } : { one: second, many: first });
    }
    return {
      one: median(pairs.map(({ one }) => one)),
      many: median(pairs.map(({ many }) => many)),
      ratio: median(pairs.map(({ one, many }) => many / one)),
    };
  },
};

function cost(measurement: Measurement, keysUsed: number): Promise<number> {
  return cpuPerAnswer(measurement, eachOnce(measurement, keysUsed));
}

/** As many requests as there are keys: of many, each is used once. */
function eachOnce(measurement: Measurement, keysUsed: number): LoadJob {
  const requests = measurement.running.credentials('openai').length;
  return jobFor(measurement, { bodyBytes: 1024, keys: keysUsed, pace: { kind: 'count', connections: 32, requests, spreadMs: 0 } });
}
