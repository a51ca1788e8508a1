// Watches a stream of the vendor's that goes to a client of the same dialect as it came. Content deltas, nearly all frames,
// are recognised by their first bytes and not parsed; everything else is.
import type { Usage } from '../../canonical/usage.ts';
import { type GatewayError, toGatewayError } from '../../core/errors.ts';
import { asObject, asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import { contentSize, lastStringSize } from '../content-size.ts';
import type { DecodeOptions, StreamFacts, StreamWatcher, StreamWatcherOptions, WatchedRegion } from '../dialect.ts';
import { badReply, findError, finishError, restarted, truncated } from './errors.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';
import { endOfFrame, readFields } from '../../framing/sse-frame.ts';

const lf = 10;
const closingBrace = 125;
const deltaHead = Buffer.from('event: content-delta\ndata: {');
const contentTypes: ReadonlySet<string> = new Set([
  'content-start',
  'content-delta',
  'tool-plan-delta',
  'tool-call-start',
  'tool-call-delta',
  'citation-start',
]);

export function createStreamWatcher(options: StreamWatcherOptions): StreamWatcher {
  return new MessageWatcher(options.decode ?? {});
}

class MessageWatcher implements StreamWatcher {
  readonly facts = new Facts();
  readonly #decode: DecodeOptions;

  constructor(decode: DecodeOptions) {
    this.#decode = decode;
  }

  push(region: Buffer): WatchedRegion {
    if (this.facts.done) return { forward: undefined };
    let at = 0;
    while (at < region.length && !this.facts.done) {
      const end = this.#passDelta(region, at);
      if (end > 0) {
        at = end;
        continue;
      }
      const next = endOfFrame(region, at);
      try {
        this.#readFrame(region.toString('utf8', at, next));
      } catch (thrown) {
        return withForward(region.subarray(0, at), toGatewayError(thrown));
      }
      at = next;
    }
    return withForward(at === region.length ? region : region.subarray(0, at));
  }

  end(): string {
    if (!this.facts.done) throw truncated();
    return '';
  }

  /** Offset behind the content delta that starts here, or -1 when it is something else or needs a closer look. */
  #passDelta(region: Buffer, at: number): number {
    const bodyAt = at + deltaHead.length;
    if (bodyAt > region.length || region.compare(deltaHead, 0, deltaHead.length, at, bodyAt) !== 0) return -1;
    const lineEnd = region.indexOf(lf, bodyAt);
    if (lineEnd < 0 || region[lineEnd + 1] !== lf || region[lineEnd - 1] !== closingBrace) return -1;
    // Content out of order is read properly, and refused there.
    if (this.facts.id === undefined) return -1;
    this.facts.sawContent(lastStringSize(region, at, lineEnd));
    return lineEnd + 2;
  }

  #readFrame(text: string): void {
    const { event: name, data } = readFields(text);
    // Comments and empty frames keep connections alive.
    if (data === undefined || data === '' || data === '[DONE]') return;
    const event = tryParseJson(data);
    if (!isObject(event)) throw badReply('the provider sent a stream frame that is not a JSON object', data.slice(0, 500));
    const type = asString(event.type) ?? (name === '' ? undefined : name);
    const error = findError(event, type);
    if (error !== undefined) throw error;
    if (type === 'message-start') this.#start(event);
    else if (type === 'message-end') this.#finish(event);
    else if (type !== undefined && contentTypes.has(type)) this.#content(event);
  }

  #start(event: JsonObject): void {
    const id = asString(event.id) ?? '';
    if (this.facts.id !== undefined && this.facts.id !== id) throw restarted();
    this.facts.id = id;
  }

  #content(event: JsonObject): void {
    if (this.facts.id === undefined) throw badReply('invalid sequence: the provider sent content before the start of its message');
    const content = asObject(asObject(asObject(event.delta)?.message)?.content);
    // Every answer begins with an empty block.
    if (event.type === 'content-start' && content?.text === '') return;
    this.facts.sawContent(contentSize(event.delta));
  }

  #finish(event: JsonObject): void {
    const delta = asObject(event.delta) ?? {};
    const word = asString(delta.finish_reason);
    const reason = decodeFinish(word);
    if (reason === 'error') throw finishError(word ?? '', delta.error);
    if (reason === undefined) throw truncated();
    if (this.facts.id === undefined) throw badReply('invalid sequence: the provider ended a message it had not begun');
    const usage = decodeUsage(delta.usage ?? event.usage, this.#decode);
    if (usage !== undefined) this.facts.usage = usage;
    if (word !== undefined) this.facts.finish = word;
    this.facts.done = true;
  }
}

class Facts implements StreamFacts {
  content = false;
  done = false;
  contentBytes = 0;
  contentFrames = 0;
  id?: string;
  finish?: string;
  usage?: Usage;

  sawContent(size: number): void {
    this.content = true;
    this.contentBytes += size;
    this.contentFrames += 1;
  }
}

function withForward(forward: Buffer, failure?: GatewayError): WatchedRegion {
  return { forward: forward.length === 0 ? undefined : forward, ...(failure !== undefined && { failure }) };
}
