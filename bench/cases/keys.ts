// Does a request get dearer when there are many keys?
import { type Case, jobFor, type Measurement } from './case.ts';
import { cpuPerAnswer, saturating } from './cpu.ts';

const manyKeys = 10_000;

export const keys: Case = {
  id: 'keys-10000',
  title: '10,000 virtual keys in turn against one',
  about: 'The same 1 KB requests, once with one key and once with the next of 10,000 keys each time; each key was used once before.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'own',
  keys: manyKeys,
  metrics: [
    { id: 'one', label: 'CPU per request, one key', unit: 'µs', against: 'nothing' },
    { id: 'many', label: 'CPU per request, 10,000 keys', unit: 'µs', against: 'nothing' },
    // Two equal runs on a shared machine differ by up to a tenth.
    { id: 'ratio', label: '10,000 keys to one', unit: '×', against: 'nothing', most: 1.1 },
  ],
  async warmUp(measurement) {
    const { lab, running, scale } = measurement;
    const pace = { kind: 'count', connections: 4, requests: running.credentials('openai').length, spreadMs: 0 } as const;
    await lab.run(jobFor(measurement, { bodyBytes: 1024, pace }));
    await lab.run(jobFor(measurement, { bodyBytes: 1024, keys: 1, pace: saturating(scale, scale.warmUpMs) }));
  },
  async measure(measurement) {
    // The order changes with the round: whatever drifts, drifts for both.
    const oneFirst = measurement.round % 2 === 0;
    const first = await cost(measurement, oneFirst ? 1 : manyKeys);
    const second = await cost(measurement, oneFirst ? manyKeys : 1);
    const [one, many] = oneFirst ? [first, second] : [second, first];
    return { one, many, ratio: many / one };
  },
};

function cost(measurement: Measurement, keysUsed: number): Promise<number> {
  return cpuPerAnswer(measurement, jobFor(measurement, { bodyBytes: 1024, keys: keysUsed, pace: saturating(measurement.scale) }));
}
