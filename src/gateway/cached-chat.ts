// Chat answers from the cache: is this question one for it, what is its key, and how does an answer get in.
import { AnswerCollector } from '../canonical/collect-events.ts';
import type { ChatResponse } from '../canonical/chat.ts';
import { type AnswerCache, type CachedAnswer, type Flight } from '../cache/answer-cache.ts';
import { questionKey } from '../cache/question-key.ts';
import type { Offer } from '../catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import type { ClientDialect, UpstreamDialect } from '../dialects/dialect.ts';
import { createSseParser } from '../framing/sse.ts';
import { readCallerBody } from '../routing/caller-body.ts';
import type { CacheWish, ChatRequestCall, ReplySink } from './call.ts';

export interface CachePart {
  readonly answers: AnswerCache;
  /** Answers are looked up and kept: for callers that ask for it, or for all. Without it only what is under way is shared. */
  readonly keeps: boolean;
  /** … for all. */
  readonly always: boolean;
  readonly ttlMs: number;
  /** Digest of what decides about an answer besides the question: catalog, aliases, strategy. */
  readonly policy: string;
}

/** What a call does with the cache. */
export type CacheStep = { readonly kind: 'none' } | { readonly kind: 'hit'; readonly answer: CachedAnswer } | CacheMiss;

/** This call makes the answer, and others may wait for it; 0 ms: it is not kept. */
export interface CacheMiss {
  readonly kind: 'miss';
  readonly flight: Flight;
  readonly ttlMs: number;
}

/** Who made an answer, and when is now. */
interface Made {
  readonly offer: Offer;
  readonly clock: Clock;
}

const none: CacheStep = { kind: 'none' };
/** A longer stream is not kept. */
const maxRecordedBytes = 4 * 1024 * 1024;

export async function lookUp(call: ChatRequestCall, part: CachePart | undefined): Promise<CacheStep> {
  const wish: CacheWish = call.cache ?? {};
  if (part === undefined) return none;
  const keeps = part.keeps && (wish.use ?? part.always);
  if (!keeps && wish.shares !== true) return none;
  const key = keyOf(call, part, wish);
  const ttlMs = keeps ? (wish.ttlMs ?? part.ttlMs) : 0;
  for (;;) {
    const found = keeps ? part.answers.look(key, { fresh: wish.fresh === true }) : part.answers.join(key);
    if (found.kind === 'hit') return found;
    if (found.kind === 'lead') return { kind: 'miss', flight: found.flight, ttlMs };
    const answer = await found.answer;
    if (answer !== undefined) return { kind: 'hit', answer };
    // Who was first got nothing: the next round makes one of those who waited the first.
  }
}

function keyOf(call: ChatRequestCall, part: CachePart, wish: CacheWish): string {
  const constrained = call.wish.hasConstraints || call.wish.fallbacks.length > 0;
  return questionKey({
    tenant: call.principal.id,
    scope: wish.scope ?? '',
    dialect: call.chat.dialect.id,
    model: call.wish.name,
    // Headers can constrain a call, too; what they ask for is part of the question.
    policy: constrained ? `${part.policy} ${JSON.stringify(call.wish.constraints)} ${call.wish.fallbacks.join()}` : part.policy,
    body: readCallerBody(call.chat),
  });
}

/** Keeps the answer and hands it to those who wait for it. */
export function keepAnswer({ flight, ttlMs }: CacheMiss, { offer, clock }: Made, read: () => ChatResponse | undefined): void {
  let response: ChatResponse | undefined;
  try {
    response = read();
  } catch {
    // The caller has its answer; that it cannot be read back is no failure of this call.
  }
  if (response === undefined) return flight.drop();
  const { canonicalId: model, provider } = offer;
  flight.keep({ response, model, provider, storedMs: clock.wallMs() }, ttlMs);
}

/** Notes what passes, to read the answer out of it when it is complete. */
export class RecordingSink implements ReplySink {
  private readonly inner: ReplySink;
  private pieces: Buffer[] | undefined = [];
  private bytes = 0;

  constructor(inner: ReplySink) {
    this.inner = inner;
  }

  write(bytes: Buffer | string): boolean {
    if (this.pieces !== undefined) {
      const piece = Buffer.from(bytes);
      this.bytes += piece.length;
      if (this.bytes <= maxRecordedBytes) this.pieces.push(piece);
      else this.pieces = undefined;
    }
    return this.inner.write(bytes);
  }

  onDrain(callback: () => void): void {
    this.inner.onDrain(callback);
  }

  end(bytes?: string, broken?: boolean): void {
    this.inner.end(bytes, broken);
  }

  /** Undefined when it was too long, or when this grammar's streams cannot be read back. */
  answer(dialect: ClientDialect): ChatResponse | undefined {
    if (this.pieces === undefined || !isReadable(dialect)) return undefined;
    const parser = createSseParser({ maxFrameBytes: maxRecordedBytes });
    const decoder = dialect.createEventDecoder();
    const collector = new AnswerCollector();
    const note = collector.note.bind(collector);
    parser.push(Buffer.concat(this.pieces), (frame) => decoder.push(frame, note));
    parser.end((frame) => decoder.push(frame, note));
    decoder.end(note);
    return collector.response();
  }
}

function isReadable(dialect: ClientDialect): dialect is ClientDialect & UpstreamDialect {
  return 'createEventDecoder' in dialect && dialect.streamContentType === undefined;
}
