// A whole answer → canonical.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { toArguments } from '../anthropic-messages/tool-input.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { finishOf, unplayJson } from '../played-json.ts';
import { badReply, findError, requireObject } from './errors.ts';
import { decodeStopReason, readStopSequence } from './stop-reason.ts';
import { decodeUsage } from './usage.ts';

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const answer = readAnswer(body);
  const content = readContent(answer);
  const parts = unplayJson(
    content.flatMap((block) => decodeBlock(block, options)),
    options,
  );
  const stopSequence = readStopSequence(answer.additionalModelResponseFields);
  const annotations = content.flatMap((block) => asArray(asObject(block.citationsContent)?.citations) ?? []);
  const usage = decodeUsage(answer.usage, options);
  const choice: Choice = {
    index: 0,
    parts,
    finish: finishOf(decodeStopReason(answer.stopReason), parts, options),
    ...(stopSequence !== undefined && { stopSequence }),
    ...(annotations.length > 0 && { annotations }),
  };
  // The grammar has neither an id nor the model's name in its body.
  return { id: '', model: '', created: 0, choices: [choice], ...(usage !== undefined && { usage }) };
}

export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const answer = readAnswer(body);
  const usage = decodeUsage(answer.usage, options);
  const finish = asString(answer.stopReason);
  return {
    ...(usage !== undefined && { usage }),
    ...(finish !== undefined && { finish }),
    outputChars: readContent(answer).reduce((sum, block) => sum + countChars(block), 0),
  };
}

function readAnswer(body: JsonValue): JsonObject {
  const answer = requireObject(body);
  const error = findError(answer);
  if (error !== undefined) throw error;
  return answer;
}

function readContent(answer: JsonObject): JsonObject[] {
  const content = asArray(asObject(asObject(answer.output)?.message)?.content);
  if (content === undefined) throw badReply('the provider answered without a list of content blocks', answer);
  return content.map((block) => {
    if (!isObject(block)) throw badReply('the provider answered a content block that is not an object', answer);
    return block;
  });
}

/** Blocks of an answer are read leniently: a caller cannot mend what the provider wrote. */
function decodeBlock(block: JsonObject, options: DecodeOptions): Part[] {
  if (typeof block.text === 'string') return [{ type: 'text', text: block.text }];
  if (isObject(block.toolUse) && block.toolUse.type !== 'server_tool_use') return [decodeToolUse(block.toolUse, options)];
  if (isObject(block.reasoningContent)) return decodeReasoning(block.reasoningContent);
  if (isObject(block.citationsContent)) {
    const text = (asArray(block.citationsContent.content) ?? []).map((piece) => asString(asObject(piece)?.text) ?? '').join('');
    return text === '' ? [] : [{ type: 'text', text }];
  }
  return [{ type: 'opaque', dialect: 'bedrock-converse', wire: block }];
}

/** Signed reasoning here is Claude's, and its signature counts at Anthropic too: it keeps that origin, so that either may get it back. */
function decodeReasoning(reasoning: JsonObject): Part[] {
  const redacted = asString(reasoning.redactedContent);
  if (redacted !== undefined) return [{ type: 'reasoning', text: '', redacted, origin: 'anthropic-messages' }];
  const said = asObject(reasoning.reasoningText);
  const text = asString(said?.text) ?? '';
  const signature = asString(said?.signature) ?? '';
  if (signature !== '') return [{ type: 'reasoning', text, signature, origin: 'anthropic-messages' }];
  return text === '' ? [] : [{ type: 'reasoning', text }];
}

function decodeToolUse(call: JsonObject, options: DecodeOptions): Part {
  const wireName = asString(call.name);
  if (wireName === undefined) throw badReply('the provider answered a tool call without a name', call);
  return {
    type: 'tool-call',
    id: asString(call.toolUseId) ?? '',
    name: options.toolNames?.get(wireName) ?? wireName,
    arguments: toArguments(call.input),
  };
}

function countChars(block: JsonObject): number {
  const reasoning = asObject(asObject(block.reasoningContent)?.reasoningText);
  const text = asString(block.text) ?? asString(reasoning?.text) ?? '';
  const input = asObject(asObject(block.toolUse)?.input);
  return text.length + (input === undefined ? 0 : JSON.stringify(input).length);
}
