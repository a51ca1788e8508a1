// A caller's `POST /v1/messages` body → canonical request.
import type { ChatRequest, Message, OutputFormat, Part, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { decodeContent, readCache } from './decode-blocks.ts';
import {
  optionalArray,
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalString,
  requireInteger,
  requireObject,
  requireString,
  unknownMembers,
  wrongField,
} from './wire-field.ts';

const knownFields = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
]);

const efforts = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

/** The vendor requires `max_tokens`, so a caller who forgot it hears the same here. */
export function decodeRequest(body: JsonObject): ChatRequest {
  if (body.max_tokens === undefined || body.max_tokens === null) {
    throw new GatewayError('invalid_request', 'max_tokens: field required; send the largest number of tokens to generate', {
      param: 'max_tokens',
    });
  }
  return { ...decodePrompt(body), maxOutputTokens: requireInteger(body.max_tokens, 'max_tokens', 1) };
}

/** Everything but `max_tokens`: the body of `/v1/messages/count_tokens`. */
export function decodePrompt(body: JsonObject): ChatRequest {
  const endUser = optionalString(optionalObject(body.metadata, 'metadata')?.user_id, 'metadata.user_id');
  const toolChoice = decodeToolChoice(body.tool_choice);
  const output = decodeOutput(body);
  const reasoning = decodeReasoning(body);
  const extensions = decodeExtensions(body);
  const tools = optionalArray(body.tools, 'tools')?.map((tool, index) => decodeTool(tool, `tools[${index}]`));
  return {
    model: optionalString(body.model, 'model') ?? '',
    messages: [...decodeSystem(body.system), ...decodeMessages(body.messages)],
    stream: optionalBoolean(body.stream, 'stream') ?? false,
    includeUsage: true,
    ...(tools !== undefined && tools.length > 0 && { tools }),
    ...toolChoice,
    ...(output !== undefined && { output }),
    ...(reasoning !== undefined && { reasoning }),
    ...decodeSampling(body),
    ...(endUser !== undefined && { endUser }),
    ...(extensions !== undefined && { extensions: { 'anthropic-messages': extensions } }),
  };
}

function decodeSystem(system: JsonValue | undefined): Message[] {
  if (system === undefined || system === null) return [];
  const parts = decodeContent(system, 'system');
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

function decodeMessages(value: JsonValue | undefined): Message[] {
  const messages = optionalArray(value, 'messages');
  if (messages === undefined || messages.length === 0) {
    throw new GatewayError('invalid_request', 'messages: at least one message is required', { param: 'messages' });
  }
  return messages.flatMap((message, index) => decodeMessage(message, `messages[${index}]`));
}

/**
 * Tool results become messages of their own, one each and before the rest of the user's turn: the one order that every
 * other dialect accepts right after the calls.
 */
function decodeMessage(value: JsonValue, path: string): Message[] {
  const message = requireObject(value, path);
  const { role } = message;
  // Newer API versions and agent clients put system messages between the turns.
  if (role !== 'user' && role !== 'assistant' && role !== 'system') throw wrongField(`${path}.role`, 'one of user, assistant, system');
  const parts = decodeContent(message.content, `${path}.content`);
  if (role !== 'user') return [{ role, parts }];

  const results: Message[] = [];
  const rest: Part[] = [];
  for (const part of parts) {
    if (part.type === 'tool-result') results.push({ role: 'tool', parts: [part] });
    else rest.push(part);
  }
  return rest.length > 0 || results.length === 0 ? [...results, { role, parts: rest }] : results;
}

function decodeTool(value: JsonValue, path: string): Tool {
  const wire = requireObject(value, path);
  const name = requireString(wire.name ?? wire.mcp_server_name ?? wire.type, `${path}.name`);
  if (wire.type !== undefined && wire.type !== null && wire.type !== 'custom') {
    requireString(wire.type, `${path}.type`);
    return { name, providerTool: { dialect: 'anthropic-messages', wire } };
  }
  requireString(wire.name, `${path}.name`);
  const description = optionalString(wire.description, `${path}.description`);
  const strict = optionalBoolean(wire.strict, `${path}.strict`);
  return {
    name,
    ...(description !== undefined && { description }),
    parameters: requireObject(wire.input_schema, `${path}.input_schema`),
    ...(strict !== undefined && { strict }),
    ...readCache(wire, path),
  };
}

function decodeToolChoice(value: JsonValue | undefined): { readonly toolChoice?: ToolChoice; readonly parallelToolCalls?: boolean } {
  const choice = optionalObject(value, 'tool_choice');
  if (choice === undefined) return {};
  const parallel = optionalBoolean(choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use') === true;
  return { toolChoice: readToolChoice(choice), ...(parallel && { parallelToolCalls: false }) };
}

function readToolChoice(choice: JsonObject): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { kind: choice.type };
    case 'any':
      return { kind: 'required' };
    case 'tool':
      return { kind: 'tool', name: requireString(choice.name, 'tool_choice.name') };
    default:
      throw wrongField('tool_choice.type', 'one of auto, any, tool, none');
  }
}

