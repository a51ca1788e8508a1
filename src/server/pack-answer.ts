// Head and body of a small answer as one piece of bytes, and the head of a stream as one text. Node checks and joins a head field by field and then joins it with the body;
// for an answer of a kilobyte that is a twentieth of all that is done for it. What is out of the ordinary is left to Node.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../core/clock.ts';
import { STATUS_CODES } from '../core/node-http.ts';

/** How long a connection may stay without a request. */
export const keepAliveMs = 75_000;

/** Up to here an answer is copied into one piece; beyond, the copy costs more than a second piece. */
export const onePieceBytes = 16 * 1024;

/** Pieces are cut from it one behind the other, and never overwritten: one may be on its way to a slow client. */
let slab = Buffer.allocUnsafeSlow(4 * onePieceBytes);
let used = 0;

/** What a field's name and its value may consist of; everything else is Node's to accept or to refuse. */
const nameBytes = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") nameBytes[char.charCodeAt(0)] = 1;
const valueBytes = new Uint8Array(128).fill(1, 0x20, 0x7f);

/** Whether the end of the head and the end of the answer follow from nothing but the answer itself. */
export function isOrdinary(request: IncomingMessage, response: ServerResponse): boolean {
  const { connection, expect } = request.headers;
  return (
    request.httpVersion === '1.1' &&
    request.method !== 'HEAD' &&
    (connection === undefined || connection === 'keep-alive') &&
    expect === undefined &&
    // Of requests that came without waiting for answers, one has the socket.
    response.socket !== null &&
    // Fields that were set beforehand: the allowed origin, the end of the connection.
    response.getHeaderNames().length === 0
  );
}

/** Of the answers that have a body. */
const firstLines = new Map<number, string>();
for (const [text, reason] of Object.entries(STATUS_CODES)) {
  const status = Number(text);
  if (status >= 200 && status !== 204 && status !== 304) firstLines.set(status, `HTTP/1.1 ${status} ${reason}\r\n`);
}

export interface WholeAnswer {
  readonly status: number;
  /** Name, value, name, value; one list behind the other. */
  readonly fields: readonly (readonly string[])[];
  readonly body: Buffer | string;
  readonly bodyBytes: number;
}

/** What goes over a connection that stays open; undefined: Node has to make it. */
export function packAnswer({ status, fields, body, bodyBytes }: WholeAnswer): Buffer | undefined {
  const end = writeHead({ status, fields, last: lastLines().whole, bodyBytes });
  if (end === undefined) return undefined;
  if (typeof body === 'string') slab.write(body, end);
  else slab.set(body, end);
  const start = used;
  used = end + bodyBytes;
  return slab.subarray(start, used);
}

/** The same for the head of a stream in chunks. A text of its own, because it may wait for the first chunk. */
export function packStreamHead(status: number, fields: WholeAnswer['fields']): string | undefined {
  // A stream whose length is told has no chunks.
  if (fields.some(saysLength)) return undefined;
  const end = writeHead({ status, fields, last: lastLines().chunked, bodyBytes: 0 });
  return end === undefined ? undefined : slab.toString('latin1', used, end);
}

function saysLength(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if ((name.length === 14 || name.length === 17) && /^(content-length|transfer-encoding)$/i.test(name)) return true;
  }
  return false;
}

interface Head extends Pick<WholeAnswer, 'status' | 'fields' | 'bodyBytes'> {
  readonly last: string;
}

/** A chunk with its length and its line ends, behind what has to go out before it; up to `onePieceBytes` of both. */
export function packChunk(bytes: Buffer, head: string): Buffer {
  const { length } = bytes;
  makeRoom(head.length + length + mostAroundChunk);
  const to = slab;
  const start = used;
  let at = head === '' ? start : start + to.write(head, start, 'latin1');
  for (let shift = length > 0xfff ? 12 : length > 0xff ? 8 : length > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
    const digit = (length >> shift) & 0xf;
    to[at] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    at += 1;
  }
  to[at] = 0x0d;
  to[at + 1] = 0x0a;
  to.set(bytes, at + 2);
  at += 2 + length;
  to[at] = 0x0d;
  to[at + 1] = 0x0a;
  used = at + 2;
  return to.subarray(start, used);
}

/** Four digits of a length, two line ends. */
const mostAroundChunk = 8;

function makeRoom(size: number): void {
  if (size <= slab.length - used) return;
  slab = Buffer.allocUnsafeSlow(slab.length);
  used = 0;
}

/** Into the slab, where room for the body is left behind it: one past its last byte. */
function writeHead({ status, fields, last, bodyBytes }: Head): number | undefined {
  const first = firstLines.get(status);
  if (first === undefined) return undefined;
  let size = first.length + last.length + bodyBytes;
  for (const list of fields) size += sizeOf(list);
  if (size > onePieceBytes) return undefined;
  makeRoom(size);
  let at = used + slab.write(first, used, 'latin1');
  for (const list of fields) {
    for (let i = 0; i < list.length; i += 2) {
      at = writeText(at, list[i] as string, nameBytes);
      slab[at] = 0x3a;
      slab[at + 1] = 0x20;
      at = writeText(at + 2, list[i + 1] as string, valueBytes);
      if (at >= refused) return undefined;
      slab[at] = 0x0d;
      slab[at + 1] = 0x0a;
      at += 2;
    }
  }
  return at + slab.write(last, at, 'latin1');
}

/** Beyond every slab. */
const refused = 2 ** 30;

/** One past the text, or no less than `refused` where a byte of it or of what stands before it is not allowed. */
function writeText(from: number, text: string, allowed: Uint8Array): number {
  const to = slab;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (allowed[code] !== 1) return refused;
    to[from + i] = code;
  }
  return from + text.length;
}

function sizeOf(fields: readonly string[]): number {
  let size = 0;
  for (const text of fields) size += text.length;
  return size + fields.length * 2;
}

/** What a response of Node keeps of its head: undocumented, and as old as Node's HTTP. */
interface HeadState {
  _header: string | null;
  _headerSent: boolean;
}

/**
 * Makes Node take the head for sent, so that the packed answer can be written to the socket; everything else about the end of a response
 * stays Node's. False: this version of Node keeps its head elsewhere, and has to write it itself.
 */
export function takeHead(response: ServerResponse, status: number): boolean {
  const state = response as ServerResponse & HeadState;
  response.statusCode = status;
  state._header = 'packed';
  state._headerSent = true;
  return response.headersSent;
}

interface LastLines {
  readonly whole: string;
  readonly chunked: string;
}

let lastSecond = -1;
let lines: LastLines = { whole: '', chunked: '' };

/** What Node writes at the end of a head, made anew each second. */
function lastLines(): LastLines {
  const wallMs = systemClock.wallMs();
  const second = Math.floor(wallMs / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    const kept = `Date: ${new Date(wallMs).toUTCString()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1_000}\r\n`;
    lines = { whole: `${kept}\r\n`, chunked: `${kept}Transfer-Encoding: chunked\r\n\r\n` };
  }
  return lines;
}
