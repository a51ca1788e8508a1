// A client on loopback that behaves badly on request: it leaves at any moment, reads slowly, or says what is no request.
import { type Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface FaultyCall {
  readonly url: string;
  readonly path: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Hangs up: this long after sending (and before any head), or after so many bytes of the answer. */
  readonly leave?:
    | { readonly beforeHead: number }
    | { readonly afterMs: number }
    | { readonly afterBytes: number }
    | { readonly afterText: string };
  /** Stops reading for this long after each piece. */
  readonly readGapMs?: number;
  /** Keeps connections; default: one for each call. */
  readonly agent?: Agent;
  /** The whole call may take this long; then it counts as hung. */
  readonly limitMs?: number;
}

export interface Saw {
  /** Undefined: no head came. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** `broken`: the connection ended inside the answer; `hung`: nothing ended within the limit. */
  readonly end: 'complete' | 'broken' | 'left' | 'hung';
  /** Monotonic time of leaving. */
  readonly leftMs?: number;
}

/** One request. Never rejects: what went wrong is what it saw. */
export function callFaulty(call: FaultyCall): Promise<Saw> {
  return new Promise((resolve) => {
    let status: number | undefined;
    let headers: Saw['headers'] = {};
    const pieces: Buffer[] = [];
    let bytes = 0;
    let over = false;
    const finish = (end: Saw['end']): void => {
      if (over) return;
      over = true;
      clearTimeout(limit);
      const leftMs = end === 'left' ? { leftMs: performance.now() } : {};
      if (end !== 'complete' || call.agent === undefined) sent.destroy();
      resolve({ status, headers, text: Buffer.concat(pieces).toString('utf8'), end, ...leftMs });
    };
    const limit = setTimeout(() => finish('hung'), call.limitMs ?? 10_000);
    const sent = request(`${call.url}${call.path}`, {
      method: 'POST',
      agent: call.agent ?? false,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(call.body), ...call.headers },
    });
    sent.on('error', () => finish('broken'));
    sent.on('response', (response) => {
      status = response.statusCode;
      headers = response.headers;
      response.on('data', (piece: Buffer) => {
        pieces.push(piece);
        bytes += piece.length;
        if (hasEnough(call.leave, bytes, pieces)) finish('left');
        else if (call.readGapMs !== undefined && !over) {
          response.pause();
          setTimeout(() => response.resume(), call.readGapMs);
        }
      });
      response.on('end', () => finish(response.complete ? 'complete' : 'broken'));
      response.on('error', () => finish('broken'));
    });
    sent.end(call.body);
    const { leave } = call;
    if (leave !== undefined && 'beforeHead' in leave) setTimeout(() => finish('left'), leave.beforeHead);
    if (leave !== undefined && 'afterMs' in leave) setTimeout(() => finish('left'), leave.afterMs);
  });
}

function hasEnough(leave: FaultyCall['leave'], bytes: number, pieces: readonly Buffer[]): boolean {
  if (leave === undefined || 'beforeHead' in leave || 'afterMs' in leave) return false;
  return 'afterBytes' in leave ? bytes >= leave.afterBytes : Buffer.concat(pieces).includes(leave.afterText);
}

export interface RawOptions {
  /** Milliseconds between pieces. */
  readonly gapMs?: number;
  /** After the last piece: wait for the server, close our half, or reset. */
  readonly then?: 'wait' | 'half-close' | 'reset';
  readonly limitMs?: number;
}

/** Writes exactly these pieces and answers everything that came back until the server closed, or the limit. */
export async function sayRaw(url: string, pieces: readonly (string | Buffer)[], options: RawOptions = {}): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  let seen = '';
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve());
  });
  socket.setEncoding('latin1').on('data', (text: string) => {
    seen += text;
  });
  for (const piece of pieces) {
    if (!(await write(socket, piece))) break;
    if (options.gapMs !== undefined) await delay(options.gapMs);
  }
  if (options.then === 'half-close') socket.end();
  if (options.then === 'reset') socket.resetAndDestroy();
  await Promise.race([closed, delay(options.limitMs ?? 10_000, undefined, { ref: false })]);
  socket.destroy();
  return seen;
}

function write(socket: Socket, piece: string | Buffer): Promise<boolean> {
  if (socket.destroyed || !socket.writable) return Promise.resolve(false);
  return new Promise((resolve) => socket.write(piece, (error) => resolve(error === undefined || error === null)));
}

/** A request as bytes, for pipelining and for spoiling. */
export function requestBytes(path: string, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = { host: 'localhost', 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The statuses of all answers in what a socket said. */
export const statusesIn = (seen: string): readonly number[] => [...seen.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
