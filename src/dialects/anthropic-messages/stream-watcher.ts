// Watches a stream of the vendor's that goes to a client of the same dialect as it came. Content deltas, nearly all frames,
// are recognised by their first bytes and not parsed; everything else is.
import type { Usage } from '../../canonical/usage.ts';
import { type GatewayError, toGatewayError } from '../../core/errors.ts';
import { asArray, asObject, asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import { contentSize, lastStringSize } from '../content-size.ts';
import type { DecodeOptions, StreamFacts, StreamWatcher, StreamWatcherOptions, WatchedRegion } from '../dialect.ts';
import { badReply, findError, restarted, truncated } from './errors.ts';
import { decodeUsage, mergeUsage } from './usage.ts';
import { endOfFrame, readFields } from '../../framing/sse-frame.ts';

const lf = 10;
const closingBrace = 125;
const deltaHead = Buffer.from('event: content_block_delta\ndata: {');

type Verdict = 'forward' | 'drop';

export function createStreamWatcher(options: StreamWatcherOptions): StreamWatcher {
  return new MessageWatcher(options.decode ?? {});
}

class MessageWatcher implements StreamWatcher {
  readonly facts: Facts;

  constructor(decode: DecodeOptions) {
    this.facts = new Facts(decode);
  }

  push(region: Buffer): WatchedRegion {
    if (this.facts.done) return { forward: undefined };
    const kept: Buffer[] = [];
    // Start of the stretch that is forwarded as it is; a dropped frame ends one.
    let from = 0;
    let at = 0;
    while (at < region.length) {
      const end = this.#passDelta(region, at);
      if (end > 0) {
        at = end;
        continue;
      }
      const next = endOfFrame(region, at);
      let verdict: Verdict;
      try {
        verdict = this.#readFrame(region.toString('utf8', at, next));
      } catch (thrown) {
        return withForward(join(kept, region.subarray(from, at)), toGatewayError(thrown));
      }
      if (verdict === 'drop') {
        kept.push(region.subarray(from, at));
        from = next;
      }
      at = next;
      if (this.facts.done) break;
    }
    return withForward(kept.length === 0 && from === 0 && at === region.length ? region : join(kept, region.subarray(from, at)));
  }

  end(): string {
    if (this.facts.finish === undefined) throw truncated();
    if (this.facts.done) return '';
    this.facts.done = true;
    return encodeSse('{"type":"message_stop"}', 'message_stop');
  }

  /** Offset behind the content delta that starts here, or -1 when it is something else or needs a closer look. */
  #passDelta(region: Buffer, at: number): number {
    const bodyAt = at + deltaHead.length;
    if (bodyAt > region.length || region.compare(deltaHead, 0, deltaHead.length, at, bodyAt) !== 0) return -1;
    const lineEnd = region.indexOf(lf, bodyAt);
    if (lineEnd < 0 || region[lineEnd + 1] !== lf || region[lineEnd - 1] !== closingBrace) return -1;
    // Content out of order is read properly, and refused there.
    if (this.facts.id === undefined || this.facts.finish !== undefined) return -1;
    this.facts.sawContent(lastStringSize(region, bodyAt, lineEnd));
    return lineEnd + 2;
  }

  #readFrame(text: string): Verdict {
    const { event, data } = readFields(text);
    // Comments, pings without data, `retry:`: they keep connections alive.
    if (data === undefined || data === '') return 'forward';
    if (data === '[DONE]') return 'drop';
    const value = tryParseJson(data);
    if (!isObject(value)) throw badReply('the provider sent a stream frame that is not a JSON object', data.slice(0, 500));
    const error = findError(value);
    if (error !== undefined) throw error;
    return this.#readEvent(asString(value.type) ?? event, value);
  }

  #readEvent(type: string, event: JsonObject): Verdict {
    const { facts } = this;
    switch (type) {
      case 'message_start':
        return facts.readStart(asObject(event.message) ?? {});
      case 'content_block_start':
        this.#assertInside();
        if (isContent(asObject(event.content_block) ?? {})) facts.sawContent(contentSize(event.content_block));
        return 'forward';
      case 'content_block_delta':
        this.#assertInside();
        facts.sawContent(contentSize(event.delta));
        return 'forward';
      case 'message_delta':
        if (facts.id === undefined) throw badReply('invalid sequence: the provider ended a message it had not begun');
        facts.readEnding(asObject(event.delta) ?? {}, event);
        return 'forward';
      case 'message_stop':
        if (facts.finish === undefined) throw truncated();
        facts.done = true;
        return 'forward';
      default:
        return 'forward';
    }
  }

  #assertInside(): void {
    if (this.facts.id === undefined) throw badReply('invalid sequence: the provider sent content before the start of its message');
    if (this.facts.finish !== undefined) throw badReply('invalid sequence: the provider sent content after its stop reason');
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
  readonly #decode: DecodeOptions;
  #wireUsage: JsonObject | undefined;

  constructor(decode: DecodeOptions) {
    this.#decode = decode;
  }

  sawContent(size: number): void {
    this.content = true;
    this.contentBytes += size;
    this.contentFrames += 1;
  }

  readStart(message: JsonObject): Verdict {
    const id = asString(message.id) ?? '';
    if (this.id !== undefined) {
      // Some proxies repeat the opening; another id means that two answers were spliced together.
      if (this.id === id) return 'drop';
      throw restarted();
    }
    this.id = id;
    const model = asString(message.model);
    if (model !== undefined) this.model = model;
    if ((asArray(message.content) ?? []).some((block) => isObject(block) && isContent(block)))
      this.sawContent(contentSize(message.content));
    this.readEnding(message, message);
    return 'forward';
  }

  readEnding(from: JsonObject, message: JsonObject): void {
    this.#wireUsage = mergeUsage(this.#wireUsage, message.usage);
    const usage = decodeUsage(this.#wireUsage, this.#decode);
    if (usage !== undefined) this.usage = usage;
    const reason = asString(from.stop_reason);
    if (reason !== undefined && reason !== '') this.finish ??= reason;
  }
}

/** Any block but an empty text or thinking block, with which every answer begins. */
function isContent(block: JsonObject): boolean {
  if (block.type === 'text') return asString(block.text) !== '';
  if (block.type === 'thinking') return asString(block.thinking) !== '' || (asString(block.signature) ?? '') !== '';
  return true;
}

function join(kept: readonly Buffer[], last: Buffer): Buffer {
  return kept.length === 0 ? last : Buffer.concat([...kept, last]);
}

function withForward(forward: Buffer, failure?: GatewayError): WatchedRegion {
  return { forward: forward.length === 0 ? undefined : forward, ...(failure !== undefined && { failure }) };
}
