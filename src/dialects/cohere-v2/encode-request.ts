// Canonical request → body of `POST /v2/chat`. What the grammar or the model cannot take is a warning.
import type { ChatRequest, OutputFormat, ReasoningWish, Tool } from '../../canonical/chat.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import { createWarningList, type WarningList } from '../anthropic-messages/warning-list.ts';
import { callerDialect, callerField } from '../caller-fields.ts';
import type { Encoded, EncodeTarget } from '../dialect.ts';
import { foreignFields } from '../foreign-fields.ts';
import { createToolNames, type ToolNames } from '../openai-chat/tool-names.ts';
import { encodeMessages } from './encode-messages.ts';

interface Draft {
  readonly request: ChatRequest;
  readonly target: EncodeTarget;
  readonly body: MutableJson;
  readonly names: ToolNames;
  readonly warnings: WarningList;
}

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings = createWarningList();
  const names = createToolNames(request);
  const { messages, documents } = encodeMessages(request.messages, { names, warnings });
  const body: MutableJson = { ...request.extensions?.['cohere-v2'], model: target.model, messages };
  if (documents.length > 0) body.documents = documents;
  const draft: Draft = { request, target, body, names, warnings };
  encodeTools(draft);
  encodeOutput(draft);
  encodeLimits(draft);
  encodeSampling(draft);
  encodeReasoning(draft);
  warnOfTheRest(draft);
  if (request.stream) body.stream = true;
  return {
    body: body as JsonObject,
    warnings: warnings.all,
    ...(names.changed !== undefined && { rewrites: { toolNames: names.changed } }),
  };
}

function encodeTools({ request, body, names, warnings }: Draft): void {
  const choice = request.toolChoice;
  const own = (request.tools ?? []).filter((tool) => {
    if (tool.providerTool === undefined) return true;
    warnings.dropped('tools', `the provider has no built-in tool ${tool.name}`);
    return false;
  });
  const named = choice?.kind === 'tool' ? own.filter((tool) => tool.name === choice.name) : [];
  const tools = named.length > 0 ? named : own;
  if (tools.length === 0) {
    if (choice !== undefined && choice.kind !== 'auto' && choice.kind !== 'none')
      warnings.dropped('tool_choice', 'there is no tool to choose');
    return;
  }
  if (tools.some((tool) => tool.cache !== undefined))
    warnings.dropped('cache_control', 'the provider caches prompts by itself and takes no marks');
  body.tools = tools.map((tool) => encodeTool(tool, names));
  encodeStrict(tools, { body, warnings });
  if (choice?.kind === 'required') body.tool_choice = 'REQUIRED';
  if (choice?.kind === 'none') body.tool_choice = 'NONE';
  if (choice?.kind === 'tool') {
    // The grammar can force a call but not name the tool.
    body.tool_choice = 'REQUIRED';
    if (named.length === 0) warnings.changed('tool_choice', `there is no tool ${choice.name}, so any of the tools is called`);
    else if (own.length > 1) warnings.emulated('tool_choice', `${choice.name} is forced by sending no other tool`);
  }
  if (request.parallelToolCalls === false)
    warnings.dropped('parallel_tool_calls', 'the provider has no such setting; it may call several tools at once');
}

function encodeTool(tool: Tool, names: ToolNames): JsonObject {
  return {
    type: 'function',
    function: {
      name: names.toWire(tool.name),
      ...(tool.description !== undefined && { description: tool.description }),
      parameters: tool.parameters ?? { type: 'object', properties: {} },
    },
  };
}

/** One switch for all tools. */
function encodeStrict(tools: readonly Tool[], { body, warnings }: { readonly body: MutableJson; readonly warnings: WarningList }): void {
  if (tools.every((tool) => tool.strict === true)) body.strict_tools = true;
  else if (tools.some((tool) => tool.strict === true))
    warnings.dropped('tools.strict', 'the provider is strict with all tools or with none');
}

function encodeOutput({ request, body, warnings }: Draft): void {
  const { output } = request;
  if (output === undefined) return;
  if (body.tools === undefined && body.documents === undefined) {
    body.response_format = { type: 'json_object', ...(output.kind === 'json-schema' && { json_schema: describedSchema(output) }) };
    return;
  }
  // The provider refuses its JSON mode together with tools or documents.
  (body.messages as JsonObject[]).unshift({ role: 'system', content: jsonInstruction(output) });
  warnings.emulated('response_format', 'the provider has no JSON mode beside tools or documents, so the model is asked for JSON in words');
}

