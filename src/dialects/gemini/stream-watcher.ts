// Watches a stream of the vendor's that goes to a client of the same dialect as it came. Its frames are few and large, and each holds
// counts, so all are parsed.
import type { Usage } from '../../canonical/usage.ts';
import { type GatewayError, toGatewayError } from '../../core/errors.ts';
import { asString, type JsonObject } from '../../core/json.ts';
import { createSseParser } from '../../framing/sse.ts';
import { contentSize } from '../content-size.ts';
import type { DecodeOptions, StreamFacts, StreamWatcher, StreamWatcherOptions, WatchedRegion } from '../dialect.ts';
import { findError, truncated } from './errors.ts';
import { readFrame } from './event-decoder.ts';
import { decodeFinish, finishError } from './finish.ts';
import { arrayMember, member, objectMember, objectsIn } from './member.ts';
import { decodeUsage, mergeUsage } from './usage.ts';

export function createStreamWatcher(options: StreamWatcherOptions): StreamWatcher {
  return new GeminiWatcher(options.decode ?? {});
}

class GeminiWatcher implements StreamWatcher {
  readonly facts: Facts;

  constructor(decode: DecodeOptions) {
    this.facts = new Facts(decode);
  }

  push(region: Buffer): WatchedRegion {
    let at = 0;
    while (at < region.length) {
      const border = region.indexOf('\n\n', at, 'latin1');
      const end = border < 0 ? region.length : border + 2;
      try {
        this.#read(region.subarray(at, end));
      } catch (thrown) {
        return withForward(region.subarray(0, at), toGatewayError(thrown));
      }
      at = end;
    }
    return withForward(region);
  }

  /** Nothing marks the end of this grammar's streams, so nothing is left to say. */
  end(): string {
    if (this.facts.finish === undefined || this.facts.unfinished.size > 0) throw truncated();
    this.facts.done = true;
    return '';
  }

  #read(bytes: Buffer): void {
    const parser = createSseParser({ maxFrameBytes: Number.POSITIVE_INFINITY });
    const read = (frame: Parameters<Parameters<typeof parser.end>[0]>[0]): void => {
      const body = readFrame(frame);
      if (body !== undefined) this.facts.read(body);
    };
    parser.push(bytes, read);
    parser.end(read);
  }
}

class Facts implements StreamFacts {
  content = false;
  done = false;
  contentBytes = 0;
  contentFrames = 0;
  id?: string;
  model?: string;
  finish?: string;
  usage?: Usage;
  /** Candidates that have begun and not told why they end. */
  readonly unfinished = new Set<number>();
  readonly #finished = new Set<number>();
  readonly #decode: DecodeOptions;
  #wireUsage: JsonObject | undefined;

  constructor(decode: DecodeOptions) {
    this.#decode = decode;
  }

  read(body: JsonObject): void {
    const error = findError(body);
    if (error !== undefined) throw error;
    const id = asString(member(body, 'responseId'));
    const model = asString(member(body, 'modelVersion'));
    if (id !== undefined) this.id ??= id;
    if (model !== undefined) this.model ??= model;
    this.#wireUsage = mergeUsage(this.#wireUsage, member(body, 'usageMetadata'));
    const usage = decodeUsage(this.#wireUsage, this.#decode);
    if (usage !== undefined) this.usage = usage;
    for (const [at, candidate] of objectsIn(arrayMember(body, 'candidates')).entries()) this.#readCandidate(candidate, at);
    const blocked = asString(member(objectMember(body, 'promptFeedback') ?? {}, 'blockReason'));
    if (blocked !== undefined && blocked !== 'BLOCK_REASON_UNSPECIFIED') this.finish ??= blocked;
  }

  #readCandidate(candidate: JsonObject, at: number): void {
    const index = typeof candidate.index === 'number' ? candidate.index : at;
    if (objectsIn(arrayMember(objectMember(candidate, 'content') ?? {}, 'parts')).some(isContent)) {
      this.content = true;
      this.contentBytes += contentSize(candidate.content);
      this.contentFrames += 1;
    }
    const reason = member(candidate, 'finishReason');
    const finish = decodeFinish(reason);
    if (finish === 'error') throw finishError(reason);
    if (finish === undefined) {
      // Older models say STOP in every frame, so a candidate that has a reason keeps it.
      if (!this.#finished.has(index)) this.unfinished.add(index);
      return;
    }
    this.#finished.add(index);
    this.unfinished.delete(index);
    this.finish = String(reason);
  }
}

/** Anything but the empty text with which streams end. */
function isContent(part: JsonObject): boolean {
  const names = Object.keys(part);
  return names.length > 0 && !(names.length === 1 && part.text === '');
}

function withForward(forward: Buffer, failure?: GatewayError): WatchedRegion {
  return { forward: forward.length === 0 ? undefined : forward, ...(failure !== undefined && { failure }) };
}
