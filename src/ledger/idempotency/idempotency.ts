// `Idempotency-Key`: the first answer to a request is kept and given again, so that a retry after a lost connection costs nothing.
// A failure is not kept: it cost nothing, and the retry deserves its chance.
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ResultKey, ResultStore, StoredResult } from './result-store.ts';

export interface IdempotentRequest extends ResultKey {
  /** Of method, path and body: see `hashRequest`. */
  readonly bodyHash: string;
}

/** What the first request tells of its answer as it goes out. */
export interface AnswerRecord {
  head(status: number, headers: readonly string[], isStream: boolean): void;
  write(bytes: Buffer | string): void;
  /** The answer is complete. Kept when it is a success. */
  end(): void;
  /** The answer failed or was broken off: the next request with the key is served anew. */
  abandon(): void;
}

export type Begun =
  | { readonly kind: 'first'; readonly record: AnswerRecord }
  | { readonly kind: 'replay'; readonly result: StoredResult }
  | { readonly kind: 'conflict'; readonly error: GatewayError }
  /** The same request is being served: `next` is how things stand when that has ended. */
  | { readonly kind: 'wait'; readonly next: Promise<Begun> };

export interface Idempotency {
  /** Throws invalid_request for a key that is none. */
  begin(request: IdempotentRequest): Begun;
  close(): void;
}

export interface IdempotencyOptions {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly onTrouble: (cause: unknown) => void;
  readonly keepMs?: number;
  /** Of one answer. */
  readonly maxResultBytes?: number;
  /** Of all kept ones; the oldest go first, even before their time. */
  readonly maxTotalBytes?: number;
}

const dayMs = 86_400_000;
const mib = 1_024 * 1_024;
const pruneEveryMs = 60_000;
const keyForm = /^[\x20-\x7e]{1,255}$/;
/** Of one answer only, or of the connection it went over. */
const passingHeaders: ReadonlySet<string> = new Set([
  'x-request-id',
  'request-id',
  'x-litellm-call-id',
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
]);

interface Running {
  readonly bodyHash: string;
  readonly ended: Promise<void>;
}

export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { store, clock, onTrouble, keepMs = dayMs, maxResultBytes = 8 * mib, maxTotalBytes = 512 * mib } = options;
  const running = new Map<string, Running>();
  let cancelPrune = clock.after(pruneEveryMs, prune);

  function prune(): void {
    cancelPrune = clock.after(pruneEveryMs, prune);
    try {
      store.prune(clock.wallMs() - keepMs, maxTotalBytes);
    } catch (cause) {
      onTrouble(cause);
    }
  }

  function begin(request: IdempotentRequest): Begun {
    const { principalId, key, bodyHash } = request;
    if (!keyForm.test(key)) {
      throw new GatewayError('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters', {
        param: 'Idempotency-Key',
      });
    }
    const name = `${principalId}\n${key}`;
    const first = running.get(name);
    if (first !== undefined) {
      return first.bodyHash === bodyHash ? { kind: 'wait', next: first.ended.then(() => begin(request)) } : otherBody();
    }
    const kept = store.find({ principalId, key });
    if (kept !== undefined && kept.storedMs > clock.wallMs() - keepMs) {
      if (kept.bodyHash !== bodyHash) return otherBody();
      return kept.result === undefined ? tooLarge() : { kind: 'replay', result: kept.result };
    }
    let finish = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      finish = resolve;
    });
    running.set(name, { bodyHash, ended });
    const done = (): void => {
      running.delete(name);
      finish();
    };
    return { kind: 'first', record: createRecord(request, done) };
  }

  function createRecord({ principalId, key, bodyHash }: IdempotentRequest, done: () => void): AnswerRecord {
    let head: Omit<StoredResult, 'body'> | undefined;
    let chunks: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    return {
      head(status, headers, isStream) {
        head = { status, headers: lasting(headers), isStream };
      },
      write(chunk) {
        const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        bytes += part.length;
        // A copy: the caller's buffer may be a piece of one that is reused.
        if (bytes <= maxResultBytes) chunks.push(Buffer.from(part));
        else chunks = [];
      },
      end() {
        if (isOver) return;
        isOver = true;
        try {
          if (head !== undefined && head.status < 400) {
            const result = bytes > maxResultBytes ? undefined : { ...head, body: Buffer.concat(chunks) };
            store.save({ principalId, key }, { bodyHash, storedMs: clock.wallMs(), ...(result !== undefined && { result }) });
          }
        } catch (cause) {
          onTrouble(cause);
        } finally {
          done();
        }
      },
      abandon() {
        if (isOver) return;
        isOver = true;
        done();
      },
    };
  }

  return { begin, close: () => cancelPrune() };
}

/** What makes two requests the same. */
export function hashRequest(method: string, path: string, body: Uint8Array): string {
  return createHash('sha256').update(`${method} ${path}\n`).update(body).digest('base64url');
}

function otherBody(): Begun {
  const error = new GatewayError(
    'idempotency_conflict',
    'this Idempotency-Key was used with another request; take a new key, or send the same body to the same path',
    { param: 'Idempotency-Key' },
  );
  return { kind: 'conflict', error };
}

function tooLarge(): Begun {
  const error = new GatewayError(
    'idempotency_conflict',
    'this request was answered before, but the answer was too large to keep; take a new key to have it made again',
    { param: 'Idempotency-Key' },
  );
  return { kind: 'conflict', error };
}

function lasting(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (!passingHeaders.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
