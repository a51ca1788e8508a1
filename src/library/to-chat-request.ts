// A program's request → the canonical one. Programs are callers like any other: wrong types are named, not guessed at.
import type { ChatRequest, MediaSource, Message, OutputFormat, Part, ReasoningWish, Tool, ToolChoice } from '../canonical/chat.ts';
import { isObject } from '../core/json.ts';
import { invalidOption } from './llm-error.ts';
import type { ChatMessage, Content, GenerateRequest, MediaContent, MessageToolCall } from './request.ts';
import { toJsonSchema } from './json-schema.ts';

/** Throws `invalid_request` naming the option. */
export function toChatRequest(request: GenerateRequest, stream: boolean): ChatRequest {
  const tools = request.tools?.map((tool, index) => toTool(tool, `tools[${index}]`));
  const output = outputOf(request);
  const reasoning = reasoningOf(request.reasoning);
  const stop = typeof request.stop === 'string' ? [request.stop] : request.stop;
  const toolChoice = toolChoiceOf(request.toolChoice);
  const maxOutputTokens = numberOf(request, 'maxTokens', { least: 1, whole: true });
  const settings = {
    temperature: numberOf(request, 'temperature', { least: 0 }),
    topP: numberOf(request, 'topP', { least: 0 }),
    topK: numberOf(request, 'topK', { least: 0, whole: true }),
    frequencyPenalty: numberOf(request, 'frequencyPenalty', {}),
    presencePenalty: numberOf(request, 'presencePenalty', {}),
    seed: numberOf(request, 'seed', { whole: true }),
  };
  return {
    dialect: 'library',
    model: request.model ?? 'auto',
    messages: messagesOf(request),
    stream,
    includeUsage: true,
    ...withoutUndefined(settings),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(tools !== undefined && tools.length > 0 && { tools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(request.parallelToolCalls !== undefined && { parallelToolCalls: request.parallelToolCalls }),
    ...(output !== undefined && { output }),
    ...(stop !== undefined && { stop }),
    ...(reasoning !== undefined && { reasoning }),
    ...(request.user !== undefined && { endUser: request.user }),
  };
}

type NumberOption = 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'frequencyPenalty' | 'presencePenalty' | 'seed';

function numberOf(
  request: GenerateRequest,
  option: NumberOption,
  limits: { readonly least?: number; readonly whole?: true },
): number | undefined {
  const value: unknown = request[option];
  if (value === undefined || value === null) return undefined;
  const kind = limits.whole === true ? 'a whole number' : 'a number';
  const fits = typeof value === 'number' && Number.isFinite(value) && (limits.whole !== true || Number.isInteger(value));
  if (!fits) throw invalidOption(option, `must be ${kind}`);
  if (limits.least !== undefined && value < limits.least) throw invalidOption(option, `must be ${kind} of at least ${limits.least}`);
  return value;
}

type Defined<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function withoutUndefined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;
}

function messagesOf({ prompt, messages, system }: GenerateRequest): readonly Message[] {
  if (prompt !== undefined && messages !== undefined) throw invalidOption('prompt', 'give prompt or messages, not both');
  if (prompt === undefined && messages === undefined) throw invalidOption('prompt', 'is missing; give prompt or messages');
  if (prompt !== undefined && typeof prompt !== 'string') throw invalidOption('prompt', 'must be a string');
  if (messages !== undefined && !Array.isArray(messages)) throw invalidOption('messages', 'must be a list');
  if (system !== undefined && typeof system !== 'string') throw invalidOption('system', 'must be a string');
  const first: Message[] = system === undefined ? [] : [{ role: 'system', parts: [{ type: 'text', text: system }] }];
  if (prompt !== undefined) return [...first, { role: 'user', parts: [{ type: 'text', text: prompt }] }];
  if (messages?.length === 0) throw invalidOption('messages', 'must hold at least one message');
  return [...first, ...(messages ?? []).map((message, index) => toMessage(message, `messages[${index}]`))];
}

function toMessage(message: ChatMessage, at: string): Message {
  if (!isObject(message)) throw invalidOption(at, 'must be a message: { role, content }');
  switch (message.role) {
    case 'system':
    case 'user':
      return {
        role: message.role,
        parts: partsOf(message.content, `${at}.content`),
        ...(message.name !== undefined && { name: message.name }),
      };
    case 'assistant': {
      const calls = (message.toolCalls ?? []).map((call, index) => callPart(call, `${at}.toolCalls[${index}]`));
      const spoken = message.content === undefined || message.content === '' ? [] : partsOf(message.content, `${at}.content`);
      if (calls.length + spoken.length === 0) throw invalidOption(at, 'an assistant message needs content or toolCalls');
      return { role: 'assistant', parts: [...spoken, ...calls] };
    }
    case 'tool': {
      if (typeof message.toolCallId !== 'string') throw invalidOption(`${at}.toolCallId`, 'must be the id of the call it answers');
      const result: Part = {
        type: 'tool-result',
        callId: message.toolCallId,
        parts: partsOf(message.content, `${at}.content`),
        ...(message.isError === true && { isError: true }),
      };
      return { role: 'tool', parts: [result] };
    }
    default:
      throw invalidOption(`${at}.role`, 'must be system, user, assistant or tool');
  }
}

function callPart(call: MessageToolCall, at: string): Part {
  if (!isObject(call) || typeof call.id !== 'string' || typeof call.name !== 'string') {
    throw invalidOption(at, 'must be a tool call: { id, name, arguments }');
  }
  const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
  return { type: 'tool-call', id: call.id, name: call.name, arguments: text };
}

function partsOf(content: string | readonly Content[], at: string): readonly Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalidOption(at, 'must be text or a list of parts');
  return (content as readonly Content[]).map((part, index) => toPart(part, `${at}[${index}]`));
}

