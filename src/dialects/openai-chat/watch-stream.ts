// Watches a stream that passes as bytes. The hot path of the gateway: frames that look like the last content frame are only
// compared; everything else is parsed. What is forwarded is the provider's own bytes, except a usage chunk nobody asked for,
// finish words no client knows, and framing this grammar's clients cannot read (`event:` lines).
import type { Usage } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import { createSseParser, encodeSse, type SseFrame } from '../../framing/sse.ts';
import { contentSize } from '../content-size.ts';
import type { StreamFacts, StreamWatcher, StreamWatcherOptions, WatchedRegion } from '../dialect.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';
import { badReply, findError, truncated } from './errors.ts';
import { readChunkUsage } from './events-decode.ts';
import { decodeFinish, encodeFinish, finishError, legalFinishes } from './finish.ts';
import { type FrameTemplate, hasContent, learnTemplate } from './frame-template.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What becomes of a frame: forwarded as it is, or this text instead ('' = withheld). */
type Outcome = 'pass' | { readonly instead: string };

interface FrameSource {
  /** The frame's text in latin1, when it is a single line. */
  readonly line?: () => string;
}

const doneFrame = encodeSse('[DONE]');
const lf = 10;
const colon = 58;

function sizeOf(chunk: JsonObject): number {
  const choices = asArray(chunk.choices) ?? [];
  return choices.reduce<number>((sum, choice) => sum + contentSize(asObject(choice)?.delta ?? asObject(choice)?.message), 0);
}

export function createStreamWatcher(options: StreamWatcherOptions): StreamWatcher {
  return new ChunkWatcher(options);
}

class ChunkWatcher implements StreamWatcher {
  readonly facts: Mutable<StreamFacts> = { content: false, done: false, contentBytes: 0, contentFrames: 0 };
  readonly #options: StreamWatcherOptions;
  // Choice index → whether its finish reason has passed.
  readonly #finished = new Map<number, boolean>();
  #template: FrameTemplate | undefined;
  /** A content frame that the next one may be like. Learnt from only when there is a next one, so that nobody waits for it with the first token. */
  #example: string | undefined;
  // Streams in which every chunk differs (a new id or timestamp each time) would pay for learning in vain.
  #misses = 0;

  constructor(options: StreamWatcherOptions) {
    this.#options = options;
  }

  push(region: Buffer): WatchedRegion {
    if (this.facts.done) return { forward: undefined };
    const text = region.toString('latin1');
    const size = text.length;
    // Mostly nothing is, and a list for each chunk would be garbage.
    let edited: Buffer[] | undefined;
    let from = 0;
    let at = 0;
    while (at < size && !this.facts.done) {
      const lineEnd = endOfLine(text, at);
      if (this.#example !== undefined) this.#learn(this.#example);
      const said = this.#template === undefined ? -1 : this.#template.measure(text, at, lineEnd);
      if (said >= 0 && text.charCodeAt(lineEnd + 1) === lf) {
        this.facts.contentBytes += said;
        this.facts.contentFrames += 1;
        this.#misses = 0;
        at = lineEnd + 2;
        continue;
      }
      if (lineEnd === at) {
        at += 1;
        continue;
      }
      const single = lineEnd + 1 >= size || text.charCodeAt(lineEnd + 1) === lf;
      const end = single ? lineEnd : endOfFrame(text, lineEnd);
      const next = Math.min(end + 2, size);
      let outcome: Outcome;
      try {
        outcome = single ? this.#readLine(region, at, end) : this.#readLines(region, at, end);
      } catch (thrown) {
        if (!(thrown instanceof GatewayError)) throw thrown;
        return { forward: join(edited, region.subarray(from, at)), failure: thrown };
      }
      if (outcome !== 'pass') {
        edited ??= [];
        edited.push(region.subarray(from, at), Buffer.from(outcome.instead));
        from = next;
      }
      at = next;
    }
    if (edited === undefined && at === size) return { forward: region };
    return { forward: join(edited, region.subarray(from, at)) };
  }

  #readLine(region: Buffer, start: number, end: number): Outcome {
    if (region[start] === colon) return 'pass';
    if (region.toString('latin1', start, start + 5) !== 'data:') return { instead: '' };
    const data = region.toString('utf8', start + 5, end);
    return this.#readData({ event: '', data }, { line: () => region.toString('latin1', start, end) });
  }

