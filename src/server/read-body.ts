// Request bodies: limits before parsing, gzip up to a ratio, time limits on the way.
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { GatewayError } from '../core/errors.ts';
import { type BodyTaker, giveBody } from './body-request.ts';

export interface BodyLimits {
  readonly bodyBytes: number;
  /** Inflated bytes per compressed byte. */
  readonly inflateRatio: number;
  /** The body is JSON whatever the header says. */
  readonly anyContentType?: boolean;
}

const gunzip = promisify(zlib.gunzip);
/** Short texts of one repeated word compress better than any ratio allows, and are harmless. */
const smallBytes = 64 * 1024;
/** How much of a refused body is still read, so that the client gets to read the answer instead of a reset. */
const discardBytes = 128 * 1024 * 1024;

/** Not async itself, because every call waits for it: what is wrong with the headers it throws at once. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  if (limits.anyContentType !== true) assertContentType(request);
  const encoding = encodingOf(request);
  const kept = keptBodies.get(request);
  const raw = kept === undefined ? collect(request, limits.bodyBytes) : Promise.resolve(kept);
  return encoding === 'gzip' ? raw.then((bytes) => inflate(bytes, limits)) : raw;
}

/** Bodies that had to be read before their route did. */
const keptBodies = new WeakMap<IncomingMessage, Buffer>();

/** The bytes as they came; `readBody` of the same request then finds them. */
export async function keepBody(request: IncomingMessage, bodyBytes: number): Promise<Buffer> {
  const raw = await collect(request, bodyBytes);
  keptBodies.set(request, raw);
  return raw;
}

function encodingOf(request: IncomingMessage): 'identity' | 'gzip' {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === 'gzip') return encoding;
  throw new GatewayError(
    'unsupported_media_type',
    `content-encoding "${encoding.slice(0, 40)}" is not supported; send the body plain or with gzip`,
  );
}

function assertContentType(request: IncomingMessage): void {
  const type = request.headers['content-type'];
  if (type === undefined || type === 'application/json') return;
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (essence === 'application/json' || essence.endsWith('+json') || essence === '') return;
  throw new GatewayError('unsupported_media_type', `content-type "${essence.slice(0, 80)}" is not supported; send application/json`);
}

function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limit + discardBytes) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => giveBody(request, new WholeBody(limit, { resolve, reject })));
}

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: GatewayError) => void;
}

/** Holds the pieces until the last one has come, and none of a body that is too large. */
class WholeBody implements BodyTaker {
  private readonly limit: number;
  private readonly waiting: Waiting;
  /** Nearly every body is one piece, and a list with room for more is a hundred bytes. */
  private pieces: Buffer[] | undefined;
  private size = 0;

  constructor(limit: number, waiting: Waiting) {
    this.limit = limit;
    this.waiting = waiting;
  }

  take(piece: Buffer): void {
    const { limit, pieces } = this;
    this.size += piece.length;
    if (this.size > limit) {
      this.pieces = undefined;
      if (this.size > limit + discardBytes) this.waiting.reject(tooLarge(limit));
    } else if (pieces === undefined) this.pieces = [piece];
    else pieces.push(piece);
  }

  end(): void {
    if (this.size > this.limit) this.waiting.reject(tooLarge(this.limit));
    else this.waiting.resolve(joined(this.pieces));
    // Whoever waits for the end of the connection would hold the body as long as the answer takes.
    this.pieces = undefined;
  }

  gone(): void {
    this.waiting.reject(new GatewayError('client_gone', 'the client closed the connection inside the body'));
  }
}

function joined(pieces: readonly Buffer[] = []): Buffer {
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces);
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `the body is larger than ${Math.floor(limit / 1_000_000)} MB; send less, or raise limits.body_mb`,
  );
}

/** 256 MB of zeros are 261 KB of gzip: the ratio stops the bomb before it is unpacked. */
async function inflate(raw: Buffer, limits: BodyLimits): Promise<Buffer> {
  const allowed = Math.min(limits.bodyBytes, Math.max(raw.length * limits.inflateRatio, smallBytes));
  try {
    return await gunzip(raw, { maxOutputLength: allowed });
  } catch (cause) {
    if (cause instanceof RangeError || (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new GatewayError(
        'body_too_large',
        `the body inflates to more than ${limits.inflateRatio} times its size or the body limit; send it plain`,
      );
    }
    throw new GatewayError('invalid_json', 'content-encoding says gzip, but the body is not gzip');
  }
}
