// Frames of the vendor's stream → events. Each frame is a whole answer object with what is new; nothing marks the end but the end of
// the bytes, after a finish reason.
import type { ChatEvent } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { newId } from '../../core/ids.ts';
import { asNumber, asString, isObject, type JsonObject, tryParseJson } from '../../core/json.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { CandidateDecoder } from './answer-decoder.ts';
import { badReply, findError, truncated } from './errors.ts';
import { arrayMember, member, objectMember, objectsIn } from './member.ts';
import { decodeUsage, mergeUsage } from './usage.ts';

type Emit = (event: ChatEvent) => void;

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  const answer = new AnswerDecoder(options);
  return {
    get done() {
      return answer.done;
    },
    get usage() {
      return answer.usage;
    },
    push(frame, emit) {
      const body = readFrame(frame);
      if (body !== undefined) answer.push(body, emit);
    },
    end: (emit) => answer.end(emit, { whole: false }),
  };
}

/** Undefined for what is no answer: an end mark of other grammars, a frame that was cut. */
export function readFrame(frame: SseFrame): JsonObject | undefined {
  if (frame.data === '' || frame.data === '[DONE]') return undefined;
  const body = tryParseJson(frame.data);
  if (isObject(body)) return body;
  // A cut frame says nothing: whether the answer is complete, the finish reason tells at the end.
  if (frame.cut === true) return undefined;
  throw badReply('the provider sent a stream frame that is not a JSON object', frame.data.slice(0, 500));
}

export class AnswerDecoder {
  readonly #options: DecodeOptions;
  readonly #candidates = new Map<number, CandidateDecoder>();
  #id: string | undefined;
  #blocks = 0;
  #calls = 0;
  #blocked = false;
  #usage: JsonObject | undefined;
  done = false;

  constructor(options: DecodeOptions) {
    this.#options = options;
  }

  /** What was told so far: each frame repeats the running total. */
  get usage(): Usage | undefined {
    return decodeUsage(this.#usage, this.#options);
  }

  push(body: JsonObject, emit: Emit): void {
    const error = findError(body);
    if (error !== undefined) throw error;
    this.#start(body, emit);
    this.#usage = mergeUsage(this.#usage, member(body, 'usageMetadata'));
    for (const [at, candidate] of objectsIn(arrayMember(body, 'candidates')).entries()) {
      const index = asNumber(candidate.index) ?? at;
      this.#candidate(index).push(candidate, emit);
    }
    const reason = member(objectMember(body, 'promptFeedback') ?? {}, 'blockReason');
    if (typeof reason === 'string' && reason !== '' && reason !== 'BLOCK_REASON_UNSPECIFIED') this.#blocked = true;
  }

  end(emit: Emit, how: { readonly whole: boolean }): void {
    if (this.done) return;
    if (this.#candidates.size === 0) {
      // A refused prompt has no candidates, and is an answer all the same.
      if (!this.#blocked) throw truncated();
      emit({ type: 'finish', reason: 'content-filter' });
    }
    for (const candidate of this.#candidates.values()) candidate.end(emit, how);
    this.done = true;
    const { usage } = this;
    if (usage !== undefined) emit({ type: 'usage', usage });
  }

  #start(body: JsonObject, emit: Emit): void {
    if (this.#id !== undefined) return;
    this.#id = asString(member(body, 'responseId')) || newId('resp');
    emit({ type: 'start', id: this.#id, model: asString(member(body, 'modelVersion')) ?? '', created: 0 });
  }

  #candidate(index: number): CandidateDecoder {
    let candidate = this.#candidates.get(index);
    if (candidate === undefined) {
      candidate = new CandidateDecoder({
        index,
        decode: this.#options,
        openBlock: () => {
          this.#blocks += 1;
          return this.#blocks - 1;
        },
        makeCallId: () => {
          this.#calls += 1;
          return `call_${(this.#id ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-20)}_${this.#calls - 1}`;
        },
      });
      this.#candidates.set(index, candidate);
    }
    return candidate;
  }
}