  /** A frame of several lines: `event:`, `id:`, split data. Clients of this grammar read one `data:` line a frame (Dify's cuts the stream). */
  #readLines(region: Buffer, start: number, end: number): Outcome {
    const frames: SseFrame[] = [];
    const parser = createSseParser({ maxFrameBytes: Number.MAX_SAFE_INTEGER });
    parser.push(region.subarray(start, end), (frame) => frames.push(frame));
    parser.end((frame) => frames.push(frame));
    const frame = frames[0];
    if (frame === undefined) return { instead: '' };
    const outcome = this.#readData(frame, {});
    return outcome === 'pass' ? { instead: encodeSse(frame.data.replaceAll('\n', ' ')) } : outcome;
  }

  #readData(frame: SseFrame, source: FrameSource): Outcome {
    const data = frame.data.trim();
    if (data === '') return { instead: '' };
    if (data === '[DONE]') {
      this.#assertFinished();
      this.facts.done = true;
      return 'pass';
    }
    const chunk = tryParseJson(data);
    if (!isObject(chunk)) throw badReply('the provider sent a stream frame that is not a JSON object', data.slice(0, 500));
    if (frame.event === 'error') throw decodeUpstreamFault(chunk);
    const error = findError(chunk);
    if (error !== undefined) throw error;
    const outcome = this.#readChunk(chunk);
    if (hasContent(chunk)) {
      this.facts.content = true;
      this.facts.contentBytes += sizeOf(chunk);
      this.facts.contentFrames += 1;
      if (source.line !== undefined && outcome === 'pass') this.#keepExample(source.line);
    }
    return outcome;
  }

  #keepExample(line: () => string): void {
    this.#misses += 1;
    if (this.#misses > 8 && this.#misses % 16 !== 0) return;
    this.#example = line();
  }

  #learn(example: string): void {
    this.#example = undefined;
    this.#template = learnTemplate(example) ?? this.#template;
  }

  #readChunk(chunk: JsonObject): Outcome {
    const id = this.facts.id ?? nonEmpty(chunk.id);
    if (id !== undefined) this.facts.id = id;
    const model = this.facts.model ?? nonEmpty(chunk.model);
    if (model !== undefined) this.facts.model = model;
    const usage: Usage | undefined = readChunkUsage(chunk, this.#options.decode ?? {});
    if (usage !== undefined) this.facts.usage = usage;
    const choices = asArray(chunk.choices) ?? [];
    if (choices.length === 0) return this.#readChoiceless(chunk);
    let rewritten: JsonValue[] | undefined;
    for (const [at, choice] of choices.entries()) {
      const mended = this.#readChoice(choice);
      if (mended === undefined) continue;
      rewritten ??= [...choices];
      rewritten[at] = mended;
    }
    return rewritten === undefined ? 'pass' : { instead: encodeSse(JSON.stringify({ ...chunk, choices: rewritten })) };
  }

  #readChoiceless(chunk: JsonObject): Outcome {
    if (!isObject(chunk.usage)) return 'pass';
    if (!this.#options.includeUsage) return { instead: '' };
    // SambaNova leaves the member out, and SDKs read `choices[0]` without looking.
    return Array.isArray(chunk.choices) ? 'pass' : { instead: encodeSse(JSON.stringify({ ...chunk, choices: [] })) };
  }

  /** The choice with a finish word that clients know, or undefined when it is good as it is. */
  #readChoice(choice: JsonValue): JsonObject | undefined {
    if (!isObject(choice)) return undefined;
    const index = asNumber(choice.index) ?? 0;
    const wire = choice.finish_reason;
    const reason = decodeFinish(wire);
    if (reason === undefined) {
      if (!this.#finished.has(index)) this.#finished.set(index, false);
      return wire === '' ? { ...choice, finish_reason: null } : undefined;
    }
    if (reason === 'error') throw finishError(wire);
    this.#finished.set(index, true);
    const legal = typeof wire === 'string' && legalFinishes.has(wire);
    const word = legal ? wire : encodeFinish(reason, { refusal: false });
    this.facts.finish ??= word;
    return legal ? undefined : { ...choice, finish_reason: word };
  }

  #assertFinished(): void {
    if (this.#finished.size === 0 || [...this.#finished.values()].includes(false)) throw truncated();
  }

  end(): string {
    if (this.facts.done) return '';
    this.#assertFinished();
    this.facts.done = true;
    return doneFrame;
  }
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at;
}

function endOfFrame(text: string, from: number): number {
  const at = text.indexOf('\n\n', from);
  return at === -1 ? text.length : at;
}

function join(edited: readonly Buffer[] | undefined, last: Buffer): Buffer | undefined {
  if (edited === undefined) return last.length === 0 ? undefined : last;
  const joined = Buffer.concat([...edited, last]);
  return joined.length === 0 ? undefined : joined;
}

function nonEmpty(value: JsonValue | undefined): string | undefined {
  const text = asString(value);
  return text === '' ? undefined : text;
}
