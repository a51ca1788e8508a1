// Canonical → the body of a chat completion for an upstream. What the grammar or the model cannot take is a warning.
import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import type { Encoded, EncodeTarget } from '../dialect.ts';
import { callerField } from '../caller-fields.ts';
import { foreignFields } from '../foreign-fields.ts';
import { encodeMessages } from './encode-messages.ts';
import { collectOnce, encodeCacheMark } from './encode-parts.ts';
import { createToolNames, type ToolNames } from './tool-names.ts';

interface Draft {
  readonly request: ChatRequest;
  readonly target: EncodeTarget;
  readonly body: MutableJson;
  readonly names: ToolNames;
  readonly warn: (warning: Warning) => void;
}

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings: Warning[] = [];
  const names = createToolNames(request);
  const context = { target, names, warnings: collectOnce(warnings) };
  const own = request.extensions?.['openai-chat'] ?? {};
  const body: MutableJson = { ...own, model: target.model, messages: encodeMessages(request.messages, context) };
  const draft: Draft = { request, target, body, names, warn: (warning) => warnings.push(warning) };
  encodeLimits(draft);
  encodeSampling(draft);
  encodeTools(draft);
  encodeReasoning(draft);
  encodeRest(draft);
  warnForeignFields(draft);
  return {
    body: body as JsonObject,
    warnings,
    ...(names.changed !== undefined && { rewrites: { toolNames: names.changed } }),
  };
}

function encodeLimits({ request, target, body, warn }: Draft): void {
  const asked = request.maxOutputTokens;
  if (asked === undefined) return;
  const cap = target.maxOutputTokens ?? asked;
  if (asked > cap) {
    warn({
      field: callerField(request, 'maxOutputTokens'),
      kind: 'changed',
      message: `lowered from ${asked} to ${cap}, the most this model can write`,
    });
  }
  body[target.traits.has('max-completion-tokens') ? 'max_completion_tokens' : 'max_tokens'] = Math.min(asked, cap);
}

const sampling = [
  ['temperature', 'temperature'],
  ['topP', 'top_p'],
  ['topK', 'top_k'],
  ['frequencyPenalty', 'frequency_penalty'],
  ['presencePenalty', 'presence_penalty'],
] as const;

/** Extensions that reasoning models refuse together with the sampling parameters. */
const samplingExtensions = ['logprobs', 'top_logprobs', 'logit_bias'] as const;

function encodeSampling({ request, target, body, warn }: Draft): void {
  const refused = target.traits.has('no-sampling');
  for (const [field, wire] of sampling) {
    const value = request[field];
    if (value === undefined) continue;
    if (refused) warn({ field: callerField(request, field), kind: 'dropped', message: 'this model does not take sampling parameters' });
    else body[wire] = value;
  }
  for (const wire of samplingExtensions) {
    if (!refused || body[wire] === undefined) continue;
    delete body[wire];
    warn({ field: wire, kind: 'dropped', message: 'this model does not take sampling parameters' });
  }
  if (request.stop === undefined || request.stop.length === 0) return;
  if (target.traits.has('no-stop')) {
    warn({ field: callerField(request, 'stop'), kind: 'dropped', message: 'this model does not take stop sequences' });
  } else {
    body.stop = [...request.stop];
  }
}

function encodeTools({ request, body, names, warn }: Draft): void {
  const tools = (request.tools ?? []).flatMap((tool, at) => {
    const wire = encodeTool(tool, names);
    if (wire === undefined) {
      warn({ field: `tools[${at}]`, kind: 'dropped', message: `this provider does not run the tool ${tool.name} itself` });
    }
    return wire === undefined ? [] : [wire];
  });
  if (tools.length === 0) return;
  body.tools = tools;
  if (request.toolChoice !== undefined) body.tool_choice ??= encodeToolChoice(request.toolChoice, names);
  if (request.parallelToolCalls !== undefined) body.parallel_tool_calls = request.parallelToolCalls;
}

function encodeTool(tool: Tool, names: ToolNames): JsonObject | undefined {
  if (tool.providerTool !== undefined) return tool.providerTool.dialect === 'openai-chat' ? tool.providerTool.wire : undefined;
  return {
    type: 'function',
    function: {
      name: names.toWire(tool.name),
      ...(tool.description !== undefined && { description: tool.description }),
      // Some servers refuse a function without parameters, none refuses empty ones.
      parameters: tool.parameters ?? { type: 'object', properties: {} },
      ...(tool.strict !== undefined && { strict: tool.strict }),
    },
    ...encodeCacheMark(tool.cache),
  };
}

function encodeToolChoice(choice: ToolChoice, names: ToolNames): string | JsonObject {
  return choice.kind === 'tool' ? { type: 'function', function: { name: names.toWire(choice.name) } } : choice.kind;
}

function encodeReasoning({ request, target, body, warn }: Draft): void {
  const wish = request.reasoning;
  // The caller's own objects of this grammar say it better.
  if (wish === undefined || body.reasoning !== undefined || body.thinking !== undefined) return;
  const field = callerField(request, 'reasoning');
  const off = wish.enabled === false || wish.effort === 'none';
  if (target.reasoning === false) {
    if (!off) warn({ field, kind: 'dropped', message: 'this model does not reason' });
    return;
  }
  if (wish.effort !== undefined) {
    body.reasoning_effort = wish.effort;
  } else if (off) {
    warn({ field, kind: 'dropped', message: 'this API cannot switch reasoning off; the model decides' });
  } else if (wish.budgetTokens !== undefined) {
    const effort = effortFor(wish.budgetTokens);
    body.reasoning_effort = effort;
    warn({ field, kind: 'changed', message: `a budget of ${wish.budgetTokens} tokens became reasoning_effort ${effort}` });
  }
}

function effortFor(budgetTokens: number): NonNullable<ReasoningWish['effort']> {
  if (budgetTokens <= 2_048) return 'low';
  return budgetTokens <= 12_288 ? 'medium' : 'high';
}

function encodeRest({ request, body }: Draft): void {
  if (request.output !== undefined) body.response_format = encodeOutput(request.output);
  if (request.seed !== undefined) body.seed = request.seed;
  if (request.count !== undefined) body.n = request.count;
  if (request.endUser !== undefined) body.user = request.endUser;
  if (!request.stream) {
    // Refused without `stream`.
    delete body.stream_options;
    return;
  }
  body.stream = true;
  // Always asked for: the ledger needs it. Whether the caller sees the chunk is decided where the answer is encoded.
  body.stream_options = { ...(body.stream_options as JsonObject | undefined), include_usage: true };
}

function encodeOutput(output: OutputFormat): JsonObject {
  if (output.kind === 'json') return { type: 'json_object' };
  return {
    type: 'json_schema',
    json_schema: {
      name: output.name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
      ...(output.description !== undefined && { description: output.description }),
      schema: output.schema,
      ...(output.strict !== undefined && { strict: output.strict }),
    },
  };
}

function warnForeignFields({ request, warn }: Draft): void {
  for (const field of foreignFields(request, 'openai-chat')) {
    warn({ field, kind: 'dropped', message: 'this provider has no such parameter' });
  }
}