function decodeOutput(body: JsonObject): OutputFormat | undefined {
  const config = optionalObject(body.output_config, 'output_config');
  // `output_format` is the field's name in the beta that preceded `output_config`.
  const path = config?.format !== undefined && config.format !== null ? 'output_config.format' : 'output_format';
  const format = optionalObject(path === 'output_format' ? body.output_format : config?.format, path);
  if (format === undefined) return undefined;
  if (format.type !== 'json_schema') throw wrongField(`${path}.type`, 'json_schema');
  return { kind: 'json-schema', name: 'answer', schema: requireObject(format.schema, `${path}.schema`), strict: true };
}

function decodeReasoning(body: JsonObject): ReasoningWish | undefined {
  const effort = optionalString(optionalObject(body.output_config, 'output_config')?.effort, 'output_config.effort');
  const thinking = optionalObject(body.thinking, 'thinking');
  const wish: ReasoningWish = {
    ...(thinking !== undefined && readThinking(thinking)),
    ...(effort !== undefined && efforts.has(effort) && { effort: effort as NonNullable<ReasoningWish['effort']> }),
  };
  return Object.keys(wish).length === 0 ? undefined : wish;
}

function readThinking(thinking: JsonObject): ReasoningWish {
  switch (thinking.type) {
    case 'adaptive':
      return { enabled: true, adaptive: true };
    case 'enabled':
      return { enabled: true, budgetTokens: requireInteger(thinking.budget_tokens, 'thinking.budget_tokens', 1) };
    case 'disabled':
      return { enabled: false };
    default:
      throw wrongField('thinking.type', 'one of enabled, adaptive, disabled');
  }
}

function decodeSampling(body: JsonObject): Partial<ChatRequest> {
  const temperature = optionalNumber(body.temperature, 'temperature');
  const topP = optionalNumber(body.top_p, 'top_p');
  const topK = optionalNumber(body.top_k, 'top_k');
  const stop = optionalArray(body.stop_sequences, 'stop_sequences')?.map((text, index) => requireString(text, `stop_sequences[${index}]`));
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
  };
}

/** Unknown members, also those inside `thinking` and `output_config`, so that an encoder of this dialect can put them back. */
function decodeExtensions(body: JsonObject): JsonObject | undefined {
  const extensions: MutableJson = { ...unknownMembers(body, knownFields) };
  const thinking = isObject(body.thinking) ? unknownMembers(body.thinking, new Set(['type', 'budget_tokens'])) : undefined;
  if (thinking !== undefined) extensions.thinking = thinking;
  const config = isObject(body.output_config) ? unknownMembers(body.output_config, knownConfig(body.output_config)) : undefined;
  if (config !== undefined) extensions.output_config = config;
  const metadata = isObject(body.metadata) ? unknownMembers(body.metadata, new Set(['user_id'])) : undefined;
  if (metadata !== undefined) extensions.metadata = metadata;
  return Object.keys(extensions).length === 0 ? undefined : (extensions as JsonObject);
}

/** An effort level newer than this file is not understood, so it is kept like any unknown member. */
function knownConfig(config: JsonObject): ReadonlySet<string> {
  return typeof config.effort === 'string' && !efforts.has(config.effort) ? new Set(['format']) : new Set(['format', 'effort']);
}
