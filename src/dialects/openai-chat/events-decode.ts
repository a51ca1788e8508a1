// Frames of an OpenAI-compatible stream → events. Tolerant in everything that does not change the meaning; strict about the end:
// without a finish reason the answer is truncated, whatever [DONE] says.
import type { ChatEvent } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { StencilParser, stringsOf } from '../../core/json-stencil.ts';
import type { SseFrame } from '../../framing/sse.ts';
import type { DecodeOptions, EventDecoder } from '../dialect.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';
import { type AnswerDecoder, createAnswerDecoder } from './answer-decode.ts';
import { badReply, findError, truncated } from './errors.ts';
import { decodeFinish, finishError, isFinishWord } from './finish.ts';
import { decodeUsage } from './usage.ts';

type Emit = (event: ChatEvent) => void;

/** Where the chunks of one answer differ; the last two are random padding against traffic analysis (OpenAI, Mistral). */
const varying = stringsOf('content', 'reasoning_content', 'reasoning', 'arguments', 'refusal', 'obfuscation', 'p');

export function createEventDecoder(options: DecodeOptions = {}): EventDecoder {
  const answers = new Map<number, AnswerDecoder>();
  const json = new StencilParser(varying);
  let started = false;
  let done = false;
  let callIdBase = '';
  let nextBlock = 0;
  let usage: Usage | undefined;
  // Perplexity repeats them in every chunk; once at the end is enough.
  let citations: JsonObject | undefined;

  const openBlock = (): number => {
    nextBlock += 1;
    return nextBlock - 1;
  };

  function push(frame: SseFrame, emit: Emit): void {
    if (done) return;
    const text = frame.data.trim();
    if (text === '') return;
    if (text === '[DONE]') {
      complete(emit);
      return;
    }
    const chunk = readChunk(frame, { text, chunk: json.parse(text) });
    if (chunk !== undefined) pushChunk(chunk, emit);
  }

  function pushChunk(chunk: JsonObject, emit: Emit): void {
    usage = readChunkUsage(chunk, options) ?? usage;
    citations = readCitations(chunk) ?? citations;
    for (const choice of asArray(chunk.choices) ?? []) {
      if (!isObject(choice)) continue;
      start(chunk, emit);
      pushChoice(choice, emit);
    }
  }

  function start(chunk: JsonObject, emit: Emit): void {
    if (started) return;
    started = true;
    const id = nonEmpty(chunk.id) ?? newId('chatcmpl');
    callIdBase = id.replace(/[^A-Za-z0-9]/g, '').slice(-20);
    emit({ type: 'start', id, model: asString(chunk.model) ?? '', created: asNumber(chunk.created) ?? 0 });
  }

  function pushChoice(choice: JsonObject, emit: Emit): void {
    const answer = answerFor(asNumber(choice.index) ?? 0);
    // A whole message counts only where no delta came: a server may answer a stream request with one frame, but
    // Perplexity repeats all of the text in `message` beside each delta.
    const delta = asObject(choice.delta) ?? (answer.begun ? undefined : asObject(choice.message));
    if (delta !== undefined) answer.push(delta, emit);
    const reason = decodeFinish(choice.finish_reason);
    if (reason === 'error') throw finishError(choice.finish_reason);
    if (reason === undefined) return;
    const matched = reason === 'stop' ? nonEmpty(choice.stop_reason) : undefined;
    answer.finish(reason, matched === undefined || isFinishWord(matched) ? undefined : matched);
  }

  function answerFor(index: number): AnswerDecoder {
    const known = answers.get(index);
    if (known !== undefined) return known;
    const answer = createAnswerDecoder({
      choice: index,
      openBlock,
      makeCallId: (position) => `call_${callIdBase}${index === 0 ? '' : `_${index}`}_${position}`,
      thinkTags: options.thinkTags === true,
      ...(options.toolNames !== undefined && { toolNames: options.toolNames }),
      ...(options.repeatedPrefix !== undefined && { repeatedPrefix: options.repeatedPrefix }),
    });
    answers.set(index, answer);
    return answer;
  }

  function complete(emit: Emit): void {
    done = true;
    const all = [...answers.entries()].sort(([a], [b]) => a - b);
    if (all.length === 0 || all.some(([, answer]) => !answer.finished)) throw truncated();
    if (citations !== undefined) emit({ type: 'opaque', dialect: 'openai-chat', wire: { chunk: citations } });
    for (const [, answer] of all) answer.flush(emit);
    if (usage !== undefined) emit({ type: 'usage', usage });
  }

  return {
    push,
    end(emit) {
      if (!done) complete(emit);
    },
    get done() {
      return done;
    },
    get usage() {
      return usage;
    },
  };
}

/** The chunk in a frame; throws the error it carries, or what is wrong with it. A cut frame says nothing: the finish reason decides. */
function readChunk(
  frame: SseFrame,
  { text, chunk }: { readonly text: string; readonly chunk: JsonValue | undefined },
): JsonObject | undefined {
  if (!isObject(chunk)) {
    if (frame.cut === true) return undefined;
    throw badReply('the provider sent a stream frame that is not a JSON object', text.slice(0, 500));
  }
  if (frame.event === 'error') throw decodeUpstreamFault(chunk);
  const error = findError(chunk);
  if (error !== undefined) throw error;
  return chunk;
}

/** Groq also puts usage into `x_groq`, Moonshot into the choice. */
export function readChunkUsage(chunk: JsonObject, options: DecodeOptions): Usage | undefined {
  const wire = asObject(chunk.usage) ?? asObject(asObject(chunk.x_groq)?.usage) ?? asObject(asObject(asArray(chunk.choices)?.[0])?.usage);
  return decodeUsage(wire, options);
}

const citationFields = ['citations', 'search_results', 'images', 'related_questions'] as const;

function readCitations(chunk: JsonObject): JsonObject | undefined {
  const { citations, search_results: results, images, related_questions: questions } = chunk;
  // Most chunks of most streams have none of them.
  if (citations === undefined && results === undefined && images === undefined && questions === undefined) return undefined;
  let found: MutableJson | undefined;
  for (const field of citationFields) {
    const value = asArray(chunk[field]);
    if (value !== undefined && value.length > 0) found = { ...found, [field]: value };
  }
  return found as JsonObject | undefined;
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
