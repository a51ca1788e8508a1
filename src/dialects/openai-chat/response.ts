// A whole chat completion ⇄ canonical.
import type { ChatEvent, ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { createAnswerDecoder } from './answer-decode.ts';
import { badReply, findError } from './errors.ts';
import { readChunkUsage } from './events-decode.ts';
import { decodeFinish, encodeFinish, finishError, isFinishWord } from './finish.ts';
import { encodeReasoning, readReasoning, toReasoningParts } from './reasoning.ts';
import { encodeUsage } from './usage.ts';

/** Members of the body that the canonical form has words for; the rest goes on as extensions. */
const known: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices', 'usage']);

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const answer = readAnswer(body);
  const id = asString(answer.id) ?? '';
  const responseId = id === '' ? newId('chatcmpl') : id;
  const usage = readChunkUsage(answer, options);
  const rest = Object.entries(answer).filter(([key, value]) => !known.has(key) && value !== null);
  return {
    id: responseId,
    model: asString(answer.model) ?? '',
    created: asNumber(answer.created) ?? 0,
    choices: readChoices(answer).map((choice, at) => decodeChoice(choice, { at, responseId, options })),
    ...(usage !== undefined && { usage }),
    ...(rest.length > 0 && { extensions: { 'openai-chat': Object.fromEntries(rest) } }),
  };
}

/** The body as an answer; throws the error that a 200 carries, or says that this is no answer. */
function readAnswer(body: JsonValue): JsonObject {
  if (isObject(body)) {
    const error = findError(body);
    if (error !== undefined) throw error;
    if (readChoices(body).length > 0) return body;
  }
  throw badReply('the provider answered 200 without choices: this is not a chat completion', body);
}

function readChoices(answer: JsonObject): readonly JsonObject[] {
  return (asArray(answer.choices) ?? []).filter(isObject);
}

interface ChoicePlace {
  readonly at: number;
  readonly responseId: string;
  readonly options: DecodeOptions;
}

/** The stream's own reader does the work, fed with the whole message as one delta: one place for every provider's habit. */
function decodeChoice(choice: JsonObject, { at, responseId, options }: ChoicePlace): Choice {
  const wireFinish = choice.finish_reason;
  const finish = decodeFinish(wireFinish) ?? 'stop';
  if (finish === 'error') throw finishError(wireFinish);
  const message = asObject(choice.message) ?? asObject(choice.delta) ?? {};
  const index = asNumber(choice.index) ?? at;
  const base = responseId.replace(/[^A-Za-z0-9]/g, '').slice(-20);
  let blocks = 0;
  const decoder = createAnswerDecoder({
    choice: 0,
    openBlock: () => {
      blocks += 1;
      return blocks - 1;
    },
    makeCallId: (position) => `call_${base}${index === 0 ? '' : `_${index}`}_${position}`,
    thinkTags: options.thinkTags === true,
    ...(options.toolNames !== undefined && { toolNames: options.toolNames }),
    ...(options.repeatedPrefix !== undefined && { repeatedPrefix: options.repeatedPrefix }),
  });
  const events: ChatEvent[] = [];
  const collect = (event: ChatEvent): void => {
    events.push(event);
  };
  decoder.push({ ...message, ...readApart }, collect);
  const matched = finish === 'stop' ? asString(choice.stop_reason) : undefined;
  decoder.finish(finish, matched === undefined || matched === '' || isFinishWord(matched) ? undefined : matched);
  decoder.flush(collect);

  const settled = events.findLast((event) => event.type === 'finish');
  const annotations = asArray(message.annotations);
  return {
    index,
    parts: [...toReasoningParts(readReasoning(message)), ...collectParts(events)],
    finish: settled?.reason ?? finish,
    ...(settled?.stopSequence !== undefined && { stopSequence: settled.stopSequence }),
    ...(annotations !== undefined && annotations.length > 0 && { annotations }),
  };
}

/** Read beside the events: reasoning with its origin, which events do not carry, and annotations, which belong to the choice. */
const readApart: JsonObject = {
  reasoning_content: undefined,
  reasoning: undefined,
  thinking: undefined,
  reasoning_details: undefined,
  thinking_blocks: undefined,
  annotations: undefined,
};

