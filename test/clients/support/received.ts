// What a request said to the scripted provider, read out of either grammar into the same words, so that a law can assert on it.
import { asArray, asObject, asString, type JsonObject, type JsonValue, parseJson } from '../../../src/core/json.ts';
import type { SeenRequest } from '../../support/fake-upstream.ts';

export interface Received {
  readonly dialect: 'openai-chat' | 'openai-responses' | 'anthropic-messages';
  readonly model: string | undefined;
  readonly stream: boolean;
  /** The provider's own key, as it came in the header that the provider wants. */
  readonly key: string | undefined;
  readonly system: string;
  /** Texts of the users' turns. */
  readonly users: readonly string[];
  readonly images: readonly { readonly mediaType: string; readonly base64: string }[];
  readonly tools: readonly { readonly name: string; readonly parameters: JsonObject }[];
  readonly forcedTool: string | undefined;
  /** Calls in the history. */
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: JsonValue }[];
  readonly results: readonly { readonly id: string; readonly text: string }[];
  /** Reasoning in the history, with the provider's signature where the grammar has one. */
  readonly reasoning: readonly { readonly text: string; readonly signature?: string }[];
  /** Schema of the answer's own format. */
  readonly schema: JsonObject | undefined;
  /** Whether the model was asked to think. */
  readonly asksReasoning: boolean;
}

export function readReceived(request: SeenRequest): Received {
  const body = asObject(request.json()) ?? {};
  if (request.path.includes('/messages')) return readAnthropic(request, body);
  return request.path.endsWith('/responses') ? readResponses(request, body) : readOpenai(request, body);
}

function readResponses(request: SeenRequest, body: JsonObject): Received {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : objects(body.input);
  const of = (type: string): readonly JsonObject[] => items.filter((item) => item.type === type);
  const by = (...roles: readonly string[]): readonly JsonObject[] => items.filter((item) => roles.includes(String(item.role)));
  const tools = objects(body.tools).map((tool) => ({ name: asString(tool.name) ?? '', parameters: asObject(tool.parameters) ?? {} }));
  return {
    dialect: 'openai-responses',
    model: asString(body.model),
    stream: body.stream === true,
    key: asString(request.headers.authorization)?.replace('Bearer ', ''),
    system: [asString(body.instructions) ?? '', ...by('system', 'developer').map((item) => textOf(item.content))]
      .filter((text) => text !== '')
      .join('\n'),
    users: by('user').map((item) => textOf(item.content)),
    images: by('user')
      .flatMap((item) => objects(item.content))
      .filter((part) => part.type === 'input_image')
      .map((part) => readDataUrl(asString(part.image_url) ?? '')),
    tools,
    forcedTool: body.tool_choice === 'required' ? onlyName(tools) : asString(asObject(body.tool_choice)?.name),
    calls: of('function_call').map((item) => ({
      id: asString(item.call_id) ?? '',
      name: asString(item.name) ?? '',
      arguments: parseJson(asString(item.arguments) ?? 'null'),
    })),
    results: of('function_call_output').map((item) => ({ id: asString(item.call_id) ?? '', text: textOf(item.output) })),
    reasoning: of('reasoning').map((item) => ({
      text: objects(item.summary)
        .map((part) => asString(part.text) ?? '')
        .join(''),
    })),
    schema: asObject(asObject(asObject(body.text)?.format)?.schema),
    asksReasoning: asObject(body.reasoning) !== undefined,
  };
}

