// A request with an Idempotency-Key, and kill -9 at any moment of its life: whoever has read the whole answer gets the very same one
// from every later life, and no provider is asked again for it.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import { Draw } from '../support/draw.ts';
import { startUpstream } from '../support/fake-upstream.ts';
import { callFaulty, type Saw } from '../support/fault-client.ts';
import { buildBundle, spawnGateway } from '../support/spawn-gateway.ts';
import { tempDir } from '../support/temp-dir.ts';

const seed = Number(process.env['FAULT_SEED'] ?? '1');
const lives = 6;
const orders = 12;

interface Order {
  readonly name: string;
  readonly stream: boolean;
  /** Every whole answer that somebody has read. */
  readonly answers: string[];
  /** How often a provider had been asked when the first whole answer was read. */
  askedUntilAnswered?: number;
}

it(`gives one answer to one order through ${lives} lives`, { timeout: 120_000 }, async () => {
  const draw = new Draw(seed);
  let made = 0;
  // No two answers are alike: one that was made a second time would show.
  const upstream = await startUpstream((request) => {
    made += 1;
    const reply = request.body.includes('"stream":true')
      ? openaiStream({ text: `answer ${made}` })
      : openaiAnswer({ text: `answer ${made}` });
    return { ...reply, headDelayMs: draw.int(0, 60), gapMs: draw.int(0, 10) };
  });
  const asked = (order: Order): number => upstream.requests.filter(({ body }) => body.includes(order.name)).length;
  const dataDir = tempDir('orders');
  const bundle = buildBundle();
  const env = { OPENAI_BASE_URL: upstream.baseUrl, OPENAI_API_KEY: 'sk-orders-0123456789', MPC_LOG_LEVEL: 'error' };
  const all = Array.from({ length: orders }, (_, index): Order => ({ name: `order-${index}-end`, stream: draw.chance(0.5), answers: [] }));

  for (let life = 1; life <= lives; life += 1) {
    const gateway = await spawnGateway({ dataDir, bundle, env: { ...env, NODE_COMPILE_CACHE: join(bundle, 'compiled') } });
    const askedBefore = upstream.requests.length;
    let read = 0;
    const send = async (order: Order): Promise<void> => {
      await delay(draw.int(0, 100));
      const saw = await place(gateway.url, order);
      if (!isWhole(saw)) return;
      read += 1;
      order.answers.push(saw.text);
      order.askedUntilAnswered ??= asked(order);
    };
    // Two copies of each come at once: the second waits for the first.
    let isOver = false;
    const sent = Promise.all([...all, ...all].map(send)).finally(() => (isOver = true));
    if (life === lives) {
      await sent;
      expect(await gateway.stop()).toBe(0);
      break;
    }
    // By turns while providers are asked, and while answers are read.
    const wanted = draw.int(1, 8);
    while (!isOver && (life % 2 === 1 ? upstream.requests.length - askedBefore : read) < wanted) await delay(1);
    await gateway.stop('SIGKILL');
    await sent;
  }

  await upstream.close();
  expect(all.filter(({ answers }) => answers.length < 2)).toEqual([]);
  expect(all.filter(({ answers }) => new Set(answers).size !== 1)).toEqual([]);
  expect(all.filter((order) => asked(order) !== order.askedUntilAnswered)).toEqual([]);
  // Each life can have asked for an order once that it did not live to answer.
  expect(all.filter((order) => asked(order) > lives)).toEqual([]);
  // Some orders were answered in a life that was killed, some asked for more than once: else nothing was tried.
  expect(all.filter(({ answers }) => answers.length > 2).length).toBeGreaterThan(0);
  expect(all.filter((order) => asked(order) > 1).length).toBeGreaterThan(0);
  const database = await openDatabase(dataDir);
  const entries = [...database.reader.readEntries({})];
  database.close();
  for (const { name } of all) expect(entries.filter(({ sessionId }) => sessionId === name).length).toBeLessThanOrEqual(1);
});

const place = (url: string, { name, stream }: Order): Promise<Saw> =>
  callFaulty({
    url,
    path: '/v1/chat/completions',
    body: JSON.stringify({ model: 'gpt-4o-mini', stream, messages: [{ role: 'user', content: name }] }),
    headers: { 'idempotency-key': name, 'x-session-id': name },
  });

const isWhole = ({ status, end, text }: Saw): boolean => status === 200 && end === 'complete' && !text.includes('"error":');
