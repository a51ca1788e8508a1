import { Buffer } from 'node:buffer';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { httpChunk, lastHttpChunk, streamEvents, streamHead, streamText } from '../wire/answers.ts';
import type { LoadJob, LoadPace, LoadReport } from './job.ts';
import { runJob } from './run-job.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const { opening, deltas, closing } = streamEvents({ dialect: 'openai', chunks: 10, usage: false });
const frames = [...opening, ...deltas, ...closing];

function answerOf(said: readonly string[]): Buffer {
  return Buffer.concat([streamHead('openai'), ...said.map(httpChunk), lastHttpChunk]);
}

/** A server that answers the n-th request as told. */
async function upstream(answer: (socket: Socket, count: number) => void): Promise<number> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('data', () => answer(socket, count++));
    socket.on('error', () => socket.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function load(port: number, pace: LoadPace, { patienceMs } = { patienceMs: 5_000 }): Promise<LoadReport> {
  const job: LoadJob = {
    port,
    upstream: 'openai',
    path: '/v1/chat/completions',
    headers: {},
    credentials: ['authorization: Bearer one'],
    body: '{}',
    expect: { dialect: 'openai', stream: true, text: streamText(10) },
    pace,
    readEvery: 1,
    patienceMs,
  };
  const outcome = await runJob(job);
  outcome.release();
  return outcome.report;
}

const tenRequests: LoadPace = { kind: 'count', connections: 2, requests: 10, spreadMs: 0 };

it('sends exactly the requests it was asked for and reads every answer', async () => {
  let seen = 0;
  const port = await upstream((socket) => {
    seen += 1;
    socket.write(answerOf(frames));
  });

  const report = await load(port, tenRequests);

  expect(report).toMatchObject({ answers: 10, read: 10, failures: 0, faults: [] });
  expect(seen).toBe(10);
});

it.each([
  ['a stream without its end', (socket: Socket) => socket.write(answerOf(frames.slice(0, -1))), 'without its terminal event'],
  ['a missing chunk', (socket: Socket) => socket.write(answerOf(frames.toSpliced(3, 1))), 'wrong text'],
  ['a status', (socket: Socket) => socket.write('HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy'), 'status 503: busy'],
  ['a cut connection', (socket: Socket) => socket.end(answerOf(frames).subarray(0, 900)), 'closed before the answer'],
  ['too many bytes', (socket: Socket) => socket.write(Buffer.concat([answerOf(frames), Buffer.from('0')])), 'behind the end'],
])('counts %s as a failure and goes on with a new connection', async (_, wrong, message) => {
  const port = await upstream((socket, count) => {
    if (count === 4) wrong(socket);
    else socket.write(answerOf(frames));
  });

  const report = await load(port, tenRequests);

  expect(report).toMatchObject({ answers: 9, failures: 1 });
  expect(report.faults[0]).toContain(message);
});

it('takes the credentials in turn', async () => {
  const seen: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      seen.push(/Bearer (\w+)/.exec(bytes.toString())?.[1] ?? '');
      socket.write(answerOf(frames));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const outcome = await runJob({
    port,
    upstream: 'openai',
    path: '/',
    headers: {},
    credentials: ['authorization: Bearer one', 'authorization: Bearer two'],
    body: '{}',
    expect: { dialect: 'openai', stream: true, text: undefined },
    pace: { kind: 'count', connections: 1, requests: 4, spreadMs: 0 },
    readEvery: 1,
    patienceMs: 5_000,
  });
  outcome.release();

  expect(seen).toEqual(['one', 'two', 'one', 'two']);
});

it('holds streams open until they are released', async () => {
  const open = new Set<Socket>();
  const port = await upstream((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.write(Buffer.concat([streamHead('openai'), ...frames.slice(0, 2).map(httpChunk)]));
  });
  const outcome = await runJob({
    port,
    upstream: 'openai',
    path: '/',
    headers: {},
    credentials: ['x-api-key: one'],
    body: '{}',
    expect: { dialect: 'openai', stream: true, text: streamText(10) },
    pace: { kind: 'hold', streams: 12 },
    readEvery: 1,
    patienceMs: 5_000,
  });

  expect(outcome.report).toMatchObject({ answers: 12, failures: 0 });
  expect(open.size).toBe(12);
  const allClosed = Promise.all([...open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  outcome.release();
  await allClosed;
});

it('sends at its rate whether or not answers come, and gives up on a server that never answers', async () => {
  const port = await upstream(() => undefined);

  const report = await load(port, { kind: 'rate', perSecond: 20_000, durationMs: 2_000 });

  expect(report.answers).toBe(0);
  expect(report.faults[0]).toContain('cannot keep up');
});

it('gives up on a request that is swallowed', async () => {
  const port = await upstream((socket, count) => {
    if (count !== 4) socket.write(answerOf(frames));
  });

  const report = await load(port, { ...tenRequests, connections: 1 }, { patienceMs: 50 });

  expect(report).toMatchObject({ answers: 4, failures: 1, faults: ['nothing was answered for 0.05 s'] });
});