function toPart(part: Content, at: string): Part {
  if (!isObject(part)) throw invalidOption(at, 'must be a part: { type, … }');
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw invalidOption(`${at}.text`, 'must be a string');
      return { type: 'text', text: part.text };
    case 'reasoning': {
      const { type: _type, ...rest } = part;
      return { type: 'reasoning', ...rest } as Part;
    }
    case 'image':
    case 'file':
    case 'audio':
      return {
        type: part.type,
        source: sourceOf(part, at),
        ...(part.type === 'file' && part.filename !== undefined && { filename: part.filename }),
      } as Part;
    default:
      throw invalidOption(`${at}.type`, 'must be text, image, file, audio or reasoning');
  }
}

function sourceOf(part: MediaContent, at: string): MediaSource {
  if (part.fileId !== undefined) return { kind: 'file-id', id: part.fileId };
  if (part.url !== undefined) {
    const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(part.url) ?? [];
    return mediaType !== undefined && data !== undefined ? { kind: 'base64', mediaType, data } : { kind: 'url', url: part.url };
  }
  if (part.data === undefined) throw invalidOption(at, 'needs url, data or fileId');
  if (part.mediaType === undefined) throw invalidOption(`${at}.mediaType`, 'is needed with data, for example image/png');
  const data = typeof part.data === 'string' ? part.data : Buffer.from(part.data).toString('base64');
  return { kind: 'base64', mediaType: part.mediaType, data };
}

function toTool(tool: NonNullable<GenerateRequest['tools']>[number], at: string): Tool {
  if (!isObject(tool) || typeof tool.name !== 'string' || tool.name === '') throw invalidOption(`${at}.name`, 'must be a name');
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.parameters !== undefined && { parameters: toJsonSchema(tool.parameters, `${at}.parameters`) }),
    ...(tool.strict !== undefined && { strict: tool.strict }),
  };
}

function toolChoiceOf(choice: GenerateRequest['toolChoice']): ToolChoice | undefined {
  if (choice === undefined) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { kind: choice };
  if (isObject(choice) && typeof choice.name === 'string') return { kind: 'tool', name: choice.name };
  throw invalidOption('toolChoice', 'must be auto, none, required or { name }');
}

function outputOf({ schema, schemaName, json }: GenerateRequest): OutputFormat | undefined {
  if (schema !== undefined) {
    return { kind: 'json-schema', name: schemaName ?? 'answer', schema: toJsonSchema(schema, 'schema'), strict: true };
  }
  return json === true ? { kind: 'json' } : undefined;
}

function reasoningOf(wish: GenerateRequest['reasoning']): ReasoningWish | undefined {
  if (wish === undefined) return undefined;
  if (typeof wish === 'string') return { effort: wish, enabled: wish !== 'none' };
  if (!isObject(wish)) throw invalidOption('reasoning', 'must be an effort or { effort, budgetTokens }');
  return { enabled: true, ...wish };
}
