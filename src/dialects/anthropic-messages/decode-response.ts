// A whole answer of the vendor → canonical.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { finishOf, unplayJson } from '../played-json.ts';
import { badReply, findError } from './errors.ts';
import { sideFieldsPart } from './side-fields.ts';
import { decodeStopReason } from './stop-reason.ts';
import { toArguments } from './tool-input.ts';
import { decodeUsage } from './usage.ts';
import { toldMembers } from './wire-field.ts';

const knownFields = new Set(['id', 'type', 'role', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage']);

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const message = readMessage(body);
  const content = readContent(message);
  const parts = unplayJson(
    content.flatMap((block) => decodeAnswerBlock(block, options)),
    options,
  );
  const stopSequence = asString(message.stop_sequence);
  const annotations = content.flatMap((block) => asArray(block.citations) ?? []);
  const usage = decodeUsage(message.usage, options);
  const extensions = toldMembers(message, knownFields);
  const choice: Choice = {
    index: 0,
    parts,
    finish: finishOf(decodeStopReason(message.stop_reason), parts, options),
    ...(stopSequence !== undefined && { stopSequence }),
    ...(annotations.length > 0 && { annotations }),
  };
  return {
    id: asString(message.id) ?? '',
    model: asString(message.model) ?? '',
    created: 0,
    choices: [choice],
    ...(usage !== undefined && { usage }),
    ...(extensions !== undefined && { extensions: { 'anthropic-messages': extensions } }),
  };
}

export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const message = readMessage(body);
  const usage = decodeUsage(message.usage, options);
  const id = asString(message.id);
  const model = asString(message.model);
  const finish = asString(message.stop_reason);
  return {
    ...(id !== undefined && { id }),
    ...(model !== undefined && { model }),
    ...(usage !== undefined && { usage }),
    ...(finish !== undefined && { finish }),
    outputChars: readContent(message).reduce((sum, block) => sum + countChars(block), 0),
  };
}

function readMessage(body: JsonValue): JsonObject {
  if (!isObject(body)) throw badReply('the provider answered something that is not a message object');
  const error = findError(body);
  if (error !== undefined) throw error;
  return body;
}

function readContent(message: JsonObject): JsonObject[] {
  const content = asArray(message.content);
  if (content === undefined) throw badReply('the provider answered a message without a list of content blocks', message);
  return content.map((block) => {
    if (!isObject(block)) throw badReply('the provider answered a content block that is not an object', message);
    return block;
  });
}

/** Blocks of an answer are read leniently: a caller cannot mend what the provider wrote. */
function decodeAnswerBlock(block: JsonObject, options: DecodeOptions): Part[] {
  switch (block.type) {
    case 'text': {
      const text: Part = { type: 'text', text: asString(block.text) ?? '' };
      const { citations } = block;
      return Array.isArray(citations) && citations.length > 0 ? [text, sideFieldsPart({ citations })] : [text];
    }
    case 'thinking': {
      const signature = asString(block.signature);
      const text = asString(block.thinking) ?? '';
      if (signature === undefined || signature === '') return [{ type: 'reasoning', text }];
      return [{ type: 'reasoning', text, signature, origin: 'anthropic-messages' }];
    }
    case 'redacted_thinking':
      return [{ type: 'reasoning', text: '', redacted: asString(block.data) ?? '', origin: 'anthropic-messages' }];
    case 'tool_use':
      return [decodeToolUse(block, options)];
    default:
      // Tools that the provider ran itself (server_tool_use, mcp_tool_use and their results) are not the client's calls.
      return [{ type: 'opaque', dialect: 'anthropic-messages', wire: block }];
  }
}

function decodeToolUse(block: JsonObject, options: DecodeOptions): Part {
  const wireName = asString(block.name);
  if (wireName === undefined) throw badReply('the provider answered a tool call without a name', block);
  return {
    type: 'tool-call',
    id: asString(block.id) ?? '',
    name: options.toolNames?.get(wireName) ?? wireName,
    arguments: toArguments(block.input),
  };
}

function countChars(block: JsonObject): number {
  const text = asString(block.text) ?? asString(block.thinking) ?? '';
  const input = asObject(block.input);
  return text.length + (input === undefined ? 0 : JSON.stringify(input).length);
}
