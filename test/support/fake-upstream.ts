// A provider on loopback, scripted per test: real sockets, whole answers or streams, and every way an upstream can misbehave.
// A reply is data, so a fault is a spread: `{ ...openaiStream(), cutAt: 300, then: 'reset' }`.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parseJson, type JsonValue } from '../../src/core/json.ts';

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  /** Instead of `body`: written one after the other, each in an event-loop turn of its own. */
  readonly pieces?: readonly (string | Buffer)[];
  /** Milliseconds between pieces (slow drip). */
  readonly gapMs?: number;
  /** Milliseconds before the head. `Infinity` = the head never comes. */
  readonly headDelayMs?: number;
  /** Only this many bytes of the body are sent; then `then` happens. */
  readonly cutAt?: number;
  /**
   * What follows the body: a proper end, an abrupt FIN, a TCP reset, or silence.
   * With `reset` the kernel may discard bytes that the peer has not read yet, as it does in life.
   */
  readonly then?: 'end' | 'close' | 'reset' | 'stall';
  /**
   * How the body is delimited; default `length` for `body`, `chunked` for `pieces`. `wrong-length` promises 100 bytes
   * more than come, `malformed-chunks` writes a chunk size that is not hexadecimal after the first piece.
   */
  readonly framing?: 'length' | 'chunked' | 'close' | 'wrong-length' | 'malformed-chunks';
  readonly encoding?: 'gzip';
}

export type Responder = Reply | ((request: SeenRequest) => Reply | Promise<Reply>);

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Counts TCP connections from 1: two requests with one number shared a socket. */
  readonly connection: number;
  json(): JsonValue;
  /** Resolves when the client hung up before the answer was complete, with the milliseconds since the request had arrived. */
  readonly aborted: Promise<number>;
  /** Resolves when the whole answer has been handed to the socket. */
  readonly answered: Promise<void>;
}

export interface FakeUpstream {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** `url` with `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** One responder per request, in order; the last one answers all that follow. Calling it again starts over. */
  respond(...responders: readonly Responder[]): void;
  /** Resolves with the request of this number (from 0) as soon as it has arrived. */
  request(index: number): Promise<SeenRequest>;
  /** Connections open now. */
  openConnections(): number;
  close(): Promise<void>;
}

const unscripted: Reply = { status: 599, headers: { 'content-type': 'text/plain' }, body: 'the test has not scripted this upstream' };

/** Starts a scripted upstream on a free port of 127.0.0.1. */
export async function startUpstream(...responders: readonly Responder[]): Promise<FakeUpstream> {
  const requests: SeenRequest[] = [];
  const waiting = new Map<number, ((request: SeenRequest) => void)[]>();
  const sockets = new Map<Socket, number>();
  let connections = 0;
  let script = responders;
  let position = 0;

  const server = createServer((message, response) => {
    void readRequest({ message, response, connection: sockets.get(message.socket) ?? 0 }).then(async ({ seen, finish }) => {
      const index = requests.push(seen) - 1;
      for (const wake of waiting.get(index) ?? []) wake(seen);
      const responder = script[Math.min(position, script.length - 1)] ?? unscripted;
      position += 1;
      await play(typeof responder === 'function' ? await responder(seen) : responder, response);
      finish();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.set(socket, connections);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    baseUrl: `${url}/v1`,
    requests,
    respond(...next) {
      script = next;
      position = 0;
    },
    request(index) {
      const seen = requests[index];
      if (seen !== undefined) return Promise.resolve(seen);
      return new Promise((resolve) => waiting.set(index, [...(waiting.get(index) ?? []), resolve]));
    },
    openConnections: () => sockets.size,
    close() {
      for (const socket of sockets.keys()) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Arrival {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: number;
}

async function readRequest({ message, response, connection }: Arrival): Promise<{ seen: SeenRequest; finish: () => void }> {
  const arrivedMs = performance.now();
  let finish = (): void => undefined;
  const aborted = new Promise<number>((resolve) => {
    response.on('close', () => {
      if (!response.writableFinished) resolve(performance.now() - arrivedMs);
    });
  });
  const answered = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const pieces: Buffer[] = [];
  try {
    for await (const piece of message) pieces.push(piece as Buffer);
  } catch {
    // The client left in mid-body; `aborted` says so.
  }
  const body = Buffer.concat(pieces);
  const seen: SeenRequest = {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body,
    connection,
    json: () => parseJson(body.toString('utf8')),
    aborted,
    answered,
  };
  return { seen, finish };
}

async function play(reply: Reply, response: ServerResponse): Promise<void> {
  if (reply.headDelayMs === Infinity) return;
  if (reply.headDelayMs !== undefined) await pause(reply.headDelayMs);
  if (response.destroyed) return;

  const pieces = bodyPieces(reply);
  writeHead(reply, response, pieces);
  const last = pieces.length - 1;
  for (const [index, piece] of pieces.entries()) {
    if (response.destroyed) return;
    await write(response, piece);
    if (reply.framing === 'malformed-chunks') response.socket?.write('not-hexadecimal\r\nbroken\r\n');
    if (reply.pieces !== undefined && index < last) await pause(reply.gapMs ?? 0);
  }
  await finishBody(reply, response);
}

function bodyPieces(reply: Reply): readonly Buffer[] {
  const whole = (reply.pieces ?? [reply.body ?? '']).map((piece) => Buffer.from(piece as string));
  const encoded = reply.encoding === 'gzip' ? [gzipSync(Buffer.concat(whole))] : whole;
  return reply.cutAt === undefined ? encoded : cut(encoded, reply.cutAt);
}

function cut(pieces: readonly Buffer[], length: number): readonly Buffer[] {
  const kept: Buffer[] = [];
  let left = length;
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push(piece.subarray(0, left));
    left -= piece.length;
  }
  return kept;
}

function writeHead(reply: Reply, response: ServerResponse, pieces: readonly Buffer[]): void {
  const headers: Record<string, string | readonly string[]> = { ...reply.headers };
  const framing = reply.framing ?? (reply.pieces === undefined && reply.cutAt === undefined ? 'length' : 'chunked');
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (reply.encoding !== undefined) headers['content-encoding'] = reply.encoding;
  if (framing === 'length') headers['content-length'] = String(size);
  if (framing === 'wrong-length') headers['content-length'] = String(size + 100);
  if (framing === 'chunked' || framing === 'malformed-chunks') headers['transfer-encoding'] = 'chunked';
  if (framing === 'close') {
    headers.connection = 'close';
    response.useChunkedEncodingByDefault = false;
  }
  response.writeHead(reply.status ?? 200, headers as Record<string, string | string[]>);
  response.flushHeaders();
}

/** Resolves when the kernel has taken the bytes, so that a reset which follows does not overtake them in our own buffers. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  if (piece.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(piece, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

async function finishBody(reply: Reply, response: ServerResponse): Promise<void> {
  if (reply.framing === 'wrong-length' && reply.then === undefined) {
    response.socket?.end();
    return;
  }
  switch (reply.then ?? 'end') {
    case 'end':
      response.end();
      return;
    case 'close':
      response.socket?.end();
      return;
    case 'reset':
      // One turn of grace: the peer's reader gets the bytes before the reset discards them.
      await pause(20);
      response.socket?.resetAndDestroy();
      return;
    case 'stall':
      return;
  }
}

function pause(delayMs: number): Promise<void> {
  return delayMs === 0 ? nextTurn() : new Promise((resolve) => setTimeout(resolve, delayMs));
}
