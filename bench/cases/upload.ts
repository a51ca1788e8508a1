// What a large upload adds to the resident memory: forms must pass without being held.
import { processTree, residentBytes } from '../measure/process-facts.ts';
import { transcriptText } from '../wire/answers.ts';
import { type Case, type Measurement, pause } from './case.ts';

const megabyte = 1024 * 1024;
const sampleMs = 5;

async function upload(
  { lab, running, route, scale }: Measurement,
  wish: { readonly bytes: number; readonly times: number },
): Promise<void> {
  await lab.run({
    port: running.port,
    upstream: route.upstream,
    path: '/v1/audio/transcriptions',
    headers: running.headers(route),
    credentials: running.credentials(route.client).slice(0, 1),
    // The gateway's names carry the provider's, the others' do not.
    body: { form: { model: running.model(route).replace(/[^/]+$/, 'whisper-1') }, fileBytes: wish.bytes },
    expect: { dialect: route.client, stream: false, text: transcriptText },
    pace: { kind: 'count', connections: 1, requests: wish.times, spreadMs: 0 },
    readEvery: 1,
    patienceMs: scale.runMs + 15_000,
  });
}

export const uploadCase: Case = {
  id: 'upload-25m',
  title: 'memory of a 25 MB upload',
  about:
    'The highest RSS while a 25 MB file is sent to /v1/audio/transcriptions four times, one after another, − RSS before, in a process that has served uploads of 1 MB.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'all',
  restarts: true,
  roundsMost: 3,
  metrics: [{ id: 'rss', label: 'added RSS', unit: 'MB', against: 'nothing', most: 8 }],
  async warmUp(measurement) {
    await upload(measurement, { bytes: megabyte, times: measurement.scale.smoke ? 2 : 20 });
  },
  async measure(measurement) {
    const { running, scale } = measurement;
    await pause(scale.smoke ? 50 : 1_500);
    const pids = processTree(running.pid ?? 0);
    const before = residentBytes(pids);
    let peak = before;
    const timer = setInterval(() => {
      peak = Math.max(peak, residentBytes(pids));
    }, sampleMs);
    try {
      await upload(measurement, { bytes: 25 * megabyte, times: scale.smoke ? 1 : 4 });
    } finally {
      clearInterval(timer);
    }
    return { rss: (peak - before) / megabyte };
  },
};
