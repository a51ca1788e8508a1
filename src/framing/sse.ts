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

/**
 * Bytes in any cut → frames, as the HTML standard says (LF, CRLF and CR line ends, one leading BOM, joined `data:` lines, comments
 * dropped), except that a last frame without its blank line counts: home-made servers end that way.
 * Lines are cut on bytes and decoded whole, so a UTF-8 character split across reads is safe.
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

  function readField(bytes: Buffer, start: number, end: number): void {
    frameBytes += end - start;
    if (frameBytes > maxFrameBytes) throw tooLarge();
    if (isData(bytes, start, end)) {
      const from = start + 5 + (bytes[start + 5] === space && end > start + 5 ? 1 : 0);
      const text = bytes.toString('utf8', from, end);
      data = data === undefined ? text : `${data}\n${text}`;
      return;
    }
    const line = bytes.toString('utf8', start, end);
    if (line === 'data') data = data === undefined ? '' : `${data}\n`;
    else if (line === 'event') event = '';
    else if (line.startsWith('event:')) event = line.slice(line.charCodeAt(6) === space ? 7 : 6);
  }

  // eslint-disable-next-line max-params -- once per line of every stream: an options object here would be garbage by the million
  function readLine(bytes: Buffer, start: number, end: number, emit: (frame: SseFrame) => void): void {
    let from = start;
    if (firstLine) {
      firstLine = false;
      if (startsWithBom(bytes, start)) from = Math.min(start + 3, end);
    }
    if (from === end) dispatch(emit, false);
    else if (bytes[from] !== colon) readField(bytes, from, end);
  }

  // eslint-disable-next-line max-params -- once per line of every stream: an options object here would be garbage by the million
  function finishLine(bytes: Buffer, start: number, end: number, emit: (frame: SseFrame) => void): void {
    if (held.length === 0) {
      readLine(bytes, start, end, emit);
      return;
    }
    held.push(bytes.subarray(start, end));
    const line = Buffer.concat(held, heldBytes + end - start);
    held = [];
    heldBytes = 0;
    readLine(line, 0, line.length, emit);
  }

  function push(bytes: Buffer, emit: (frame: SseFrame) => void): void {
    if (bytes.length === 0) return;
    let start = afterCr && bytes[0] === lf ? 1 : 0;
    afterCr = false;
    // Each kind of line end is searched once per hit, so a body without CR pays one scan for it.
    let nextCr = bytes.indexOf(cr, start);
    let nextLf = bytes.indexOf(lf, start);
    while (nextLf !== -1 || nextCr !== -1) {
      if (nextCr === -1 || (nextLf !== -1 && nextLf < nextCr)) {
        finishLine(bytes, start, nextLf, emit);
        start = nextLf + 1;
      } else {
        finishLine(bytes, start, nextCr, emit);
        start = nextCr + 1;
        if (start === bytes.length) afterCr = true;
        else if (bytes[start] === lf) start += 1;
        nextCr = bytes.indexOf(cr, start);
      }
      if (nextLf !== -1 && nextLf < start) nextLf = bytes.indexOf(lf, start);
    }
    if (start < bytes.length) {
      held.push(start === 0 ? bytes : bytes.subarray(start));
      heldBytes += bytes.length - start;
      if (frameBytes + heldBytes > maxFrameBytes) throw tooLarge();
    }
  }

  function finish(emit: (frame: SseFrame) => void): void {
    const unfinished = heldBytes > 0;
    if (unfinished) finishLine(Buffer.alloc(0), 0, 0, emit);
    dispatch(emit, unfinished);
  }

  return { push, end: finish };
}

function isData(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start >= 5 &&
    bytes[start] === 100 &&
    bytes[start + 1] === 97 &&
    bytes[start + 2] === 116 &&
    bytes[start + 3] === 97 &&
    bytes[start + 4] === colon
  );
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
  const { maxFrameBytes } = options;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let afterCr = false;
  let started = false;

  function hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes > maxFrameBytes) {
      throw new GatewayError('upstream_bad_reply', `the provider sent a stream frame larger than ${maxFrameBytes} bytes`);
    }
  }

  function release(last: Buffer): Buffer {
    let region = last;
    if (held.length > 0) {
      held.push(last);
      region = Buffer.concat(held, heldBytes + last.length);
      held = [];
      heldBytes = 0;
    }
    if (!started) {
      started = true;
      if (startsWithBom(region, 0)) region = region.subarray(3);
    }
    return region;
  }

  function push(chunk: Buffer): Buffer | undefined {
    if (chunk.length === 0) return undefined;
    const bytes = afterCr || chunk.includes(cr) ? toLf(chunk) : chunk;
    const size = bytes.length;
    if (size === 0) return undefined;
    if (bytes[size - 1] === lf && (size > 1 ? bytes[size - 2] === lf : lastHeldByte() === lf)) return release(bytes);

    const at = bytes.lastIndexOf(border);
    if (at === -1 && !(bytes[0] === lf && lastHeldByte() === lf)) {
      hold(bytes);
      return undefined;
    }
    const cut = at === -1 ? 1 : at + 2;
    const region = release(bytes.subarray(0, cut));
    hold(bytes.subarray(cut));
    return region;
  }

  function toLf(chunk: Buffer): Buffer {
    const from = afterCr && chunk[0] === lf ? 1 : 0;
    afterCr = chunk[chunk.length - 1] === cr;
    // latin1 maps bytes to characters one to one, so the data bytes come back unchanged.
    return Buffer.from(chunk.toString('latin1', from).replace(/\r\n?/g, '\n'), 'latin1');
  }

  function lastHeldByte(): number | undefined {
    const last = held[held.length - 1];
    return last?.[last.length - 1];
  }

  function end(): Buffer | undefined {
    if (heldBytes === 0) return undefined;
    const tail = release(Buffer.alloc(0));
    let size = tail.length;
    while (size > 0 && tail[size - 1] === lf) size -= 1;
    return size === 0 ? undefined : Buffer.concat([tail.subarray(0, size), border]);
  }

  return { push, end };
}
