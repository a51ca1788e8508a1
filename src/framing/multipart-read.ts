// A multipart/form-data body as it arrives: texts and small files in memory, larger files in a folder, everything within limits.
// Whatever happens, `discard` leaves no file behind.
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.ts';
import { boundaryOf } from './multipart-boundary.ts';
import { MultipartParser, type MultipartLimits, type PartHead, wrongForm } from './multipart-parser.ts';
import type { FormFile, FormPart } from './multipart-write.ts';

export interface FormLimits extends MultipartLimits {
  /** All of the body. */
  readonly totalBytes: number;
  /** One text part. */
  readonly fieldBytes: number;
  /** Files up to this size stay in memory. */
  readonly memoryBytes: number;
}

export interface ReceivedForm {
  /** In the order in which they came. */
  readonly parts: readonly FormPart[];
  /** Deletes the spooled files. */
  discard(): Promise<void>;
}

export interface ReadFormOptions {
  readonly contentType: string;
  readonly limits: FormLimits;
  /** Where larger files are kept; made when the first one comes. */
  readonly folder: string;
  /** Nobody else reads the chunks: their memory is given back at once instead of at the next collection. */
  readonly ownsChunks?: boolean;
}

/** Rejects with `invalid_request` (what is wrong with the form), `body_too_large` or `client_gone`; then nothing of it is left. */
export async function readForm(body: Readable, options: ReadFormOptions): Promise<ReceivedForm> {
  const boundary = boundaryOf(options.contentType);
  if (boundary === undefined) {
    throw wrongForm('the content type names no boundary; let your HTTP client write the content-type header of the form itself');
  }
  const reading = new FormReading(options, boundary);
  try {
    await reading.feed(body);
    return { parts: reading.parts, discard: () => reading.discard() };
  } catch (thrown) {
    await reading.discard();
    throw thrown;
  }
}

/** How much of a refused form is still read. */
const discardBytes = 128 * 1024 * 1024;

/** Kept of a file on disk: enough for its header. */
const beginningBytes = 4_096;
const nothing = Buffer.alloc(0);

class FormReading {
  readonly parts: FormPart[] = [];
  private readonly options: ReadFormOptions;
  private readonly parser: MultipartParser;
  private readonly paths: string[] = [];
  private current: ArrivingPart | undefined;
  /** What the last chunk gave to write; written before the next chunk is read. */
  private pending: { readonly part: ArrivingPart; readonly bytes: Buffer }[] = [];
  private complete: ArrivingPart[] = [];

  constructor(options: ReadFormOptions, boundary: string) {
    this.options = options;
    this.parser = new MultipartParser(boundary, options.limits, {
      onPart: (head) => {
        this.current = { head, held: [], bytes: 0, sink: undefined, path: '', beginning: nothing };
      },
      onData: (bytes) => this.take(bytes),
      onPartEnd: () => {
        if (this.current !== undefined) this.complete.push(this.current);
        this.current = undefined;
      },
    });
  }

  /**
   * Chunk by chunk, each on disk before the next is read: the sender's pace is the disk's. After a mistake the rest is read and
   * dropped, so that the sender gets to read the answer instead of a reset.
   */
  async feed(body: Readable): Promise<void> {
    let bytes = 0;
    let problem: unknown;
    for await (const chunk of arriving(body)) {
      bytes += chunk.length;
      if (bytes > this.options.limits.totalBytes + discardBytes) break;
      if (problem !== undefined) continue;
      try {
        if (bytes > this.options.limits.totalBytes) throw tooLarge(this.options.limits.totalBytes);
        this.parser.push(chunk);
        await this.settle();
        if (this.options.ownsChunks === true) giveBack(chunk);
      } catch (thrown) {
        problem = thrown;
      }
    }
    if (problem !== undefined) throw problem;
    this.parser.end();
    if (this.parts.length === 0) throw wrongForm('the form has no parts');
  }

  async discard(): Promise<void> {
    // What is not finished is still open; closing twice is no error worth telling.
    for (const part of [this.current, ...this.complete]) await part?.sink?.close().catch(() => undefined);
    await Promise.all(this.paths.map((path) => rm(path, { force: true })));
  }

  private take(bytes: Buffer): void {
    const part = this.current;
    if (part === undefined) return;
    part.bytes += bytes.length;
    if (part.head.filename === undefined && part.bytes > this.options.limits.fieldBytes) {
      const { name } = part.head;
      throw wrongForm(`the text of "${name.slice(0, 80)}" is longer than ${this.options.limits.fieldBytes} bytes`, name);
    }
    this.pending.push({ part, bytes });
  }

  private async settle(): Promise<void> {
    const { pending, complete } = this;
    this.pending = [];
    this.complete = [];
    for (const { part, bytes } of pending) await this.store(part, bytes);
    for (const part of complete) this.parts.push(await finish(part));
  }

  /** In memory until it grows; from then on on disk, where only this user can read it. */
  private async store(part: ArrivingPart, bytes: Buffer): Promise<void> {
    if (part.sink === undefined) {
      // A copy: a small part must not keep the whole chunk that it came in.
      part.held.push(Buffer.from(bytes));
      if (part.head.filename === undefined || part.bytes <= this.options.limits.memoryBytes) return;
      await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
      part.path = join(this.options.folder, randomUUID());
      this.paths.push(part.path);
      part.sink = await open(part.path, 'wx', 0o600);
      const held = Buffer.concat(part.held.splice(0));
      part.beginning = Buffer.from(held.subarray(0, beginningBytes));
      await part.sink.write(held);
    } else await part.sink.write(bytes);
  }
}
interface ArrivingPart {
  readonly head: PartHead;
  readonly held: Buffer[];
  bytes: number;
  sink: FileHandle | undefined;
  path: string;
  beginning: Buffer;
}

async function finish({ head, held, bytes, sink, path, beginning }: ArrivingPart): Promise<FormPart> {
  const { name, filename, mediaType } = head;
  if (filename === undefined) return { kind: 'field', name, value: Buffer.concat(held).toString('utf8') };
  await sink?.close();
  const at: FormFile['at'] = sink === undefined ? { kind: 'memory', data: Buffer.concat(held) } : { kind: 'file', path, head: beginning };
  return { kind: 'file', name, file: { filename: filename === '' ? 'upload' : filename, mediaType, bytes, at } };
}

/** A body of 25 MB would otherwise stand in memory as 25 MB of chunks that nobody needs any more. */
function giveBack({ buffer, byteOffset, byteLength }: Buffer): void {
  const isAlone = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isAlone && buffer instanceof ArrayBuffer && byteLength >= giveBackBytes) buffer.transfer(0);
}

/** Smaller ones come from a pool that others use. */
const giveBackBytes = 8 * 1024;

async function* arriving(body: Readable): AsyncGenerator<Buffer> {
  try {
    // Left early, the stream must stay: destroying it would close the connection that the answer has to go out on.
    yield* body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new GatewayError('client_gone', 'the client closed the connection inside the body', { cause });
  }
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `the form is larger than ${Math.floor(limit / (1024 * 1024))} MiB; send less, or raise limits.upload_mb`,
  );
}
