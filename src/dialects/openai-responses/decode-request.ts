// A caller's `POST /v1/responses` body → canonical request. What the provider would have remembered (`previous_response_id`,
// item references) has been put into `input` before; what only this API has is a warning.
import type { ChatRequest, Message, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import {
  invalid,
  nameOf,
  readArray,
  readBoolean,
  readCount,
  readNumber,
  readObject,
  readString,
  requireString,
} from '../openai-chat/fields.ts';
import { decodeInput } from './decode-items.ts';

/** Members that the canonical form or the gateway itself takes care of. */
const understood: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'temperature',
  'top_p',
  'user',
  'safety_identifier',
  'stream',
  'stream_options',
  'store',
  'metadata',
  'previous_response_id',
  'include',
  'truncation',
  'background',
]);

/** Members that chat completions know by the same name and meaning. */
const sharedWithChat = ['service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'] as const;

export function decodeRequest(body: JsonObject, warnings: Warning[] = []): ChatRequest {
  const unknown = Object.entries(body).filter(
    ([key, value]) => !understood.has(key) && !sharedWithChat.some((name) => name === key) && value !== null && value !== undefined,
  );
  assertAnswerable(body);
  warnOfLosses(body, unknown, warnings);
  const request = {
    dialect: 'openai-responses',
    model: readString(body, 'model') ?? '',
    messages: [...decodeInstructions(body), ...decodeInput(body.input, warnings)],
    tools: decodeTools(body),
    toolChoice: decodeToolChoice(body.tool_choice, warnings),
    parallelToolCalls: readBoolean(body, 'parallel_tool_calls'),
    output: decodeOutput(body),
    maxOutputTokens: readCount(body, 'max_output_tokens'),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    reasoning: decodeReasoningWish(body),
    endUser: readString(body, 'user') ?? readString(body, 'safety_identifier'),
    stream: readBoolean(body, 'stream') ?? false,
    includeUsage: true,
    extensions: decodeExtensions(body, unknown),
  };
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as unknown as ChatRequest;
}

/** What lives at the provider alone cannot be answered by another one, and must not be left out silently. */
function assertAnswerable(body: JsonObject): void {
  if (readObject(body, 'prompt') !== undefined) {
    throw new GatewayError('unsupported_capability', 'prompt: stored prompts exist at their own provider only; send the text as input', {
      param: 'prompt',
    });
  }
  if (body.input === undefined || body.input === null) {
    if (readString(body, 'previous_response_id') === undefined) throw invalid('input', 'is missing; send a text or a list of items');
  }
}

function decodeInstructions(body: JsonObject): Message[] {
  const { instructions } = body;
  // A list is what older answers repeat, and some clients send back what they got.
  if (Array.isArray(instructions)) return decodeInput(instructions, []);
  const text = readString(body, 'instructions');
  return text === undefined || text === '' ? [] : [{ role: 'system', parts: [{ type: 'text', text }] }];
}

function decodeTools(body: JsonObject): Tool[] | undefined {
  const tools = readArray(body, 'tools')?.map((wire, at) => decodeTool(wire, `tools[${at}]`));
  return tools === undefined || tools.length === 0 ? undefined : tools;
}

function decodeTool(wire: JsonValue, path: string): Tool {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const type = requireString(wire, 'type', path);
  switch (type) {
    case 'function':
      // Chat's nested form is common among clients that speak both APIs.
      return decodeFunction(readObject(wire, 'function', path) ?? wire, path);
    case 'custom':
      return decodeCustom(wire, path);
    default:
      return { name: readString(wire, 'name', path) ?? type, providerTool: { dialect: 'openai-responses', wire } };
  }
}

function decodeFunction(wire: JsonObject, path: string): Tool {
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

/** A tool that takes free text is a function of one text to everyone else; its grammar can only be described there. */
function decodeCustom(wire: JsonObject, path: string): Tool {
  const description = readString(wire, 'description', path) ?? '';
  const format = readObject(wire, 'format', path);
  const definition = format === undefined ? undefined : readString(format, 'definition', `${path}.format`);
  const grammar =
    definition === undefined ? '' : `\n\nThe text must follow this ${readString(format ?? {}, 'syntax') ?? ''} grammar:\n${definition}`;
  const text = (description + grammar).trim();
  return {
    name: requireString(wire, 'name', path),
    ...(text !== '' && { description: text }),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole text for the tool.' } },
      required: ['input'],
      additionalProperties: false,
    },
    freeText: wire,
  };
}