function collectParts(events: readonly ChatEvent[]): Part[] {
  const parts: Part[] = [];
  for (const event of events) {
    const last = parts[parts.length - 1];
    switch (event.type) {
      case 'text-delta':
        if (last?.type === 'text') parts[parts.length - 1] = { ...last, text: last.text + event.text };
        else parts.push({ type: 'text', text: event.text });
        break;
      case 'reasoning-delta':
        if (last?.type === 'reasoning') parts[parts.length - 1] = { ...last, text: last.text + event.text };
        else parts.push({ type: 'reasoning', text: event.text, origin: 'openai-chat' });
        break;
      case 'refusal-delta':
        if (last?.type === 'refusal') parts[parts.length - 1] = { ...last, text: last.text + event.text };
        else parts.push({ type: 'refusal', text: event.text });
        break;
      case 'tool-call-start':
        parts.push({ type: 'tool-call', id: event.id, name: event.name, arguments: '' });
        break;
      case 'tool-call-delta':
        if (last?.type === 'tool-call') parts[parts.length - 1] = { ...last, arguments: last.arguments + event.arguments };
        break;
      case 'opaque':
        parts.push({ type: 'opaque', dialect: event.dialect, wire: asObject(event.wire.delta) ?? event.wire });
        break;
      default:
        break;
    }
  }
  return parts;
}

/** What accounting needs, without building the answer. Throws as `decodeResponse` does. */
export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const answer = readAnswer(body);
  const choices = readChoices(answer);
  const finish = choices[0]?.finish_reason;
  if (decodeFinish(finish) === 'error') throw finishError(finish);
  const id = asString(answer.id);
  const model = asString(answer.model);
  const usage = readChunkUsage(answer, options);
  return {
    id: id === '' ? undefined : id,
    model: model === '' ? undefined : model,
    usage,
    finish: typeof finish === 'string' && finish !== '' ? finish : undefined,
    outputChars: choices.reduce((sum, choice) => sum + countChars(asObject(choice.message) ?? {}), 0),
  };
}

function countChars(message: JsonObject): number {
  let chars = 0;
  for (const field of ['content', 'reasoning_content', 'reasoning', 'refusal']) {
    const value = message[field];
    if (typeof value === 'string') chars += value.length;
    else if (typeof value === 'object' && value !== null) chars += countTexts(value);
  }
  for (const call of asArray(message.tool_calls) ?? []) {
    const called = asObject(asObject(call)?.function);
    chars += (asString(called?.name) ?? '').length + (asString(called?.arguments) ?? '').length;
  }
  return chars;
}

/** Characters in a content list, as deep as Mistral nests it. */
function countTexts(value: JsonValue): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: JsonValue) => sum + countTexts(item), 0);
  const part = asObject(value);
  return part === undefined ? 0 : countTexts(part.text ?? '') + countTexts(part.thinking ?? '');
}

export function encodeResponse(response: ChatResponse, warnings: Warning[]): JsonObject {
  return {
    id: response.id,
    object: 'chat.completion',
    created: response.created > 0 ? response.created : Math.floor(systemClock.wallMs() / 1_000),
    model: response.model,
    choices: response.choices.map((choice) => encodeChoice(choice, warnings)),
    ...(response.usage !== undefined && { usage: encodeUsage(response.usage) }),
    ...response.extensions?.['openai-chat'],
  };
}

function encodeChoice(choice: Choice, warnings: Warning[]): JsonObject {
  const texts = choice.parts.filter((part) => part.type === 'text').map((part) => part.text);
  const refusals = choice.parts.filter((part) => part.type === 'refusal').map((part) => part.text);
  const calls = choice.parts.filter((part) => part.type === 'tool-call');
  return {
    index: choice.index,
    message: {
      role: 'assistant',
      content: texts.length > 0 ? texts.join('') : null,
      refusal: refusals.length > 0 ? refusals.join('') : null,
      ...encodeReasoning(choice.parts.filter((part) => part.type === 'reasoning')),
      ...(calls.length > 0 && {
        tool_calls: calls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } })),
      }),
      ...(choice.annotations !== undefined && { annotations: choice.annotations }),
      ...encodeOpaque(choice.parts, warnings),
    },
    logprobs: null,
    finish_reason: encodeFinish(choice.finish, { refusal: refusals.length > 0 }),
  };
}

/** Blocks of this grammar are members of the message; others are a warning. */
function encodeOpaque(parts: readonly Part[], warnings: Warning[]): JsonObject {
  const members: [string, JsonValue | undefined][] = [];
  for (const part of parts) {
    if (part.type !== 'opaque') continue;
    if (part.dialect === 'openai-chat') members.push(...Object.entries(part.wire));
    else warnings.push(droppedBlock(part.wire));
  }
  return Object.fromEntries(members);
}

function droppedBlock(wire: JsonObject): Warning {
  const kind = typeof wire.type === 'string' ? wire.type : 'block';
  return { field: `content.${kind}`, kind: 'dropped', message: `this API cannot show a ${kind} block` };
}
