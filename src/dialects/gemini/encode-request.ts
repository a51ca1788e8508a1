// Canonical request → body of `:generateContent` and `:streamGenerateContent`; the model's id goes into the path.
import type { ChatRequest, Tool } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { createWarningList, type WarningList } from '../anthropic-messages/warning-list.ts';
import { callerDialect } from '../caller-fields.ts';
import type { Encoded, EncodeTarget } from '../dialect.ts';
import { createToolNames, type ToolNames } from '../openai-chat/tool-names.ts';
import { encodeConfig } from './encode-config.ts';
import { encodeTurns } from './encode-turns.ts';
import { toGoogleSchema } from './json-schema.ts';
import { readModelFamily } from './model-family.ts';

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings = createWarningList();
  const names = createToolNames(request);
  const family = readModelFamily(target.model);
  const tools = encodeTools(request.tools ?? [], names, warnings);
  const { system, contents } = encodeTurns(request, { warnings, names, family });
  const hasFunctions = tools.some((tool) => tool.functionDeclarations !== undefined);
  const { config, instruction } = encodeConfig({ request, target, family, warnings, hasFunctions });
  if (instruction !== undefined) system.push({ text: instruction });
  const own = request.extensions?.gemini ?? {};
  warnOfTheRest(request, warnings);

  const { generationConfig: ownConfig, ...ownRest } = own;
  const generationConfig = { ...(isObject(ownConfig) && ownConfig), ...config };
  const body: MutableJson = {
    ...ownRest,
    contents,
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    ...(tools.length > 0 && { tools }),
    ...(hasFunctions && encodeToolChoice(request, names)),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...serviceTier(request),
  };
  return {
    body: body as JsonObject,
    warnings: warnings.all,
    ...(names.changed !== undefined && { rewrites: { toolNames: names.changed } }),
  };
}

function encodeTools(tools: readonly Tool[], names: ToolNames, warnings: WarningList): MutableJson[] {
  const declarations: MutableJson[] = [];
  const own: MutableJson[] = [];
  for (const [index, tool] of tools.entries()) {
    if (tool.providerTool === undefined) declarations.push(encodeDeclaration(tool, names, warnings));
    else if (tool.providerTool.dialect === 'gemini') own.push({ ...tool.providerTool.wire });
    else warnings.dropped(`tools[${index}]`, `this provider does not run the tool ${tool.name} itself`);
  }
  return [...(declarations.length > 0 ? [{ functionDeclarations: declarations }] : []), ...own];
}

function encodeDeclaration(tool: Tool, names: ToolNames, warnings: WarningList): MutableJson {
  const { schema, relaxed } = tool.parameters === undefined ? { schema: undefined, relaxed: [] } : toGoogleSchema(tool.parameters);
  if (relaxed.length > 0) {
    warnings.changed('tools', `the schema of ${tool.name.slice(0, 80)} was relaxed to what this provider enforces: ${relaxed.join(', ')}`);
  }
  return {
    name: names.toWire(tool.name),
    ...(tool.description !== undefined && { description: tool.description }),
    // An object schema without properties is refused; a function without parameters is not.
    ...(schema !== undefined && { parameters: schema }),
  };
}

function encodeToolChoice(request: ChatRequest, names: ToolNames): MutableJson {
  const { toolChoice } = request;
  const calling = (config: MutableJson): MutableJson => ({ toolConfig: { functionCallingConfig: config } });
  switch (toolChoice?.kind) {
    case 'none':
      return calling({ mode: 'NONE' });
    case 'required':
      return calling({ mode: 'ANY' });
    case 'tool':
      return calling({ mode: 'ANY', allowedFunctionNames: [names.toWire(toolChoice.name)] });
    case 'auto':
    case undefined:
      if (request.tools?.some((tool) => tool.strict === true)) return calling({ mode: 'VALIDATED' });
      return toolChoice === undefined ? {} : calling({ mode: 'AUTO' });
  }
}

const serviceTiers: Readonly<Record<string, string>> = { default: 'standard', flex: 'flex', priority: 'priority' };

function serviceTier(request: ChatRequest): MutableJson {
  const asked = request.extensions?.['openai-chat']?.service_tier;
  const tier = typeof asked === 'string' && Object.hasOwn(serviceTiers, asked) ? serviceTiers[asked] : undefined;
  return tier === undefined ? {} : { serviceTier: tier };
}

const endUserFields: Readonly<Partial<Record<string, string>>> = { 'anthropic-messages': 'metadata.user_id' };

function warnOfTheRest(request: ChatRequest, warnings: WarningList): void {
  const unknown = 'the dialect has no such setting';
  if (hasCacheMark(request)) warnings.dropped('cache_control', 'the provider caches prompts by itself and takes no marks');
  if (request.parallelToolCalls === false) warnings.dropped('parallel_tool_calls', unknown);
  if (request.endUser !== undefined) warnings.dropped(endUserFields[callerDialect(request)] ?? 'user', unknown);
  for (const [dialect, fields] of Object.entries(request.extensions ?? {})) {
    if (dialect === 'gemini') continue;
    for (const [field, value] of Object.entries(fields ?? {})) {
      // Null and false say what happens anyway.
      if (value === undefined || value === null || value === false) continue;
      if (!isSaidOtherwise(field, value, request)) warnings.dropped(field, unknown);
    }
  }
}

function hasCacheMark({ messages, tools = [] }: ChatRequest): boolean {
  const marked = (part: object): boolean => 'cache' in part && part.cache !== undefined;
  return tools.some(marked) || messages.some((message) => message.parts.some(marked));
}

/** Members that did find their way into the body, or that concern the other grammar's own stream format only. */
function isSaidOtherwise(field: string, value: JsonValue, request: ChatRequest): boolean {
  switch (field) {
    case 'service_tier':
      return value === 'auto' || (typeof value === 'string' && Object.hasOwn(serviceTiers, value));
    case 'reasoning':
    case 'reasoning_effort':
    case 'thinking':
    case 'output_config':
      return request.reasoning !== undefined || request.output !== undefined;
    default:
      return field === 'stream_options';
  }
}