function decodeToolChoice(choice: JsonValue | undefined, warnings: Warning[]): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string') {
    if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
    throw invalid('tool_choice', `"${choice}" is unknown; use auto, none, required or an object that names a tool`);
  }
  if (!isObject(choice)) throw invalid('tool_choice', `must be a string or an object, not ${nameOf(choice)}`);
  switch (requireString(choice, 'type', 'tool_choice')) {
    case 'function':
    case 'custom':
      return { kind: 'tool', name: requireString(readObject(choice, 'function', 'tool_choice') ?? choice, 'name', 'tool_choice') };
    case 'allowed_tools':
      warnings.push({ field: 'tool_choice', kind: 'changed', message: 'the model may choose among all tools, not only the allowed ones' });
      return { kind: choice.mode === 'required' ? 'required' : 'auto' };
    default:
      warnings.push({
        field: 'tool_choice',
        kind: 'dropped',
        message: 'this provider does not run that tool itself, so the model chooses',
      });
      return { kind: 'auto' };
  }
}

function decodeOutput(body: JsonObject): OutputFormat | undefined {
  const text = readObject(body, 'text');
  const format = text === undefined ? undefined : readObject(text, 'format', 'text');
  if (format === undefined) return undefined;
  const type = requireString(format, 'type', 'text.format');
  if (type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') throw invalid('text.format.type', `"${type}" is unknown; use text, json_object or json_schema`);
  const schema = readObject(format, 'schema', 'text.format');
  if (schema === undefined) throw invalid('text.format.schema', 'is missing; it must be a JSON Schema object');
  const strict = readBoolean(format, 'strict', 'text.format');
  const description = readString(format, 'description', 'text.format');
  return {
    kind: 'json-schema',
    name: readString(format, 'name', 'text.format') ?? 'response',
    schema,
    ...(strict !== undefined && { strict }),
    ...(description !== undefined && { description }),
  };
}

type Effort = NonNullable<ReasoningWish['effort']>;
const efforts: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

function decodeReasoningWish(body: JsonObject): ReasoningWish | undefined {
  const wire = readObject(body, 'reasoning');
  const effort = wire === undefined ? undefined : readString(wire, 'effort', 'reasoning');
  return effort !== undefined && efforts.has(effort) ? { effort: effort as Effort } : undefined;
}

function decodeExtensions(body: JsonObject, unknown: readonly (readonly [string, JsonValue | undefined])[]): ChatRequest['extensions'] {
  const chat: MutableJson = {};
  for (const name of sharedWithChat) {
    const value = body[name];
    if (value !== undefined && value !== null) chat[name] = value;
  }
  const verbosity = readString(readObject(body, 'text') ?? {}, 'verbosity', 'text');
  if (verbosity !== undefined) chat.verbosity = verbosity;
  // From entries, and not by assignment: a member called __proto__ stays a member.
  return { 'openai-responses': Object.fromEntries(unknown), ...(Object.keys(chat).length > 0 && { 'openai-chat': chat as JsonObject }) };
}

/** What `include` may ask for that every answer of ours has anyway. */
const alwaysIncluded = 'reasoning.encrypted_content';

function warnOfLosses(body: JsonObject, unknown: readonly (readonly [string, JsonValue | undefined])[], warnings: Warning[]): void {
  const dropped = (field: string, message: string): void => {
    warnings.push({ field, kind: 'dropped', message });
  };
  for (const [field, value] of unknown) {
    // Zero and false say what happens anyway.
    if (value !== 0 && value !== false) dropped(field.slice(0, 80), 'this provider has no such parameter');
  }
  const effort = asObject(body.reasoning)?.effort;
  if (typeof effort === 'string' && !efforts.has(effort))
    dropped('reasoning.effort', `"${effort.slice(0, 40)}" is unknown; the model decides`);
  const truncation = readString(body, 'truncation');
  if (truncation !== undefined && truncation !== 'disabled') dropped('truncation', 'this provider does not shorten the conversation');
  for (const wanted of asArray(body.include) ?? []) {
    if (typeof wanted === 'string' && wanted !== alwaysIncluded) dropped('include', `this provider cannot add ${wanted.slice(0, 80)}`);
  }
  for (const tool of asArray(body.tools) ?? []) {
    if (!isObject(tool) || tool.type !== 'custom') continue;
    warnings.push({ field: 'tools', kind: 'emulated', message: 'a custom tool was offered as a function that takes one text' });
    break;
  }
}
