// A chat completion request → canonical. Members that the canonical form has no word for go to `extensions`, untouched.
import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { decodeMessages } from './decode-messages.ts';
import { readCacheMark } from './decode-parts.ts';
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
} from './fields.ts';

/** Members that are fully said by the canonical form. */
const understood: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'n',
  'user',
  'stream',
]);

export function decodeRequest(body: JsonObject): ChatRequest {
  // From entries, and not by assignment: a member called __proto__ stays a member.
  const unknown = Object.entries(body).filter(([key, value]) => !understood.has(key) && value !== null && value !== undefined);
  const extensions: MutableJson = Object.fromEntries(unknown);
  const reasoning = decodeReasoning(body, extensions);
  const includeUsage = decodeStreamOptions(body, extensions);
  const endUser = decodeEndUser(body, extensions);
  return dropAbsent({
    model: readString(body, 'model') ?? '',
    messages: decodeMessages(body),
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body, extensions),
    parallelToolCalls: readBoolean(body, 'parallel_tool_calls'),
    output: decodeOutput(body),
    maxOutputTokens: readCount(body, 'max_completion_tokens') ?? readCount(body, 'max_tokens'),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    topK: readInteger(body, 'top_k'),
    frequencyPenalty: readNumber(body, 'frequency_penalty'),
    presencePenalty: readNumber(body, 'presence_penalty'),
    seed: readInteger(body, 'seed'),
    stop: decodeStop(body),
    count: readCount(body, 'n'),
    reasoning,
    endUser,
    stream: readBoolean(body, 'stream') ?? false,
    includeUsage,
    // Always there, also when empty: it tells encoders in whose words to name fields.
    extensions: { 'openai-chat': extensions as JsonObject },
  });
}

type WithUndefined<T> = { [Key in keyof T]: T[Key] | undefined };

function dropAbsent(request: WithUndefined<ChatRequest>): ChatRequest {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as unknown as ChatRequest;
}

function decodeTools(body: JsonObject): Tool[] | undefined {
  const tools = readArray(body, 'tools');
  const functions = readArray(body, 'functions');
  if (tools === undefined && functions === undefined) return undefined;
  return [
    ...(tools ?? []).map((wire, at) => decodeTool(wire, `tools[${at}]`)),
    ...(functions ?? []).map((wire, at) => decodeFunction(wire, `functions[${at}]`)),
  ];
}

function decodeTool(wire: JsonValue, path: string): Tool {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const type = readString(wire, 'type', path) ?? 'function';
  if (type !== 'function') {
    const name = readString(wire, 'name', path) ?? type;
    return { name, providerTool: { dialect: 'openai-chat', wire } };
  }
  const cache = readCacheMark(wire);
  // The flat form is the Responses API's; some clients mix the two.
  const nested = readObject(wire, 'function', path);
  const tool = nested === undefined ? decodeFunction(wire, path) : decodeFunction(nested, `${path}.function`);
  return cache === undefined ? tool : { ...tool, cache };
}

function decodeFunction(wire: JsonValue, path: string): Tool {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const description = readString(wire, 'description', path);
  const parameters = readObject(wire, 'parameters', path);
  const strict = readBoolean(wire, 'strict', path);
  return {
    name: requireString(wire, 'name', path),
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(strict !== undefined && { strict }),
  };
}

function decodeToolChoice(body: JsonObject, extensions: MutableJson): ToolChoice | undefined {
  const choice = body.tool_choice ?? body.function_call;
  const path = (body.tool_choice ?? undefined) === undefined ? 'function_call' : 'tool_choice';
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string') {
    if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
    if (choice === 'any') return { kind: 'required' };
    throw invalid(path, `"${choice}" is unknown; use auto, none, required or an object that names a function`);
  }
  if (!isObject(choice)) throw invalid(path, `must be a string or an object, not ${nameOf(choice)}`);
  if (choice.type === 'allowed_tools') {
    extensions.tool_choice = choice;
    return { kind: readObject(choice, 'allowed_tools', path)?.mode === 'required' ? 'required' : 'auto' };
  }
  const named = readObject(choice, 'function', path) ?? readObject(choice, 'custom', path) ?? choice;
  return { kind: 'tool', name: requireString(named, 'name', named === choice ? path : `${path}.function`) };
}

