// Canonical → the body of a Responses call for an upstream. What the grammar or the model cannot take is a warning.
import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type MutableJson } from '../../core/json.ts';
import { callerDialect, callerField } from '../caller-fields.ts';
import type { Encoded, EncodeTarget } from '../dialect.ts';
import { collectOnce } from '../openai-chat/encode-parts.ts';
import { createToolNames, type ToolNames } from '../openai-chat/tool-names.ts';
import { encodeInput } from './encode-items.ts';

interface Draft {
  readonly request: ChatRequest;
  readonly target: EncodeTarget;
  readonly body: MutableJson;
  readonly names: ToolNames;
  readonly warn: (warning: Warning) => void;
}

/** The vendor refuses a smaller limit. */
const leastOutputTokens = 16;

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings: Warning[] = [];
  const names = createToolNames(request);
  const context = {
    names,
    warnings: collectOnce(warnings),
    systemRole: target.traits.has('developer-role') ? ('developer' as const) : ('system' as const),
    freeText: new Set((request.tools ?? []).filter((tool) => tool.freeText !== undefined).map((tool) => tool.name)),
  };
  const own = request.extensions?.['openai-responses'] ?? {};
  const body: MutableJson = { ...own, model: target.model, input: encodeInput(request, context) };
  const draft: Draft = { request, target, body, names, warn: (warning) => warnings.push(warning) };
  encodeLimits(draft);
  encodeSampling(draft);
  encodeTools(draft);
  encodeReasoning(draft);
  encodeText(draft);
  encodeRest(draft);
  warnOfForeignFields(draft);
  return {
    body: body as JsonObject,
    warnings,
    ...(names.changed !== undefined && { rewrites: { toolNames: names.changed } }),
  };
}

function encodeLimits({ request, target, body, warn }: Draft): void {
  const asked = request.maxOutputTokens;
  if (asked === undefined) return;
  const field = callerField(request, 'maxOutputTokens');
  const cap = target.maxOutputTokens ?? asked;
  if (asked > cap) warn({ field, kind: 'changed', message: `lowered from ${asked} to ${cap}, the most this model can write` });
  const limit = Math.min(asked, cap);
  if (limit < leastOutputTokens)
    warn({ field, kind: 'changed', message: `raised from ${limit} to ${leastOutputTokens}, the least this API takes` });
  body.max_output_tokens = Math.max(limit, leastOutputTokens);
}

function encodeSampling({ request, target, body, warn }: Draft): void {
  const refused = target.traits.has('no-sampling') && request.reasoning?.effort !== 'none';
  for (const [field, wire] of [
    ['temperature', 'temperature'],
    ['topP', 'top_p'],
  ] as const) {
    const value = request[field];
    if (value === undefined) continue;
    if (refused) warn({ field: callerField(request, field), kind: 'dropped', message: 'this model does not take sampling parameters' });
    else body[wire] = value;
  }
  for (const field of ['topK', 'frequencyPenalty', 'presencePenalty'] as const) {
    const value = request[field];
    if (value === undefined || (field !== 'topK' && value === 0)) continue;
    warn({ field: callerField(request, field), kind: 'dropped', message: noSuchSetting });
  }
  if ((request.stop ?? []).length > 0)
    warn({ field: callerField(request, 'stop'), kind: 'dropped', message: 'this API has no stop sequences' });
  if (request.seed !== undefined) warn({ field: 'seed', kind: 'dropped', message: noSuchSetting });
  if ((request.count ?? 1) > 1) warn({ field: 'n', kind: 'dropped', message: 'one answer is given' });
}

const noSuchSetting = 'the model is served by an API that has no such setting';

function encodeTools({ request, body, names, warn }: Draft): void {
  const tools = (request.tools ?? []).flatMap((tool, at) => {
    const wire = encodeTool(tool, names);
    if (wire === undefined)
      warn({ field: `tools[${at}]`, kind: 'dropped', message: `this provider does not run the tool ${tool.name} itself` });
    return wire === undefined ? [] : [wire];
  });
  if (request.tools?.some((tool) => tool.cache !== undefined) || request.messages.some(({ parts }) => parts.some(hasCacheMark))) {
    warn({ field: 'cache_control', kind: 'dropped', message: 'this API caches prompts by itself and takes no marks' });
  }
  if (tools.length === 0) return;
  body.tools = tools;
  if (request.toolChoice !== undefined) body.tool_choice = encodeToolChoice(request, request.toolChoice, names);
  if (request.parallelToolCalls !== undefined) body.parallel_tool_calls = request.parallelToolCalls;
}

function hasCacheMark(part: { readonly type: string; readonly cache?: unknown }): boolean {
  return part.cache !== undefined;
}

