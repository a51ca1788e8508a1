import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { anthropicFrames, openaiFrames } from '../support/canned-replies.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { chatBody, lineWhere, messagesBody, start } from './client.ts';

const mebibyte = 1024 * 1024;
/** What one stream brings; more than all kernel buffers on the way hold. */
const streamBytes = 96 * mebibyte;
/** Kernel buffers on both hops and what the gateway may hold. */
const heldAtMost = 32 * mebibyte;

interface Source {
  readonly baseUrl: string;
  /** Bytes that the gateway has taken so far. */
  taken(): number;
  readonly closed: Promise<void>;
}

const servers: (() => void)[] = [];
afterAll(() => {
  for (const close of servers) close();
});

/** Sends as fast as it is read, like a provider that has all tokens ready. */
async function startSource(opening: string, content: string, closing: string): Promise<Source> {
  let taken = 0;
  let hangUp = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const frames = Buffer.from(content.repeat(Math.ceil(65_536 / content.length)));
  const pour = (response: ServerResponse): void => {
    while (taken < streamBytes) {
      taken += frames.length;
      if (!response.write(frames)) {
        response.once('drain', () => pour(response));
        return;
      }
    }
    response.end(closing);
  };
  const server = createServer((_request, response) => {
    response.on('close', hangUp);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(opening);
    pour(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, taken: () => taken, closed };
}

function startReader(gateway: RunningGateway, path: string, body: object): Socket {
  const payload = JSON.stringify(body);
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.pause();
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\nconnection: close\r\n\r\n${payload}`,
  );
  return socket;
}

/** Waits until the source has stood still for a while. */
async function standsStill(source: Source): Promise<number> {
  let before = -1;
  await expect
    .poll(
      () => {
        const now = source.taken();
        const still = now > mebibyte && now === before;
        before = now;
        return still;
      },
      { interval: 150, timeout: 10_000 },
    )
    .toBe(true);
  return source.taken();
}

const openai = openaiFrames({ text: 'word' });
const claude = anthropicFrames({ text: 'word' });
const openaiSource = (): Promise<Source> => startSource(openai[0] ?? '', openai[1] ?? '', openai.slice(2).join(''));
const claudeSource = (): Promise<Source> => startSource(claude.slice(0, 3).join(''), claude[3] ?? '', claude.slice(4).join(''));

describe.each([
  ['passed through', '/v1/chat/completions', openaiSource, chatBody({ stream: true }), 'OPENAI', 'data: [DONE]'],
  [
    'passed through in Anthropic’s dialect',
    '/v1/messages',
    claudeSource,
    messagesBody({ stream: true }),
    'ANTHROPIC',
    'event: message_stop',
  ],
  ['translated', '/v1/chat/completions', claudeSource, chatBody({ stream: true, model: 'claude-haiku-4-5' }), 'ANTHROPIC', 'data: [DONE]'],
] as const)('a slow reader of a stream %s', (_how, path, startIt, body, variable, ending) => {
  it('pauses the upstream, and gets everything once it reads', { timeout: 30_000 }, async () => {
    const source = await startIt();
    const gateway = await start({ env: { [`${variable}_BASE_URL`]: source.baseUrl, [`${variable}_API_KEY`]: 'sk-0123456789' } });
    const reader = startReader(gateway, path, body);

    expect(await standsStill(source)).toBeLessThan(heldAtMost);

    let seen = 0;
    let last = Buffer.alloc(0);
    reader.on('data', (bytes: Buffer) => {
      seen += bytes.length;
      last = Buffer.concat([last, bytes]).subarray(-300);
    });
    reader.resume();
    await new Promise((resolve) => reader.on('close', resolve));
    expect(source.taken()).toBeGreaterThanOrEqual(streamBytes);
    expect(seen).toBeGreaterThan(streamBytes / 4);
    expect(last.toString()).toContain(ending);
    expect(await lineWhere(gateway, () => true)).toMatchObject({ status: 200, error_code: null });
  });

  it('who leaves instead stops the upstream', { timeout: 30_000 }, async () => {
    const source = await startIt();
    const gateway = await start({ env: { [`${variable}_BASE_URL`]: source.baseUrl, [`${variable}_API_KEY`]: 'sk-0123456789' } });
    const reader = startReader(gateway, path, body);
    await standsStill(source);

    reader.resetAndDestroy();
    await source.closed;

    expect(source.taken()).toBeLessThan(streamBytes);
    expect(await lineWhere(gateway, () => true)).toMatchObject({ status: 499, error_code: 'client_gone' });
  });
});
