// A whole answer of the provider → canonical.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { toArguments } from './decode-messages.ts';
import { badReply, findError, finishError } from './errors.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';

const known: ReadonlySet<string> = new Set(['id', 'message', 'finish_reason', 'usage', 'meta']);

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const answer = readAnswer(body);
  const message = asObject(answer.message) ?? {};
  const usage = decodeUsage(answer.usage ?? answer.meta, options);
  const rest = Object.entries(answer).filter(([key, value]) => !known.has(key) && value !== null && value !== undefined);
  const parts = decodeParts(message, options);
  const choice: Choice = {
    index: 0,
    parts,
    // A whole body is whole: servers that leave the reason out have still answered everything.
    finish: decodeFinish(answer.finish_reason) ?? (parts.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'stop'),
  };
  return {
    id: asString(answer.id) ?? '',
    // The grammar does not name the model in its answers.
    model: asString(answer.model) ?? '',
    created: 0,
    choices: [choice],
    ...(usage !== undefined && { usage }),
    ...(rest.length > 0 && { extensions: { 'cohere-v2': Object.fromEntries(rest) } }),
  };
}

/** What accounting needs, without building the answer. Throws as `decodeResponse` does. */
export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const answer = readAnswer(body);
  const usage = decodeUsage(answer.usage ?? answer.meta, options);
  const id = asString(answer.id);
  const finish = asString(answer.finish_reason);
  return {
    ...(id !== undefined && { id }),
    ...(usage !== undefined && { usage }),
    ...(finish !== undefined && { finish }),
    outputChars: decodeParts(asObject(answer.message) ?? {}, options).reduce((sum, part) => sum + countChars(part), 0),
  };
}

/** The body as an answer; throws the error that a 200 carries, or says that this is no answer. */
function readAnswer(body: JsonValue): JsonObject {
  if (isObject(body)) {
    const error = findError(body);
    if (error !== undefined) throw error;
    if (isObject(body.message)) {
      if (decodeFinish(body.finish_reason) === 'error') throw finishError(asString(body.finish_reason) ?? '', body.error);
      return body;
    }
  }
  throw badReply('the provider answered 200 without a message: this is not a chat answer', body);
}

/** Parts of an answer are read leniently: a caller cannot mend what the provider wrote. */
function decodeParts(message: JsonObject, { toolNames }: DecodeOptions): Part[] {
  const { content } = message;
  const parts: Part[] = typeof content === 'string' ? toText(content) : (asArray(content) ?? []).flatMap(decodePart);
  const plan = asString(message.tool_plan) ?? '';
  if (plan !== '') parts.push({ type: 'reasoning', text: plan, origin: 'cohere-v2' });
  for (const call of asArray(message.tool_calls) ?? []) {
    const fields = asObject(call);
    const called = asObject(fields?.function);
    const name = asString(called?.name);
    if (name === undefined) throw badReply('the provider answered a tool call without a name', message);
    parts.push({
      type: 'tool-call',
      id: asString(fields?.id) ?? '',
      name: toolNames?.get(name) ?? name,
      arguments: toArguments(asString(called?.arguments)),
    });
  }
  const citations = asArray(message.citations) ?? [];
  if (citations.length > 0) parts.push({ type: 'opaque', dialect: 'cohere-v2', wire: { type: 'citations', citations } });
  return parts;
}

function decodePart(value: JsonValue): Part[] {
  const wire = asObject(value);
  switch (wire?.type) {
    case 'text':
      return toText(asString(wire.text) ?? '');
    case 'thinking':
      return [{ type: 'reasoning', text: asString(wire.thinking) ?? '', origin: 'cohere-v2' }];
    default:
      return wire === undefined ? [] : [{ type: 'opaque', dialect: 'cohere-v2', wire }];
  }
}

function toText(text: string): Part[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function countChars(part: Part): number {
  if (part.type === 'tool-call') return part.name.length + part.arguments.length;
  return 'text' in part ? part.text.length : 0;
}
