// Canonical request → body of `POST /v1/messages` at the vendor (or a server that speaks its dialect).
import type { ChatRequest } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import type { AnswerRewrites, Encoded, EncodeTarget } from '../dialect.ts';
import { callerField } from '../caller-fields.ts';
import { foreignFields } from '../foreign-fields.ts';
import { limitCacheMarks } from './cache-marks.ts';
import { encodeTools, type EncodedTools } from './encode-tools.ts';
import { encodeTurns, toolTurnBeginsWithThinking } from './encode-turns.ts';
import { encodeSampling, type OutputLimits, planOutputLimits } from './output-limits.ts';
import { createWarningList, type WarningList } from './warning-list.ts';
import { createToolNames } from './wire-names.ts';

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings = createWarningList();
  const names = createToolNames(request);
  const tools = encodeTools(request, { target, warnings, names });
  const turns = encodeTurns(request, { warnings, names, refusesPrefill: target.traits.has('no-prefill') });
  if (tools.instruction !== undefined) turns.system.push({ type: 'text', text: tools.instruction });

  const own = request.extensions?.['anthropic-messages'] ?? {};
  const context = { target, warnings, thinkingRefused: refuseThinking(turns.messages as readonly JsonObject[], tools, target) };
  const limits = planOutputLimits(request, context);
  limitCacheMarks(
    { tools: tools.tools as MutableJson[], system: turns.system, messages: turns.messages, automatic: isObject(own.cache_control) },
    warnings,
  );
  warnOfTheRest(request, warnings);

  const body = {
    model: target.model,
    max_tokens: limits.maxTokens,
    ...(turns.system.length > 0 && { system: writeSystem(turns.system) }),
    messages: turns.messages,
    ...(request.stream && { stream: true }),
    ...encodeSampling(request, limits, context),
    ...encodeStop(request, warnings),
    ...(tools.tools.length > 0 && { tools: tools.tools }),
    ...encodeChoice(tools, limits, warnings),
    ...(limits.thinking !== undefined && { thinking: limits.thinking }),
    ...((tools.format !== undefined || limits.effort !== undefined) && {
      output_config: {
        ...(limits.effort !== undefined && { effort: limits.effort }),
        ...(tools.format !== undefined && { format: tools.format }),
      },
    }),
    ...(request.endUser !== undefined && { metadata: { user_id: request.endUser } }),
    ...serviceTier(request),
  };
  const rewrites: AnswerRewrites = {
    ...(tools.jsonTool !== undefined && { jsonTool: tools.jsonTool }),
    ...(names.changed.size > 0 && { toolNames: names.changed }),
  };
  return {
    body: mergeExtensions(body, own) as JsonObject,
    warnings: warnings.all,
    ...(Object.keys(rewrites).length > 0 && { rewrites }),
  };
}

/** Reasons of the request itself why the model may not think; it would be refused with thinking on. */
function refuseThinking(messages: readonly JsonObject[], tools: EncodedTools, target: EncodeTarget): string | undefined {
  if (tools.jsonTool !== undefined) return 'thinking does not go with the forced tool that keeps the JSON schema';
  if (target.traits.has('adaptive-thinking') || toolTurnBeginsWithThinking(messages)) return undefined;
  return 'thinking needs the signed thinking of the tool calls before it, which is not in the history';
}

/** A lone unmarked text goes as a string, the form that every server of this dialect understands. */
function writeSystem(blocks: readonly MutableJson[]): unknown {
  const [only] = blocks;
  return blocks.length === 1 && only !== undefined && Object.keys(only).length === 2 ? only.text : blocks;
}

function encodeStop(request: ChatRequest, warnings: WarningList): MutableJson {
  const stop = (request.stop ?? []).filter((text) => text.trim() !== '');
  if (stop.length < (request.stop?.length ?? 0))
    warnings.dropped(callerField(request, 'stop'), 'stop sequences of only white space are not accepted');
  return stop.length > 0 ? { stop_sequences: stop } : {};
}

function encodeChoice(tools: EncodedTools, limits: OutputLimits, warnings: WarningList): MutableJson {
  const choice = tools.toolChoice;
  if (choice === undefined) return {};
  if (!limits.thinks || (choice.type !== 'any' && choice.type !== 'tool')) return { tool_choice: choice };
  warnings.changed('tool_choice', 'a forced tool does not go with thinking, so the model may choose');
  return { tool_choice: { type: 'auto', ...(choice.disable_parallel_tool_use === true && { disable_parallel_tool_use: true }) } };
}

function serviceTier(request: ChatRequest): MutableJson {
  const tier = request.extensions?.['openai-chat']?.service_tier;
  if (tier === 'auto') return { service_tier: 'auto' };
  return tier === 'default' ? { service_tier: 'standard_only' } : {};
}

function warnOfTheRest(request: ChatRequest, warnings: WarningList): void {
  const unknown = 'the dialect has no such setting';
  if ((request.frequencyPenalty ?? 0) !== 0) warnings.dropped('frequency_penalty', unknown);
  if ((request.presencePenalty ?? 0) !== 0) warnings.dropped('presence_penalty', unknown);
  if (request.seed !== undefined) warnings.dropped('seed', unknown);
  if ((request.count ?? 1) > 1) warnings.dropped('n', 'one answer is given');
  for (const [field, value] of Object.entries(request.extensions?.['openai-chat'] ?? {})) {
    // Null and false say what happens anyway.
    if (value === undefined || value === null || value === false) continue;
    if (!isSaidOtherwise(field, value, request)) warnings.dropped(field, unknown);
  }
  for (const field of foreignFields(request, 'anthropic-messages', 'openai-chat')) warnings.dropped(field, unknown);
}

/** Members of the other grammar that did find their way into the body, or that concern its own stream format only. */
function isSaidOtherwise(field: string, value: JsonValue, request: ChatRequest): boolean {
  switch (field) {
    case 'service_tier':
      return value === 'auto' || value === 'default';
    case 'reasoning':
    case 'reasoning_effort':
    case 'thinking':
      return request.reasoning !== undefined;
    default:
      return field === 'stream_options';
  }
}

/** The caller's own fields of this dialect, below what was decided here; `thinking`, `output_config` and `metadata` hold members to add. */
function mergeExtensions(body: MutableJson, own: JsonObject): MutableJson {
  const { thinking, output_config: config, metadata, ...rest } = own;
  const merged: MutableJson = { ...rest, ...body };
  // Settings of thinking (how it is shown) mean nothing, and are refused, where the model does not think.
  if (isObject(thinking) && isObject(body.thinking) && body.thinking.type !== 'disabled')
    merged.thinking = { ...thinking, ...body.thinking };
  if (isObject(config)) merged.output_config = { ...config, ...(body.output_config as JsonObject | undefined) };
  if (isObject(metadata)) merged.metadata = { ...metadata, ...(body.metadata as JsonObject | undefined) };
  return merged;
}