function decodeOutput(body: JsonObject): OutputFormat | undefined {
  const format = readObject(body, 'response_format');
  if (format === undefined) return undefined;
  const type = requireString(format, 'type', 'response_format');
  if (type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') throw invalid('response_format.type', `"${type}" is unknown; use text, json_object or json_schema`);
  // Together's form has the schema beside the type.
  const wire = readObject(format, 'json_schema', 'response_format') ?? format;
  const path = wire === format ? 'response_format' : 'response_format.json_schema';
  const schema = readObject(wire, 'schema', path);
  if (schema === undefined) throw invalid(`${path}.schema`, 'is missing; it must be a JSON Schema object');
  const strict = readBoolean(wire, 'strict', path);
  const description = readString(wire, 'description', path);
  return {
    kind: 'json-schema',
    name: readString(wire, 'name', path) ?? 'response',
    schema,
    ...(strict !== undefined && { strict }),
    ...(description !== undefined && { description }),
  };
}

function decodeStop(body: JsonObject): string[] | undefined {
  const stop = body.stop;
  if (stop === undefined || stop === null) return undefined;
  if (typeof stop === 'string') return [stop];
  if (Array.isArray(stop) && stop.every((item: JsonValue) => typeof item === 'string')) return [...(stop as readonly string[])];
  throw invalid('stop', 'must be a string or a list of strings');
}

type Effort = NonNullable<ReasoningWish['effort']>;
const efforts: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/**
 * `reasoning_effort`, OpenRouter's `reasoning{}` and the `thinking{}` that several providers take. The objects stay in the extensions:
 * they say more than a wish (`exclude`, `display`), and an upstream of this grammar gets them as they came.
 */
function decodeReasoning(body: JsonObject, extensions: MutableJson): ReasoningWish | undefined {
  const wish: MutableJson = {};
  const reasoning = readObject(body, 'reasoning');
  const effort =
    readString(body, 'reasoning_effort') ?? (reasoning === undefined ? undefined : readString(reasoning, 'effort', 'reasoning'));
  if (effort !== undefined && efforts.has(effort)) {
    wish.effort = effort;
    if (reasoning === undefined && !isObject(body.thinking)) delete extensions.reasoning_effort;
  }
  const budget = reasoning === undefined ? undefined : readCount(reasoning, 'max_tokens', 'reasoning');
  if (budget !== undefined) wish.budgetTokens = budget;
  const enabled = reasoning === undefined ? undefined : readBoolean(reasoning, 'enabled', 'reasoning');
  if (enabled !== undefined) wish.enabled = enabled;
  const thinking = readObject(body, 'thinking');
  if (thinking !== undefined) {
    const thinkingBudget = readCount(thinking, 'budget_tokens', 'thinking');
    if (thinkingBudget !== undefined) wish.budgetTokens = thinkingBudget;
    if (thinking.type === 'adaptive') wish.adaptive = true;
    if (thinking.type === 'enabled' || thinking.type === 'disabled') wish.enabled = thinking.type === 'enabled';
  }
  return Object.keys(wish).length === 0 ? undefined : (wish as ReasoningWish);
}

function decodeStreamOptions(body: JsonObject, extensions: MutableJson): boolean {
  const options = readObject(body, 'stream_options');
  if (options === undefined) return false;
  const { include_usage: _asked, ...rest } = options;
  if (Object.keys(rest).length === 0) delete extensions.stream_options;
  else extensions.stream_options = rest;
  return readBoolean(options, 'include_usage', 'stream_options') ?? false;
}

/** OpenAI's newer name for `user` counts where `user` is absent. */
function decodeEndUser(body: JsonObject, extensions: MutableJson): string | undefined {
  const user = readString(body, 'user');
  if (user !== undefined) return user;
  const identifier = readString(body, 'safety_identifier');
  if (identifier !== undefined) delete extensions.safety_identifier;
  return identifier;
}
