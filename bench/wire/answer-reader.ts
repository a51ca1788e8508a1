// Reads one HTTP/1.1 answer at a time from the reads of a socket, however they are cut. Follows the
// framing exactly (a proxy may cut chunks anywhere), copies nothing but the last bytes of the body.
import { Buffer } from 'node:buffer';

/** Enough for the terminal event of any dialect, a comment line behind it included. */
const tailBytes = 512;

export interface AnswerReader {
  /** Feeds one read. True when the answer is complete; bytes behind its end make it throw. */
  push(bytes: Buffer): boolean;
  /** Forgets the answer, ready for the next one. */
  reset(options: { readonly collect: boolean }): void;
  readonly status: number;
  /** Decoded body bytes so far. */
  readonly bodyBytes: number;
  /** The last bytes of the decoded body. */
  tail(): string;
  /** The whole decoded body, when it was asked for. */
  text(): string;
  /** The head as it came, for messages about a wrong answer. */
  readonly head: string;
}

type State = 'head' | 'length' | 'size' | 'data' | 'data-end' | 'trailer' | 'done';

export function createAnswerReader(): AnswerReader {
  let state: State = 'head';
  let status = 0;
  let head = '';
  let remaining = 0;
  let bodyBytes = 0;
  let line = '';
  let held: Buffer | undefined;
  let collected: Buffer[] | undefined;
  const tail = Buffer.alloc(tailBytes);
  let tailLength = 0;

  function takeBody(bytes: Buffer): void {
    bodyBytes += bytes.length;
    collected?.push(Buffer.from(bytes));
    if (bytes.length >= tailBytes) {
      bytes.copy(tail, 0, bytes.length - tailBytes);
      tailLength = tailBytes;
      return;
    }
    const kept = Math.min(tailLength, tailBytes - bytes.length);
    tail.copy(tail, 0, tailLength - kept, tailLength);
    bytes.copy(tail, kept);
    tailLength = kept + bytes.length;
  }

  function readHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return -1;
    head = bytes.toString('latin1', 0, end);
    status = Number(head.slice(9, 12));
    if (!head.startsWith('HTTP/1.1 ') || !(status >= 200)) throw new Error(`not an HTTP/1.1 answer: ${head.slice(0, 60)}`);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) {
      remaining = Number(length[1]);
      state = remaining === 0 ? 'done' : 'length';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      state = 'size';
    } else {
      throw new Error('the answer has neither content-length nor chunked framing, so it cannot be kept alive');
    }
    return end + 4;
  }

  /** Reads a line that may be cut between reads; -1 when its end has not come yet. */
  function readLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(10, from);
    line += bytes.toString('latin1', from, end < 0 ? bytes.length : end);
    return end < 0 ? -1 : end + 1;
  }

  function readSize(bytes: Buffer, from: number): number {
    const next = readLine(bytes, from);
    if (next < 0) return bytes.length;
    remaining = Number.parseInt(line, 16);
    if (!(remaining >= 0)) throw new Error(`bad chunk size "${line.slice(0, 20)}"`);
    line = '';
    state = remaining === 0 ? 'trailer' : 'data';
    return next;
  }

  function readData(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + remaining);
    takeBody(bytes.subarray(from, end));
    remaining -= end - from;
    if (remaining === 0) state = state === 'length' ? 'done' : 'data-end';
    return end;
  }

  function readBreak(bytes: Buffer, from: number): number {
    const next = readLine(bytes, from);
    if (next < 0) return bytes.length;
    if (state === 'data-end') {
      if (line !== '\r' && line !== '') throw new Error('a chunk is longer than its size says');
      state = 'size';
    } else if (line === '\r' || line === '') {
      state = 'done';
    }
    line = '';
    return next;
  }

  return {
    push(read) {
      let bytes = read;
      let at = 0;
      if (state === 'head') {
        if (held !== undefined) bytes = Buffer.concat([held, read]);
        at = readHead(bytes);
        // The caller reuses its read buffer, so what is held must be a copy.
        held = at < 0 ? Buffer.from(bytes) : undefined;
        if (at < 0) return false;
      }
      while (at < bytes.length && state !== 'done') {
        if (state === 'length' || state === 'data') at = readData(bytes, at);
        else if (state === 'size') at = readSize(bytes, at);
        else at = readBreak(bytes, at);
      }
      if (at < bytes.length) throw new Error('bytes behind the end of the answer');
      return state === 'done';
    },
    reset({ collect }) {
      state = 'head';
      status = 0;
      head = '';
      remaining = 0;
      bodyBytes = 0;
      line = '';
      held = undefined;
      collected = collect ? [] : undefined;
      tailLength = 0;
    },
    get status() {
      return status;
    },
    get bodyBytes() {
      return bodyBytes;
    },
    get head() {
      return head;
    },
    tail: () => tail.toString('latin1', 0, tailLength),
    text: () => Buffer.concat(collected ?? []).toString('utf8'),
  };
}