function encodeTool(tool: Tool, names: ToolNames): JsonObject | undefined {
  if (tool.freeText !== undefined) return { ...tool.freeText, name: names.toWire(tool.name) };
  if (tool.providerTool !== undefined) return encodeProviderTool(tool.providerTool);
  return {
    type: 'function',
    name: names.toWire(tool.name),
    ...(tool.description !== undefined && { description: tool.description }),
    parameters: tool.parameters ?? { type: 'object', properties: {} },
    // Said even when false: without it this API enforces the schema strictly, and refuses most that were not written for that.
    strict: tool.strict ?? false,
  };
}

/** Chat's custom tools are this grammar's, one level flatter. */
function encodeProviderTool({ dialect, wire }: NonNullable<Tool['providerTool']>): JsonObject | undefined {
  if (dialect === 'openai-responses') return wire;
  const { custom } = wire;
  if (dialect !== 'openai-chat' || wire.type !== 'custom' || !isObject(custom)) return undefined;
  const { format } = custom;
  const grammar = isObject(format) && isObject(format.grammar) ? { format: { type: 'grammar', ...format.grammar } } : {};
  return { type: 'custom', ...custom, ...grammar };
}

function encodeToolChoice(request: ChatRequest, choice: ToolChoice, names: ToolNames): string | JsonObject {
  if (choice.kind !== 'tool') return choice.kind;
  const named = request.tools?.find((tool) => tool.name === choice.name);
  return { type: named?.freeText === undefined ? 'function' : 'custom', name: names.toWire(choice.name) };
}

function encodeReasoning({ request, target, body, warn }: Draft): void {
  // Without it the reasoning before a tool call would be lost with the call: nothing is stored at the provider.
  if (target.reasoning === true) body.include = ['reasoning.encrypted_content'];
  const wish = request.reasoning;
  if (wish === undefined) return;
  const field = callerField(request, 'reasoning');
  const off = wish.enabled === false || wish.effort === 'none';
  if (target.reasoning === false) {
    if (!off) warn({ field, kind: 'dropped', message: 'this model does not reason' });
    return;
  }
  const effort = wish.effort ?? (off ? undefined : effortFor(wish.budgetTokens));
  if (effort !== undefined) body.reasoning = { effort };
  if (wish.effort !== undefined) return;
  if (off) warn({ field, kind: 'dropped', message: 'this API cannot switch reasoning off; the model decides' });
  else if (wish.budgetTokens !== undefined && effort !== undefined)
    warn({ field, kind: 'changed', message: `a budget of ${wish.budgetTokens} tokens became the effort ${effort}` });
}

function effortFor(budgetTokens: number | undefined): ReasoningWish['effort'] {
  if (budgetTokens === undefined) return undefined;
  if (budgetTokens <= 2_048) return 'low';
  return budgetTokens <= 12_288 ? 'medium' : 'high';
}

function encodeText({ request, body }: Draft): void {
  const verbosity = request.extensions?.['openai-chat']?.verbosity;
  const text = {
    ...(request.output !== undefined && { format: encodeOutput(request.output) }),
    ...(typeof verbosity === 'string' && { verbosity }),
  };
  if (Object.keys(text).length > 0) body.text = text;
}

function encodeOutput(output: OutputFormat): JsonObject {
  if (output.kind === 'json') return { type: 'json_object' };
  return {
    type: 'json_schema',
    name: output.name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
    ...(output.description !== undefined && { description: output.description }),
    schema: output.schema,
    strict: output.strict ?? false,
  };
}

/** Members of chat completions that mean the same here. */
const sharedWithChat = [
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'safety_identifier',
  'metadata',
];
/** Members that found their way into the body otherwise, or concern chat's own stream format only. */
const saidOtherwise: ReadonlySet<string> = new Set([...sharedWithChat, 'verbosity', 'stream_options', 'store']);
const reasoningMembers: ReadonlySet<string> = new Set(['reasoning', 'reasoning_effort', 'thinking', 'include_reasoning']);

function encodeRest({ request, body }: Draft): void {
  const chat = request.extensions?.['openai-chat'] ?? {};
  for (const name of sharedWithChat) if (chat[name] !== undefined) body[name] = chat[name];
  if (request.endUser !== undefined) body.user = request.endUser;
  // Who did not ask this API did not ask for its storing either, which is its default.
  if (callerDialect(request) !== 'openai-responses') body.store = false;
  if (request.stream) body.stream = true;
}

function warnOfForeignFields({ request, warn }: Draft): void {
  const { 'openai-responses': _own, 'openai-chat': chat, ...others } = request.extensions ?? {};
  for (const [field, value] of Object.entries(chat ?? {})) {
    if (value === undefined || value === null || value === false || saidOtherwise.has(field)) continue;
    if (reasoningMembers.has(field) && request.reasoning !== undefined) continue;
    warn({ field, kind: 'dropped', message: noSuchSetting });
  }
  for (const fields of Object.values(others)) {
    for (const field of Object.keys(fields ?? {})) warn({ field, kind: 'dropped', message: noSuchSetting });
  }
}
