// Leaving: SIGTERM loses no stream and no entry; kill -9 loses at most the last moment.
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openaiAnswer, openaiFrames, streamOf } from '../support/canned-replies.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import { spawnGateway } from '../support/spawn-gateway.ts';
import { ask, chat, chatBody, hello, logLines, messagesBody, open, start, startProvider, startStage } from './client.ts';

const refuses = (gateway: { readonly url: string }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectTo(gateway);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

function connectTo(gateway: { readonly url: string }): Socket {
  return connect(Number(new URL(gateway.url).port), '127.0.0.1').on('error', () => undefined);
}

const ended = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.on('close', resolve).resume());

interface HalfSent {
  readonly socket: Socket;
  readonly body: string;
  seen(): string;
}

/** A request whose headers the server has read, and whose body has yet to come. */
async function halfSent(gateway: { readonly url: string }): Promise<HalfSent> {
  const socket = connectTo(gateway);
  let seen = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    seen += text;
  });
  const body = JSON.stringify({ model: 'demo-fast', messages: hello });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  await expect.poll(() => seen).toContain('100 Continue');
  return { socket, body, seen: () => seen };
}

describe('a process that gets SIGTERM', { timeout: 30_000 }, () => {
  it('lets live streams end, refuses new connections, writes every entry, and leaves with 0', async () => {
    const provider = await startProvider({ ...streamOf(openaiFrames({ text: 'one two three four five' })), gapMs: 150 });
    const gateway = await spawnGateway({
      env: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'sk-0123456789', MPC_LOG_LEVEL: 'trace' },
    });
    const earlier = await chat(gateway, { model: 'demo-fast' });
    const passed = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    const simulated = await open(gateway, '/v1/messages', { body: messagesBody({ stream: true, model: 'demo-fast:pace=20,tokens=20' }) });
    const streams = Promise.all([passed, simulated].map((response) => collectStream(response)));
    const idle = connectTo(gateway);
    const idleEnded = ended(idle);

    const stopped = gateway.stop('SIGTERM');
    await expect.poll(() => refuses(gateway)).toBe(true);

    const [one, other] = await streams;
    expect([one?.brokenBy, other?.brokenBy]).toEqual([undefined, undefined]);
    expect(one === undefined ? '' : openaiText(one)).toBe('one two three four five');
    expect(one?.frames.at(-1)?.data).toBe('[DONE]');
    expect(other?.frames.at(-1)?.event).toBe('message_stop');
    expect(await stopped).toBe(0);
    await idleEnded;
    const lines = await logLines(gateway);
    expect(new Set(lines.map((line) => line.id))).toEqual(
      new Set([earlier, passed, simulated].map(({ headers }) => headers.get('x-request-id'))),
    );
    expect(lines.map((line) => line.error_code)).toEqual([null, null, null]);
    expect(gateway.output()).toContain(earlier.headers.get('x-request-id'));
    expect(gateway.output()).not.toMatch(/sk-0123456789|Say hello/);
  });
});

describe('the drain', () => {
  it('lets a whole answer end that is waited for', async () => {
    const { gateway, openai } = await startStage();
    openai.respond({ ...openaiAnswer({ text: 'worth the wait' }), headDelayMs: 150 });
    const call = chat(gateway);
    await openai.request(0);

    await gateway.close();

    const answer = await call;
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('worth the wait');
    expect(await logLines(gateway)).toMatchObject([{ status: 200 }]);
  });

  it('says on connections that were kept open that they end', async () => {
    const gateway = await start();
    const request = await halfSent(gateway);
    const socketEnded = ended(request.socket);

    const closed = gateway.close();
    await expect.poll(() => refuses(gateway)).toBe(true);
    request.socket.write(request.body);
    await socketEnded;

    expect(request.seen()).toContain('HTTP/1.1 200 ');
    expect(request.seen().toLowerCase()).toContain('connection: close');
    await closed;
  });

  it('ends what is left after its time with a legal error, and still writes the entry', async () => {
    const { gateway, openai } = await startStage({ yaml: 'server:\n  drain_seconds: 0\n' });
    openai.respond({ ...streamOf(openaiFrames({ text: 'one two' }).slice(0, 2)), then: 'stall' });
    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });

    await gateway.close();

    const stream = await collectStream(response);
    expect(stream.brokenBy).toBeUndefined();
    expect(openaiText(stream)).toBe('one');
    expect(JSON.parse(stream.frames.at(-1)?.data ?? 'null')).toMatchObject({ error: { code: 'shutting_down' } });
    expect(await logLines(gateway)).toMatchObject([{ error_code: 'shutting_down' }]);
  });

  it('answers 503 after its time to those who wait for a whole answer', async () => {
    const { gateway, openai } = await startStage({ yaml: 'server:\n  drain_seconds: 0\n' });
    openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });
    const call = chat(gateway);
    await openai.request(0);

    await gateway.close();

    const answer = await call;
    expect(answer.status).toBe(503);
    expect(answer.json<{ error: { code: string } }>().error.code).toBe('shutting_down');
    expect(await logLines(gateway)).toMatchObject([{ status: 503, error_code: 'shutting_down' }]);
  });

  it('does not wait for ever for the rest of a request', async () => {
    const gateway = await start({ yaml: 'server:\n  drain_seconds: 0\n' });
    const request = await halfSent(gateway);
    const socketEnded = ended(request.socket);

    await gateway.close();
    await socketEnded;

    expect(request.seen()).toContain('HTTP/1.1 503 ');
  });
});

describe('kill -9 under load', { timeout: 60_000 }, () => {
  it('loses no call that was finished for 100 ms, and counts none twice', async () => {
    const gateway = await spawnGateway();
    const finished: { readonly id: string; readonly atMs: number }[] = [];
    let stop = false;
    const client = async (): Promise<void> => {
      while (!stop) {
        const answer = await chat(gateway, { model: 'demo-fast', stream: finished.length % 3 === 0 }).catch(() => undefined);
        if (answer === undefined) return;
        finished.push({ id: answer.headers.get('x-request-id') ?? '', atMs: performance.now() });
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await expect.poll(() => finished.length, { timeout: 20_000 }).toBeGreaterThan(300);

    const killedMs = performance.now();
    gateway.process.kill('SIGKILL');
    stop = true;
    await Promise.all(clients);
    await gateway.stop('SIGKILL');

    // A gateway that starts in the same folder finds everything in order.
    const again = await start({ dataDir: gateway.dataDir });
    const ids = (await logLines(again)).map((line) => line.id);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(ids);
    expect(finished.filter((call) => call.atMs < killedMs - 100 && !known.has(call.id))).toEqual([]);
    expect((await chat(again, { model: 'demo-fast' })).status).toBe(200);
    expect((await ask(again, '/health')).status).toBe(200);
  });
});