/** The grammar has no place for a description but the schema itself. */
function describedSchema({ schema, description }: Extract<OutputFormat, { kind: 'json-schema' }>): JsonObject {
  return description === undefined || schema.description !== undefined ? schema : { ...schema, description };
}

function jsonInstruction(output: OutputFormat): string {
  const plain = 'When you answer instead of calling a tool, answer with one JSON value and nothing else: no prose, no code fence.';
  return output.kind === 'json' ? plain : `${plain} It must match this JSON Schema: ${JSON.stringify(describedSchema(output))}`;
}

const mostStops = 5;

function encodeLimits({ request, target, body, warnings }: Draft): void {
  const asked = request.maxOutputTokens;
  if (asked !== undefined) {
    const cap = target.maxOutputTokens ?? asked;
    if (asked > cap) {
      warnings.changed(callerField(request, 'maxOutputTokens'), `lowered from ${asked} to ${cap}, the most this model can write`);
    }
    body.max_tokens = Math.min(asked, cap);
  }
  const stop = request.stop ?? [];
  if (stop.length === 0) return;
  if (stop.length > mostStops) warnings.changed(callerField(request, 'stop'), `only the first ${mostStops} stop sequences were sent`);
  body.stop_sequences = stop.slice(0, mostStops);
}

const sampling = [
  ['temperature', 'temperature', 0, 1],
  ['topP', 'p', 0.01, 0.99],
  ['topK', 'k', 0, 500],
  ['frequencyPenalty', 'frequency_penalty', 0, 1],
  ['presencePenalty', 'presence_penalty', 0, 1],
] as const;

/** Other grammars have wider ranges; the nearest value the provider takes is sent, and said. */
function encodeSampling({ request, body, warnings }: Draft): void {
  for (const [field, wire, least, most] of sampling) {
    const value = request[field];
    if (value === undefined) continue;
    const near = Math.min(most, Math.max(least, value));
    if (near !== value) warnings.changed(callerField(request, field), `${value} became ${near}: the provider takes ${least} to ${most}`);
    body[wire] = near;
  }
  if (request.seed !== undefined) body.seed = request.seed;
}

const budgets = { minimal: 1024, low: 2048, medium: 8192, high: 24_576 } as const;

function encodeReasoning({ request, target, body, warnings }: Draft): void {
  const wish = request.reasoning;
  if (wish === undefined) return;
  if (target.reasoning === false) {
    if (wish.enabled !== false && wish.effort !== 'none') warnings.dropped(callerField(request, 'reasoning'), 'this model does not reason');
    return;
  }
  if (wish.enabled === false || wish.effort === 'none') {
    body.thinking = { type: 'disabled' };
    return;
  }
  const budget = wish.budgetTokens ?? effortBudget(wish, request.maxOutputTokens);
  body.thinking = { type: 'enabled', ...(budget !== undefined && { token_budget: budget }) };
  if (wish.budgetTokens === undefined && budget !== undefined) {
    warnings.changed(callerField(request, 'reasoning'), `${wish.effort} effort became a budget of ${budget} tokens`);
  }
}

/** Thinking counts towards the most tokens of the answer, so the budget leaves half of them to be written. */
function effortBudget(wish: ReasoningWish, maxOutputTokens: number | undefined): number | undefined {
  const { effort } = wish;
  if (effort === undefined || effort === 'none' || effort === 'xhigh' || effort === 'max') return undefined;
  return Math.min(budgets[effort], maxOutputTokens === undefined ? Infinity : Math.max(1, Math.floor(maxOutputTokens / 2)));
}

function warnOfTheRest({ request, warnings }: Draft): void {
  if ((request.count ?? 1) > 1) warnings.dropped('n', 'one answer is given');
  if (request.endUser !== undefined) {
    warnings.dropped(callerDialect(request) === 'anthropic-messages' ? 'metadata.user_id' : 'user', 'the provider takes no end user');
  }
  for (const field of foreignFields(request, 'cohere-v2')) warnings.dropped(field, 'this provider has no such parameter');
}