function readOpenai(request: SeenRequest, body: JsonObject): Received {
  const messages = objects(body.messages);
  const by = (...roles: readonly string[]): readonly JsonObject[] => messages.filter((message) => roles.includes(String(message.role)));
  const parts = by('user').flatMap((message) => objects(message.content));
  const calls = by('assistant').flatMap((message) => objects(message.tool_calls));
  const tools = objects(body.tools).map((tool) => ({
    name: asString(asObject(tool.function)?.name) ?? '',
    parameters: asObject(asObject(tool.function)?.parameters) ?? {},
  }));
  return {
    dialect: 'openai-chat',
    model: asString(body.model),
    stream: body.stream === true,
    key: asString(request.headers.authorization)?.replace('Bearer ', ''),
    system: by('system', 'developer')
      .map((message) => textOf(message.content))
      .join('\n'),
    users: by('user').map((message) => textOf(message.content)),
    images: parts.filter((part) => part.type === 'image_url').map((part) => readDataUrl(asString(asObject(part.image_url)?.url) ?? '')),
    tools,
    forcedTool: body.tool_choice === 'required' ? onlyName(tools) : asString(asObject(asObject(body.tool_choice)?.function)?.name),
    calls: calls.map((call) => ({
      id: asString(call.id) ?? '',
      name: asString(asObject(call.function)?.name) ?? '',
      arguments: parseJson(asString(asObject(call.function)?.arguments) ?? 'null'),
    })),
    results: by('tool').map((message) => ({ id: asString(message.tool_call_id) ?? '', text: textOf(message.content) })),
    reasoning: by('assistant').flatMap((message) =>
      typeof message.reasoning_content === 'string' ? [{ text: message.reasoning_content }] : [],
    ),
    schema: asObject(asObject(asObject(body.response_format)?.json_schema)?.schema),
    asksReasoning: typeof body.reasoning_effort === 'string',
  };
}

function readAnthropic(request: SeenRequest, body: JsonObject): Received {
  const messages = objects(body.messages);
  const blocks = (role: string): readonly JsonObject[] =>
    messages.filter((message) => message.role === role).flatMap((message) => objects(message.content));
  const format = asObject(asObject(body.output_config)?.format);
  const choice = asObject(body.tool_choice);
  const tools = objects(body.tools).map((tool) => ({ name: asString(tool.name) ?? '', parameters: asObject(tool.input_schema) ?? {} }));
  return {
    dialect: 'anthropic-messages',
    model: asString(body.model),
    stream: body.stream === true,
    key: asString(request.headers['x-api-key']),
    system: textOf(body.system),
    users: messages
      .filter((message) => message.role === 'user')
      .map((message) => textOf(message.content))
      .filter((text) => text !== ''),
    images: blocks('user')
      .filter((block) => block.type === 'image')
      .map((block) => asObject(block.source) ?? {})
      .map((source) => ({ mediaType: asString(source.media_type) ?? '', base64: asString(source.data) ?? '' })),
    tools,
    forcedTool: choice?.type === 'any' ? onlyName(tools) : choice?.type === 'tool' ? asString(choice.name) : undefined,
    calls: blocks('assistant')
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ id: asString(block.id) ?? '', name: asString(block.name) ?? '', arguments: block.input ?? null })),
    results: blocks('user')
      .filter((block) => block.type === 'tool_result')
      .map((block) => ({ id: asString(block.tool_use_id) ?? '', text: textOf(block.content) })),
    reasoning: blocks('assistant')
      .filter((block) => block.type === 'thinking')
      .map((block) => ({ text: asString(block.thinking) ?? '', signature: asString(block.signature) ?? '' })),
    schema: asObject(format?.schema),
    asksReasoning: ['enabled', 'adaptive'].includes(String(asObject(body.thinking)?.type)),
  };
}

/** "Some tool" is a certain tool where there is only one. */
function onlyName(tools: Received['tools']): string | undefined {
  return tools.length === 1 ? tools[0]?.name : undefined;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return (asArray(value) ?? []).map((item) => asObject(item) ?? {});
}

/** Text of a string, or of the text parts of a list. */
function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return objects(content)
    .map((part) => asString(part.text))
    .filter((text) => text !== undefined)
    .join('');
}

function readDataUrl(url: string): { readonly mediaType: string; readonly base64: string } {
  const [, mediaType = '', base64 = ''] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return { mediaType, base64 };
}
