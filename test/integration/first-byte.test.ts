// The head of a stream comes at its beginning, that of a whole answer when the answer is made: their first bytes have limits of their own.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { LoadedSettings } from '../../src/config/settings.ts';
import { openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ask, chat, openaiKey, quick, startProvider } from './client.ts';

const streamLimitMs = 60;
const wholeLimitMs = 15_000;
/** Well between the two: undici looks at its timers only once or twice a second. */
const headDelayMs = 2_500;

let openai: FakeUpstream;
const apps: App[] = [];
beforeAll(async () => {
  openai = await startProvider();
});
afterAll(() => Promise.all(apps.map((app) => app.close())));

async function startWith(connectionLimitMs?: number): Promise<{ readonly url: string }> {
  const dir = tempDir('first-byte');
  const env = {
    ...quick,
    PORT: '0',
    MPC_LOG_LEVEL: 'silent',
    MPC_DATA_DIR: join(dir, 'data'),
    OPENAI_BASE_URL: openai.baseUrl,
    OPENAI_API_KEY: openaiKey,
  };
  const loaded = loadSettings({ env, cwd: dir });
  const { settings } = loaded;
  const connections = settings.connections.map((one) =>
    connectionLimitMs === undefined ? one : { ...one, timeouts: { firstByteMs: connectionLimitMs } },
  );
  const timeouts = { ...settings.timeouts, firstByteMs: streamLimitMs, wholeFirstByteMs: wholeLimitMs };
  const shortened: LoadedSettings = { ...loaded, settings: { ...settings, connections, timeouts } };
  const app = await createApp(shortened);
  apps.push(app);
  return app.listen();
}

it('lets whole answers begin later than a stream', async () => {
  const gateway = await startWith();
  const vectors = {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
    model: 'm',
    usage: { prompt_tokens: 1, total_tokens: 1 },
  };
  openai.respond(({ path }) =>
    path.endsWith('/embeddings')
      ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(vectors), headDelayMs }
      : { ...openaiAnswer(), headDelayMs },
  );

  const answers = await Promise.all([
    chat(gateway),
    ask(gateway, '/v1/embeddings', { body: { model: 'text-embedding-3-small', input: 'x' } }),
  ]);

  expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
});

it('gives a stream up at its own limit', async () => {
  const gateway = await startWith();
  openai.respond({ ...openaiStream(), headDelayMs: Number.POSITIVE_INFINITY });

  expect((await chat(gateway, { stream: true })).status).toBe(504);
});

it('holds every answer to the limit that its connection sets', async () => {
  const gateway = await startWith(streamLimitMs);
  openai.respond({ ...openaiAnswer(), headDelayMs: Number.POSITIVE_INFINITY });

  expect((await chat(gateway)).status).toBe(504);
});
