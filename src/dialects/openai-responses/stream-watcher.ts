// Watches a Responses stream that goes to a client of the same dialect as it came. Deltas, nearly all frames, are recognised by their
// first bytes and not parsed; everything else is.
import type { Usage } from '../../canonical/usage.ts';
import { type GatewayError, toGatewayError } from '../../core/errors.ts';
import { asObject, asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import { contentSize, deltaSize } from '../content-size.ts';
import type { DecodeOptions, StreamFacts, StreamWatcher, StreamWatcherOptions, WatchedRegion } from '../dialect.ts';
import { badReply, encodeFailure, findError, truncated } from './errors.ts';
import { finishWord } from './finish.ts';
import { decodeUsage } from './usage.ts';
import { endOfFrame, readFields } from '../../framing/sse-frame.ts';

const lf = 10;
const closingBrace = 125;
const eventHead = Buffer.from('event: response.');
const deltaEnd = Buffer.from('.delta\ndata: {');
/** Longest name of a delta event, with room for those to come. */
const longestName = 64;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export function createStreamWatcher(options: StreamWatcherOptions): StreamWatcher {
  return new ResponseWatcher(options.decode ?? {});
}

class ResponseWatcher implements StreamWatcher {
  readonly facts: Mutable<StreamFacts> = { content: false, done: false, contentBytes: 0, contentFrames: 0 };
  readonly #decode: DecodeOptions;
  /** Frames that passed: the number of the next event, as the vendor counts from 0. */
  #sequence = 0;
  /** The response as it was announced, for the event that says it failed. */
  #response: JsonObject | undefined;

  constructor(decode: DecodeOptions) {
    this.#decode = decode;
  }

  push(region: Buffer): WatchedRegion {
    if (this.facts.done) return { forward: undefined };
    const kept: Buffer[] = [];
    // Start of the stretch that is forwarded as it is; a dropped frame ends one.
    let from = 0;
    let at = 0;
    while (at < region.length && !this.facts.done) {
      const passed = this.#passDelta(region, at);
      if (passed > 0) {
        at = passed;
        continue;
      }
      const next = endOfFrame(region, at);
      let isForwarded: boolean;
      try {
        isForwarded = this.#readFrame(region.toString('utf8', at, next));
      } catch (thrown) {
        return withForward(join(kept, region.subarray(from, at)), toGatewayError(thrown));
      }
      if (!isForwarded) {
        kept.push(region.subarray(from, at));
        from = next;
      }
      at = next;
    }
    return withForward(kept.length === 0 && from === 0 && at === region.length ? region : join(kept, region.subarray(from, at)));
  }

  end(): string {
    if (!this.facts.done) throw truncated();
    return '';
  }

  encodeFailure(error: GatewayError, requestId: string): string {
    return encodeFailure(error, { requestId, sequence: this.#sequence, response: this.#response });
  }

  /** Offset behind the delta that starts here, or -1 when it is something else or needs a closer look. */
  #passDelta(region: Buffer, at: number): number {
    const headEnd = at + eventHead.length;
    if (headEnd > region.length || region.compare(eventHead, 0, eventHead.length, at, headEnd) !== 0) return -1;
    const nameEnd = region.indexOf(lf, headEnd);
    if (nameEnd < 0 || nameEnd - headEnd > longestName) return -1;
    const typeAt = nameEnd - '.delta'.length;
    const bodyAt = typeAt + deltaEnd.length;
    if (bodyAt > region.length || region.compare(deltaEnd, 0, deltaEnd.length, typeAt, bodyAt) !== 0) return -1;
    const lineEnd = region.indexOf(lf, nameEnd + 1);
    if (lineEnd < 0 || region[lineEnd + 1] !== lf || region[lineEnd - 1] !== closingBrace) return -1;
    this.#sawContent(deltaSize(region, at, lineEnd));
    this.#sequence += 1;
    return lineEnd + 2;
  }

  #sawContent(size: number): void {
    this.facts.content = true;
    this.facts.contentBytes += size;
    this.facts.contentFrames += 1;
  }

  #readFrame(text: string): boolean {
    const { event: name, data: padded } = readFields(text);
    const data = padded?.trim();
    // Comments keep connections alive.
    if (data === undefined || data === '') return true;
    if (data === '[DONE]') return false;
    const event = tryParseJson(data);
    if (!isObject(event)) throw badReply('the provider sent a stream frame that is not a JSON object', data.slice(0, 500));
    const type = asString(event.type) ?? name;
    const error = findError(event.type === undefined ? { ...event, type } : event);
    if (error !== undefined) throw error;
    this.#sequence += 1;
    this.#readEvent(type, event);
    return true;
  }

  #readEvent(type: string, event: JsonObject): void {
    const response = asObject(event.response);
    if (response !== undefined) this.#readResponse(response);
    if (type === 'response.completed' || type === 'response.incomplete') {
      this.facts.finish = finishWord(type === 'response.incomplete' ? { status: 'incomplete', ...response } : (response ?? {}));
      this.facts.done = true;
      // An answer without a single delta is one all the same.
      this.facts.content = true;
    } else if (type.endsWith('.delta') || type === 'response.output_item.done') {
      this.#sawContent(type.endsWith('.delta') ? contentSize(event.delta) : 0);
    }
  }

  #readResponse(response: JsonObject): void {
    this.#response ??= response;
    const { facts } = this;
    const id = facts.id ?? asString(response.id);
    if (id !== undefined) facts.id = id;
    const model = facts.model ?? asString(response.model);
    if (model !== undefined) facts.model = model;
    const usage: Usage | undefined = decodeUsage(asObject(response.usage), this.#decode);
    if (usage !== undefined) facts.usage = usage;
  }
}

function join(kept: readonly Buffer[], last: Buffer): Buffer {
  return kept.length === 0 ? last : Buffer.concat([...kept, last]);
}

function withForward(forward: Buffer, failure?: GatewayError): WatchedRegion {
  return { forward: forward.length === 0 ? undefined : forward, ...(failure !== undefined && { failure }) };
}
