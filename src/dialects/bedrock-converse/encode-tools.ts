// Tools, the choice among them, and JSON output: one file, because JSON output is played by a forced tool. The grammar's own JSON
// format and strict tools are refused by the newest Claude models, a forced tool by none of them.
import type { ChatRequest, OutputFormat, Tool } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import { canBeToolInput, toInputSchema } from '../anthropic-messages/encode-tools.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import type { ToolNames } from '../anthropic-messages/wire-names.ts';
import type { EncodeTarget } from '../dialect.ts';
import { cachePoint } from './cache-points.ts';
import { type ModelFamily, takesCachePoints, takesToolChoice } from './model-family.ts';

interface ToolsContext {
  readonly target: EncodeTarget;
  readonly family: ModelFamily;
  readonly warnings: WarningList;
  readonly names: ToolNames;
}

export type WireChoice = { readonly kind: 'auto' } | { readonly kind: 'any' } | { readonly kind: 'tool'; readonly name: string };

export interface EncodedTools {
  /** Empty: there is no `toolConfig`. */
  readonly tools: readonly MutableJson[];
  readonly choice?: WireChoice;
  /** At most one call per answer. */
  readonly single?: true;
  /** Sentence for the system prompt. */
  readonly instruction?: string;
  /** Name of the tool that plays JSON output. */
  readonly jsonTool?: string;
}

export function encodeTools(request: ChatRequest, context: ToolsContext): EncodedTools {
  // There is no choice "none": a model that may not call tools must not see any.
  const offered = request.toolChoice?.kind === 'none' ? [] : (request.tools ?? []);
  const tools = offered.flatMap((tool) => encodeTool(tool, context));
  const choice = encodeChoice(request, tools.length > 0, context);
  const plain: EncodedTools = {
    tools,
    ...(choice !== undefined && { choice }),
    ...(request.parallelToolCalls === false && tools.length > 0 && { single: true as const }),
  };
  return request.output === undefined ? plain : addJson(request.output, plain, context);
}

function encodeTool(tool: Tool, { family, warnings, names }: ToolsContext): MutableJson[] {
  if (tool.providerTool !== undefined) {
    if (tool.providerTool.dialect === 'bedrock-converse') return [{ ...tool.providerTool.wire }];
    warnings.dropped('tools', `the tool ${tool.name} is run by another provider`);
    return [];
  }
  if (tool.strict === true) warnings.dropped('tools[].strict', 'arguments are not guaranteed to match the schema at this provider');
  const spec = {
    name: names.toWire(tool.name),
    // An empty description is refused.
    ...(tool.description !== undefined && tool.description.trim() !== '' && { description: tool.description }),
    inputSchema: { json: toInputSchema(tool.parameters) },
  };
  if (tool.cache === undefined) return [{ toolSpec: spec }];
  if (takesCachePoints(family).tools) return [{ toolSpec: spec }, cachePoint(tool.cache)];
  warnings.dropped('cache_control', 'this model has no prompt cache for tools');
  return [{ toolSpec: spec }];
}

function encodeChoice(request: ChatRequest, hasTools: boolean, { family, warnings, names }: ToolsContext): WireChoice | undefined {
  const choice = request.toolChoice;
  if (choice === undefined || choice.kind === 'none') return undefined;
  if (choice.kind === 'auto') return hasTools ? { kind: 'auto' } : undefined;
  if (!hasTools) {
    warnings.dropped('tool_choice', 'there are no tools to choose from');
    return undefined;
  }
  const takes = takesToolChoice(family);
  if (choice.kind === 'tool' && takes.named) return { kind: 'tool', name: names.toWire(choice.name) };
  if (takes.any) {
    if (choice.kind === 'tool') warnings.changed('tool_choice', 'this model cannot be held to one tool, so it may call any');
    return { kind: 'any' };
  }
  warnings.dropped('tool_choice', 'this model cannot be made to call a tool');
  return undefined;
}

function addJson(output: OutputFormat, plain: EncodedTools, { family, warnings }: ToolsContext): EncodedTools {
  if (output.kind === 'json') {
    warnings.emulated('response_format', 'JSON was asked for by an instruction; it is not enforced');
    return { ...plain, instruction: 'Answer with one valid JSON object and nothing else: no prose, no code fence.' };
  }
  if (!takesToolChoice(family).any || !canBeToolInput(output.schema)) {
    warnings.emulated('response_format', 'the JSON schema was sent as an instruction; it is not enforced');
    const instruction = `Answer with one JSON value that matches this JSON Schema and nothing else, no code fence:\n${JSON.stringify(output.schema)}`;
    return { ...plain, instruction };
  }
  warnings.emulated('response_format', 'the JSON schema is kept through a forced tool call');
  // This turn has to be a tool call anyway; the JSON answer comes in a later turn.
  if (plain.choice?.kind === 'any' || plain.choice?.kind === 'tool') return plain;
  return playJson(output, plain, family);
}

/** The model must call the JSON tool; where the caller has tools of its own it may call one of those instead. */
function playJson(output: Extract<OutputFormat, { readonly kind: 'json-schema' }>, plain: EncodedTools, family: ModelFamily): EncodedTools {
  const taken = new Set(plain.tools.map((tool) => (tool.toolSpec as { readonly name: string } | undefined)?.name));
  let jsonTool = 'json';
  while (taken.has(jsonTool)) jsonTool = `${jsonTool}_answer`;
  const tool = {
    toolSpec: {
      name: jsonTool,
      description: output.description ?? 'Answer with a JSON object.',
      inputSchema: { json: toInputSchema(output.schema) },
    },
  };
  const onlyJson = plain.tools.length === 0 && takesToolChoice(family).named;
  return {
    tools: [...plain.tools, tool],
    choice: onlyJson ? { kind: 'tool', name: jsonTool } : { kind: 'any' },
    single: true,
    jsonTool,
  };
}
