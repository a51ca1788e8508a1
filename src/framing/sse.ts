// Server-sent events, both ways. Bytes in any cut → complete frames; frames → text.
import { GatewayError } from '../core/errors.ts';

export interface SseFrame {
  /** The `event:` field, '' when absent. */
  readonly event: string;
  /** The `data:` lines joined with \n. */
  readonly data: string;
  /** The bytes ended inside the frame's last line: it may be incomplete, so broken JSON in it means a truncated stream. */
  readonly cut?: true;
}

/** One frame as text with LF line ends. */
export function encodeSse(data: string, event = ''): string {
  return event === '' ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

export interface SseParserOptions {
  /** A frame (or a single unfinished line) above this many bytes is `upstream_bad_reply`. */
  readonly maxFrameBytes: number;
}

/** Bytes in any cut → frames. Other framings (AWS event streams) answer the same frames: event name and JSON text. */
export interface FrameParser {
  /** Emits every frame that these bytes complete. The bytes are read before the call returns and not kept unless a line is unfinished. */
  push(bytes: Buffer, emit: (frame: SseFrame) => void): void;
  /** The bytes have ended: emits a last frame that lacks its blank line. */
  end(emit: (frame: SseFrame) => void): void;
}

const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;
const bom = 0xfeff;
const lineEnd = Buffer.from('\n');

/**
 * Bytes in any cut → frames, as the HTML standard says (LF, CRLF and CR line ends, one leading BOM, joined `data:` lines, comments
 * dropped), except that a last frame without its blank line counts: home-made servers end that way.
 * All complete lines are decoded at once and cut as text: a line end is never part of a longer character, so one that is split
 * across reads is safe, and a call into the decoder costs as much for a line as for a whole read.
 */
export function createSseParser(options: SseParserOptions): FrameParser {
  const { maxFrameBytes } = options;
  // The unfinished last line. A list and not one buffer: joining at each read would copy a 10 MB line quadratically.
  let held: Buffer[] = [];
  let heldBytes = 0;
  let afterCr = false;
  let firstLine = true;
  let event = '';
  let data: string | undefined;
  let frameBytes = 0;

  function tooLarge(): GatewayError {
    return new GatewayError('upstream_bad_reply', `the provider sent a stream frame larger than ${maxFrameBytes} bytes`);
  }

  function dispatch(emit: (frame: SseFrame) => void, cut: boolean): void {
    frameBytes = 0;
    const frame = data === undefined ? undefined : cut ? { event, data, cut: true as const } : { event, data };
    event = '';
    data = undefined;
    if (frame !== undefined) emit(frame);
  }

  function readField(text: string, start: number, end: number): void {
    if (text.startsWith('data:', start)) {
      const value = text.slice(start + (text.charCodeAt(start + 5) === space ? 6 : 5), end);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (text.startsWith('event:', start)) {
      event = text.slice(start + (text.charCodeAt(start + 6) === space ? 7 : 6), end);
    } else {
      const line = text.slice(start, end);
      if (line === 'data') data = data === undefined ? '' : `${data}\n`;
      else if (line === 'event') event = '';
    }
  }

  /** `lines` ends with a line end. */
  function readLines(lines: Buffer, emit: (frame: SseFrame) => void): void {
    const decoded = lines.toString();
    const isAscii = decoded.length === lines.length;
    const text = decoded.includes('\r') ? decoded.replace(/\r\n?/g, '\n') : decoded;
    let start = firstLine && text.charCodeAt(0) === bom ? 1 : 0;
    firstLine = false;
    while (start < text.length) {
      const end = text.indexOf('\n', start);
      if (end === start) {
        dispatch(emit, false);
      } else if (text.charCodeAt(start) !== colon) {
        frameBytes += isAscii ? end - start : Buffer.byteLength(text.slice(start, end));
        if (frameBytes > maxFrameBytes) throw tooLarge();
        readField(text, start, end);
      }
      start = end + 1;
    }
  }

  function push(bytes: Buffer, emit: (frame: SseFrame) => void): void {
    if (bytes.length === 0) return;
    const start = afterCr && bytes[0] === lf ? 1 : 0;
    const border = Math.max(bytes.lastIndexOf(lf), bytes.lastIndexOf(cr)) + 1;
    afterCr = bytes[bytes.length - 1] === cr;
    if (border > start) {
      held.push(bytes.subarray(start, border));
      readLines(takeHeld(), emit);
    }
    const from = Math.max(start, border);
    if (from === bytes.length) return;
    held.push(bytes.subarray(from));
    heldBytes += bytes.length - from;
    if (frameBytes + heldBytes > maxFrameBytes) throw tooLarge();
  }

  function takeHeld(): Buffer {
    const [first] = held;
    const all = held.length === 1 && first !== undefined ? first : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return all;
  }

  function finish(emit: (frame: SseFrame) => void): void {
    const unfinished = heldBytes > 0;
    if (unfinished) {
      held.push(lineEnd);
      readLines(takeHeld(), emit);
    }
    dispatch(emit, unfinished);
  }

  return { push, end: finish };
}

function startsWithBom(bytes: Buffer, start: number): boolean {
  return bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

export interface RegionSplitter {
  /** The longest prefix of all bytes so far that ends at a frame border, or undefined when no frame has been completed. */
  push(bytes: Buffer): Buffer | undefined;
  /** The bytes have ended: the held tail completed with a blank line, or undefined when nothing of a frame is held. */
  end(): Buffer | undefined;
}

const border = Buffer.from('\n\n');

/**
 * Cuts a passing stream at frame borders without parsing it: what it answers holds only complete frames with LF line ends, the partial
 * tail is held back. A chunk that ends on a border is answered as it is; only a stream with CR line ends is copied.
 */
export function createRegionSplitter(options: SseParserOptions): RegionSplitter {
  return new BorderSplitter(options.maxFrameBytes);
}

class BorderSplitter implements RegionSplitter {
  readonly #maxFrameBytes: number;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #afterCr = false;
  #started = false;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  push(chunk: Buffer): Buffer | undefined {
    if (chunk.length === 0) return undefined;
    const bytes = this.#afterCr || chunk.includes(cr) ? this.#toLf(chunk) : chunk;
    const size = bytes.length;
    if (size === 0) return undefined;
    if (bytes[size - 1] === lf && (size > 1 ? bytes[size - 2] === lf : this.#endsWithLf())) return this.#release(bytes);

    const at = bytes.lastIndexOf(border);
    if (at === -1 && !(bytes[0] === lf && this.#endsWithLf())) {
      this.#hold(bytes);
      return undefined;
    }
    const cut = at === -1 ? 1 : at + 2;
    const region = this.#release(bytes.subarray(0, cut));
    this.#hold(bytes.subarray(cut));
    return region;
  }

  end(): Buffer | undefined {
    if (this.#heldBytes === 0) return undefined;
    const tail = this.#release(Buffer.alloc(0));
    let size = tail.length;
    while (size > 0 && tail[size - 1] === lf) size -= 1;
    return size === 0 ? undefined : Buffer.concat([tail.subarray(0, size), border]);
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held ??= [];
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#maxFrameBytes) {
      throw new GatewayError('upstream_bad_reply', `the provider sent a stream frame larger than ${this.#maxFrameBytes} bytes`);
    }
  }

  #release(last: Buffer): Buffer {
    let region = last;
    if (this.#held !== undefined) {
      this.#held.push(last);
      region = Buffer.concat(this.#held, this.#heldBytes + last.length);
      this.#held = undefined;
      this.#heldBytes = 0;
    }
    if (!this.#started) {
      this.#started = true;
      if (startsWithBom(region, 0)) region = region.subarray(3);
    }
    return region;
  }

  #toLf(chunk: Buffer): Buffer {
    const from = this.#afterCr && chunk[0] === lf ? 1 : 0;
    this.#afterCr = chunk[chunk.length - 1] === cr;
    // latin1 maps bytes to characters one to one, so the data bytes come back unchanged.
    return Buffer.from(chunk.toString('latin1', from).replace(/\r\n?/g, '\n'), 'latin1');
  }

  #endsWithLf(): boolean {
    const last = this.#held?.[this.#held.length - 1];
    return last !== undefined && last[last.length - 1] === lf;
  }
}
