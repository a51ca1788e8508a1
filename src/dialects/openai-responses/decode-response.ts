// A whole response → canonical, and the few facts accounting needs of one that passes as bytes.
import type { ChatResponse, Part } from '../../canonical/chat.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { badReply, findError } from './errors.ts';
import { decodeFinish, finishWord } from './finish.ts';
import { decodeItem } from './output-items.ts';
import { reasoningText } from './reasoning.ts';
import { decodeUsage } from './usage.ts';

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const answer = readAnswer(body);
  if (answer.status === 'queued' || answer.status === 'in_progress') {
    throw badReply('the provider answered with a response that is not finished', answer);
  }
  const parts: Part[] = [];
  const annotations: JsonValue[] = [];
  for (const item of outputOf(answer)) {
    const decoded = decodeItem(item, options);
    parts.push(...decoded.parts);
    annotations.push(...decoded.annotations);
  }
  const usage = decodeUsage(asObject(answer.usage), options);
  const finish = decodeFinish(answer, {
    calls: parts.filter((part) => part.type === 'tool-call').length,
    refused: parts.some((part) => part.type === 'refusal'),
  });
  return {
    id: asString(answer.id) ?? newId('resp'),
    model: asString(answer.model) ?? '',
    created: asNumber(answer.created_at) ?? 0,
    choices: [{ index: 0, parts, finish, ...(annotations.length > 0 && { annotations }) }],
    ...(usage !== undefined && { usage }),
  };
}

/** The body as a response; throws the error that a 200 carries, or says that this is no response. */
function readAnswer(body: JsonValue): JsonObject {
  if (isObject(body)) {
    const error = findError(body);
    if (error !== undefined) throw error;
    if (Array.isArray(body.output)) return body;
  }
  throw badReply('the provider answered 200 without output: this is not a response', body);
}

function outputOf(answer: JsonObject): readonly JsonObject[] {
  return (asArray(answer.output) ?? []).filter(isObject);
}

/** Throws as `decodeResponse` does, but for answers that a background job still works on. */
export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const answer = readAnswer(body);
  const id = asString(answer.id);
  const model = asString(answer.model);
  const usage = decodeUsage(asObject(answer.usage), options);
  return {
    ...(id !== undefined && id !== '' && { id }),
    ...(model !== undefined && model !== '' && { model }),
    ...(usage !== undefined && { usage }),
    finish: finishWord(answer),
    outputChars: outputOf(answer).reduce((sum, item) => sum + countChars(item), 0),
  };
}

function countChars(item: JsonObject): number {
  const length = (value: JsonValue | undefined): number => (asString(value) ?? '').length;
  if (item.type === 'reasoning') return reasoningText(item).length;
  const content = (asArray(item.content) ?? []).reduce<number>((sum, part) => {
    const fields = asObject(part);
    return sum + length(fields?.text) + length(fields?.refusal);
  }, 0);
  return content + length(item.name) + length(item.arguments) + length(item.input);
}
