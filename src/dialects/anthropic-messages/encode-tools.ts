// Tools, the choice among them, and JSON output: one file, because JSON output may have to be played by a forced tool.
import type { ChatRequest, OutputFormat, Tool, ToolChoice } from '../../canonical/chat.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { cacheControl } from './encode-blocks.ts';
import { isPlainlyStrict, sanitiseSchema } from './json-schema.ts';
import type { WarningList } from './warning-list.ts';
import type { ToolNames } from './wire-names.ts';

interface ToolsContext {
  readonly target: EncodeTarget;
  readonly warnings: WarningList;
  readonly names: ToolNames;
}

export interface EncodedTools {
  readonly tools: readonly MutableJson[];
  readonly toolChoice?: MutableJson;
  /** `output_config.format`. */
  readonly format?: MutableJson;
  /** Sentence for the system prompt. */
  readonly instruction?: string;
  /** Name of the tool that plays JSON output. */
  readonly jsonTool?: string;
}

export function encodeTools(request: ChatRequest, context: ToolsContext): EncodedTools {
  const tools = (request.tools ?? []).flatMap((tool) => encodeTool(tool, context));
  const plan = planJson(request.output, context);
  if (plan.kind === 'tool') return playJson(plan, { request, tools, context });

  const toolChoice = encodeToolChoice(request, tools.length > 0, context);
  return {
    tools,
    ...(toolChoice !== undefined && { toolChoice }),
    ...(plan.kind === 'format' && { format: plan.format }),
    ...(plan.kind === 'instruction' && { instruction: plan.text }),
  };
}

function encodeTool(tool: Tool, context: ToolsContext): MutableJson[] {
  if (tool.providerTool !== undefined) {
    if (tool.providerTool.dialect === 'anthropic-messages') return [{ ...tool.providerTool.wire }];
    context.warnings.dropped('tools', `the tool ${tool.name} is run by another provider`);
    return [];
  }
  const schema = toInputSchema(tool.parameters);
  const strict = tool.strict === true && allowStrict(schema, context);
  return [
    {
      name: context.names.toWire(tool.name),
      ...(tool.description !== undefined && tool.description !== '' && { description: tool.description }),
      input_schema: strict ? sanitiseSchema(schema).schema : schema,
      ...(strict && { strict: true }),
      ...cacheControl(tool.cache),
    },
  ];
}

function allowStrict(schema: JsonObject, { target, warnings }: ToolsContext): boolean {
  if (target.traits.has('native-json-schema') && isPlainlyStrict(schema)) return true;
  warnings.dropped('tools[].strict', 'arguments are not guaranteed to match the schema at this provider');
  return false;
}

/** The vendor insists on an object schema, also for a tool without parameters. */
export function toInputSchema(parameters: JsonObject | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} };
  return parameters.type === undefined || parameters.type === null ? { ...parameters, type: 'object' } : parameters;
}

function encodeToolChoice(request: ChatRequest, hasTools: boolean, { warnings, names }: ToolsContext): MutableJson | undefined {
  const { toolChoice: choice, parallelToolCalls } = request;
  if (!hasTools) {
    if (choice !== undefined && (choice.kind === 'required' || choice.kind === 'tool'))
      warnings.dropped('tool_choice', 'there are no tools to choose from');
    return undefined;
  }
  if (choice === undefined && parallelToolCalls !== false) return undefined;
  const wire = writeChoice(choice ?? { kind: 'auto' }, names);
  return parallelToolCalls === false && wire.type !== 'none' ? { ...wire, disable_parallel_tool_use: true } : wire;
}

function writeChoice(choice: ToolChoice, names: ToolNames): MutableJson {
  if (choice.kind === 'tool') return { type: 'tool', name: names.toWire(choice.name) };
  return { type: choice.kind === 'required' ? 'any' : choice.kind };
}

type JsonPlan =
  | { readonly kind: 'none' }
  | { readonly kind: 'format'; readonly format: MutableJson }
  | { readonly kind: 'instruction'; readonly text: string }
  | { readonly kind: 'tool'; readonly schema: JsonObject; readonly description?: string };

function planJson(output: OutputFormat | undefined, { target, warnings }: ToolsContext): JsonPlan {
  if (output === undefined) return { kind: 'none' };
  if (output.kind === 'json') {
    warnings.emulated('response_format', 'JSON was asked for by an instruction; it is not enforced');
    return { kind: 'instruction', text: 'Answer with one valid JSON object and nothing else: no prose, no code fence.' };
  }
  if (target.traits.has('native-json-schema')) {
    const { schema, relaxed } = sanitiseSchema(output.schema);
    if (relaxed.length > 0) warnings.changed('response_format.json_schema', `not enforced by this provider: ${relaxed.join(', ')}`);
    return { kind: 'format', format: { type: 'json_schema', schema } };
  }
  if (!canBeToolInput(output.schema)) {
    warnings.emulated('response_format', 'the JSON schema was sent as an instruction; it is not enforced');
    const text = `Answer with one JSON value that matches this JSON Schema and nothing else, no code fence:\n${JSON.stringify(output.schema)}`;
    return { kind: 'instruction', text };
  }
  warnings.emulated('response_format', 'the JSON schema is kept through a forced tool call');
  return { kind: 'tool', schema: output.schema, ...(output.description !== undefined && { description: output.description }) };
}

export function canBeToolInput(schema: JsonObject): boolean {
  return schema.type === 'object' || (schema.type === undefined && schema.properties !== undefined);
}

interface JsonPlay {
  readonly request: ChatRequest;
  readonly tools: readonly MutableJson[];
  readonly context: ToolsContext;
}

/** The model must call the JSON tool; where the caller has tools of its own it may call one of those instead. */
function playJson(plan: Extract<JsonPlan, { readonly kind: 'tool' }>, { request, tools, context }: JsonPlay): EncodedTools {
  const choice = request.toolChoice;
  if (choice !== undefined && (choice.kind === 'tool' || choice.kind === 'required') && tools.length > 0) {
    // This turn has to be a tool call anyway; the JSON answer comes in a later turn.
    const toolChoice = encodeToolChoice(request, true, context);
    return { tools, ...(toolChoice !== undefined && { toolChoice }) };
  }
  const taken = new Set(tools.map((tool) => tool.name));
  let jsonTool = 'json';
  while (taken.has(jsonTool)) jsonTool = `${jsonTool}_answer`;
  const tool = {
    name: jsonTool,
    description: plan.description ?? 'Answer with a JSON object.',
    input_schema: toInputSchema(plan.schema),
  };
  const onlyJson = tools.length === 0 || choice?.kind === 'none';
  return {
    tools: [...tools, tool],
    toolChoice: { ...(onlyJson ? { type: 'tool', name: jsonTool } : { type: 'any' }), disable_parallel_tool_use: true },
    jsonTool,
  };
}
