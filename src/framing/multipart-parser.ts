// Bytes of a multipart/form-data body, in any cut, → its parts. It refuses what it does not understand instead of skipping it:
// a part that is silently left out is a parameter that is silently not obeyed.
import { GatewayError } from '../core/errors.ts';

export interface PartHead {
  readonly name: string;
  /** Present: the part is a file. */
  readonly filename?: string;
  readonly mediaType: string;
}

export interface PartListener {
  onPart(head: PartHead): void;
  /** A piece of the part's content; the bytes belong to the chunk that was pushed. */
  onData(bytes: Buffer): void;
  onPartEnd(): void;
}

export interface MultipartLimits {
  readonly parts: number;
  /** Headers of one part. */
  readonly headerBytes: number;
}

type State = 'preamble' | 'after-boundary' | 'head' | 'content' | 'epilogue';

const headEnd = Buffer.from('\r\n\r\n');

export class MultipartParser {
  private readonly listener: PartListener;
  private readonly limits: MultipartLimits;
  private readonly delimiter: Buffer;
  private state: State = 'preamble';
  private rest: Buffer = Buffer.from('\r\n');
  private parts = 0;

  constructor(boundary: string, limits: MultipartLimits, listener: PartListener) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
    this.limits = limits;
    this.listener = listener;
  }

  /** Throws `invalid_request` where the form is none. */
  push(chunk: Buffer): void {
    let bytes = this.join(chunk);
    this.rest = nothing;
    for (;;) {
      const left = this.step(bytes);
      if (left === undefined) return;
      bytes = left;
    }
  }

  /** What was kept of the last chunk goes before this one; without copying the chunk, where no delimiter lies across the border. */
  private join(chunk: Buffer): Buffer {
    const { rest, delimiter } = this;
    if (rest.length === 0) return chunk;
    if (this.state === 'content' && chunk.length >= delimiter.length) {
      const border = Buffer.concat([rest, chunk.subarray(0, delimiter.length - 1)]);
      if (!border.includes(delimiter)) {
        this.listener.onData(rest);
        return chunk;
      }
    }
    return Buffer.concat([rest, chunk]);
  }

  /** The body has ended; throws when the form has not. */
  end(): void {
    if (this.state === 'epilogue') return;
    throw wrongForm(
      this.parts === 0
        ? 'the body holds no part with the boundary that its content type names'
        : 'the form ends before its closing boundary: it was cut off, or a length is wrong',
    );
  }

  /** Goes on as far as one part of the grammar; undefined = more bytes are needed, what is unread was kept. */
  private step(bytes: Buffer): Buffer | undefined {
    switch (this.state) {
      case 'preamble':
      case 'content':
        return this.toDelimiter(bytes);
      case 'after-boundary':
        return this.afterBoundary(bytes);
      case 'head':
        return this.readHead(bytes);
      case 'epilogue':
        return undefined;
    }
  }

  private toDelimiter(bytes: Buffer): Buffer | undefined {
    const at = bytes.indexOf(this.delimiter);
    const inContent = this.state === 'content';
    if (at === -1) {
      // The delimiter may have begun in the last bytes.
      const safe = Math.max(0, bytes.length - this.delimiter.length + 1);
      if (inContent && safe > 0) this.listener.onData(bytes.subarray(0, safe));
      return this.keep(bytes.subarray(safe));
    }
    if (inContent) {
      if (at > 0) this.listener.onData(bytes.subarray(0, at));
      this.listener.onPartEnd();
    }
    this.state = 'after-boundary';
    return bytes.subarray(at + this.delimiter.length);
  }

  private afterBoundary(bytes: Buffer): Buffer | undefined {
    // Spaces may follow a boundary on its line (RFC 2046).
    let at = 0;
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
    if (bytes.length < at + 2) return at > this.limits.headerBytes ? tooLongHead(this.limits) : this.keep(bytes);
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) {
      this.state = 'epilogue';
      return undefined;
    }
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) throw wrongForm('a boundary of the form is not followed by a line end');
    this.parts += 1;
    if (this.parts > this.limits.parts) throw wrongForm(`the form has more than ${this.limits.parts} parts`);
    this.state = 'head';
    // With the line end, so that a part without headers is found, too.
    return bytes.subarray(at);
  }

  private readHead(bytes: Buffer): Buffer | undefined {
    const at = bytes.indexOf(headEnd);
    if ((at === -1 ? bytes.length : at) > this.limits.headerBytes) return tooLongHead(this.limits);
    if (at === -1) return this.keep(bytes);
    this.listener.onPart(parseHead(bytes.toString('utf8', 2, Math.max(2, at))));
    this.state = 'content';
    return bytes.subarray(at + headEnd.length);
  }

  private keep(bytes: Buffer): undefined {
    // A copy: the chunk that it is part of is its sender's.
    this.rest = Buffer.from(bytes);
    return undefined;
  }
}

const nothing: Buffer = Buffer.alloc(0);

function parseHead(text: string): PartHead {
  let disposition = '';
  let mediaType = '';
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) {
      if (line === '') continue;
      throw wrongForm('a header of a part is not well-formed');
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'content-disposition') disposition = value;
    else if (name === 'content-type') mediaType = value;
    else if (name === 'content-transfer-encoding' && !/^(binary|7bit|8bit)$/i.test(value)) {
      throw wrongForm(`a part has the transfer encoding "${value.slice(0, 40)}"; send it as it is`);
    }
  }
  const name = parameterOf(disposition, 'name');
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined || name === '') throw wrongForm('a part of the form has no name');
  const filename = parameterOf(disposition, 'filename');
  return {
    name,
    mediaType: mediaType === '' ? (filename === undefined ? 'text/plain' : 'application/octet-stream') : mediaType,
    ...(filename !== undefined && { filename: lastSegment(filename) }),
  };
}

function parameterOf(header: string, name: string): string | undefined {
  const extended = new RegExp(`;\\s*${name}\\*=utf-8''([^;\\s]+)`, 'i').exec(header)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      throw wrongForm('a file name of the form is not well-formed');
    }
  }
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header);
  const value = match?.[1] ?? match?.[2];
  // Browsers escape a quote as %22, older tools with a backslash; a backslash alone is part of a Windows path.
  return value?.replace(/\\"/g, '"').replace(/%22/g, '"');
}

/** A path is the sender's; only the name in it is of use, and only the name is harmless. */
function lastSegment(filename: string): string {
  return filename.split(/[\\/]/).at(-1)?.slice(0, 255) ?? '';
}

function tooLongHead(limits: MultipartLimits): never {
  throw wrongForm(`the headers of a part are longer than ${limits.headerBytes} bytes`);
}

export function wrongForm(message: string, param?: string): GatewayError {
  return new GatewayError('invalid_request', message, param === undefined ? {} : { param });
}
