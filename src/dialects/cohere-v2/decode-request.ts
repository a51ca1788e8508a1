// A caller's `POST /v2/chat` body → canonical. Members that the canonical form has no word for go to `extensions`, untouched.
import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  invalid,
  nameOf,
  readArray,
  readBoolean,
  readCount,
  readInteger,
  readNumber,
  readObject,
  readString,
  requireString,
} from '../openai-chat/fields.ts';
import { decodeMessages } from './decode-messages.ts';

/** Members that are fully said by the canonical form. */
const understood: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'documents',
  'tools',
  'tool_choice',
  'strict_tools',
  'response_format',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'p',
  'k',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'thinking',
  'stream',
]);

export function decodeRequest(body: JsonObject): ChatRequest {
  // From entries, and not by assignment: a member called __proto__ stays a member.
  const unknown = Object.entries(body).filter(([key, value]) => !understood.has(key) && value !== null && value !== undefined);
  return dropAbsent({
    dialect: 'cohere-v2',
    model: readString(body, 'model') ?? '',
    messages: decodeMessages(body),
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body),
    output: decodeOutput(body),
    maxOutputTokens: readCount(body, 'max_tokens'),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'p'),
    topK: readInteger(body, 'k'),
    frequencyPenalty: readNumber(body, 'frequency_penalty'),
    presencePenalty: readNumber(body, 'presence_penalty'),
    seed: readInteger(body, 'seed'),
    stop: decodeStop(body),
    reasoning: decodeReasoning(body),
    stream: readBoolean(body, 'stream') ?? false,
    includeUsage: true,
    extensions: { 'cohere-v2': Object.fromEntries(unknown) as JsonObject },
  });
}

type WithUndefined<T> = { [Key in keyof T]: T[Key] | undefined };

function dropAbsent(request: WithUndefined<ChatRequest>): ChatRequest {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as unknown as ChatRequest;
}

function decodeTools(body: JsonObject): Tool[] | undefined {
  const strict = readBoolean(body, 'strict_tools');
  const tools = readArray(body, 'tools');
  if (tools === undefined || tools.length === 0) return undefined;
  return tools.map((wire, at) => decodeTool(wire, `tools[${at}]`, strict));
}

function decodeTool(wire: JsonValue, path: string, strict: boolean | undefined): Tool {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const called = readObject(wire, 'function', path);
  if (called === undefined) throw invalid(`${path}.function`, 'is missing; it must be an object with a name');
  const description = readString(called, 'description', `${path}.function`);
  const parameters = readObject(called, 'parameters', `${path}.function`);
  return {
    name: requireString(called, 'name', `${path}.function`),
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(strict !== undefined && { strict }),
  };
}

/** Absent means that the model decides. */
function decodeToolChoice(body: JsonObject): ToolChoice | undefined {
  const choice = readString(body, 'tool_choice');
  switch (choice?.toUpperCase()) {
    case undefined:
      return undefined;
    case 'REQUIRED':
      return { kind: 'required' };
    case 'NONE':
      return { kind: 'none' };
    default:
      throw invalid('tool_choice', `"${choice}" is unknown; use REQUIRED or NONE, or leave it out`);
  }
}

function decodeOutput(body: JsonObject): OutputFormat | undefined {
  const format = readObject(body, 'response_format');
  if (format === undefined) return undefined;
  const type = requireString(format, 'type', 'response_format');
  if (type === 'text') return undefined;
  if (type !== 'json_object') throw invalid('response_format.type', `"${type}" is unknown; use text or json_object`);
  // `schema` is the member's name in the first version.
  const schema = readObject(format, 'json_schema', 'response_format') ?? readObject(format, 'schema', 'response_format');
  return schema === undefined ? { kind: 'json' } : { kind: 'json-schema', name: 'response', schema };
}

function decodeStop(body: JsonObject): string[] | undefined {
  const stop = readArray(body, 'stop_sequences');
  if (stop === undefined || stop.length === 0) return undefined;
  return stop.map((text, at) => {
    if (typeof text !== 'string') throw invalid(`stop_sequences[${at}]`, `must be a string, not ${nameOf(text)}`);
    return text;
  });
}

function decodeReasoning(body: JsonObject): ReasoningWish | undefined {
  const thinking = readObject(body, 'thinking');
  if (thinking === undefined) return undefined;
  const type = readString(thinking, 'type', 'thinking') ?? 'enabled';
  if (type === 'disabled') return { enabled: false };
  if (type !== 'enabled') throw invalid('thinking.type', `"${type}" is unknown; use enabled or disabled`);
  const budgetTokens = readCount(thinking, 'token_budget', 'thinking');
  return { enabled: true, ...(budgetTokens !== undefined && { budgetTokens }) };
}
