// Reads one HTTP/1.1 request of the mock upstream: only what decides the answer, by searching bytes.
import type { Buffer } from 'node:buffer';
import { readMark, type StreamWish } from './requests.ts';
import { streamsByPath } from './wire-dialect.ts';

export interface SeenRequest {
  readonly path: string;
  readonly stream: boolean;
  /** The request asked for usage at the end of the stream. */
  readonly usage: boolean;
  readonly wish: StreamWish | undefined;
  /** Where the next request on this connection begins. */
  readonly endsAt: number;
}

/** Undefined while the request is not complete. */
export function readRequest(bytes: Buffer): SeenRequest | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const bodyStart = headEnd + 4;
  const bodyEnd = endOfBody(bytes, head, bodyStart);
  if (bodyEnd === undefined || bodyEnd > bytes.length) return undefined;
  const body = bytes.subarray(bodyStart, bodyEnd);
  const target = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/1.'));
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const stream = streamsByPath(path) || hasFlag(body, '"stream"');
  const mark = stream ? body.indexOf('[bench ') : -1;
  return {
    path,
    stream,
    usage: stream && hasFlag(body, '"include_usage"'),
    wish: mark < 0 ? undefined : readMark(body.toString('latin1', mark, mark + 64)),
    endsAt: bodyEnd,
  };
}

function endOfBody(bytes: Buffer, head: string, bodyStart: number): number | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) return bodyStart + Number(length[1]);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return bodyStart;
  // Chunk borders may fall inside a flag or the mark; no candidate splits bodies as small as ours that way.
  const last = bytes.indexOf('0\r\n\r\n', bodyStart);
  return last < 0 ? undefined : last + 5;
}

/** True for `"name":true` with at most one space, the two forms JSON writers produce. */
function hasFlag(body: Buffer, name: string): boolean {
  return body.includes(`${name}:true`) || body.includes(`${name}: true`);
}
