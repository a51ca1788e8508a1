// Limits, sampling, thinking and the choice of tools are one decision: each may rule out another, and what the common part of the
// grammar has no word for goes into `additionalModelRequestFields`, in the words of the model's own vendor.
import type { ChatRequest } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type MutableJson } from '../../core/json.ts';
import { encodeSampling, type OutputLimits, planOutputLimits } from '../anthropic-messages/output-limits.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import { callerDialect, callerField } from '../caller-fields.ts';
import type { EncodeTarget } from '../dialect.ts';
import type { EncodedTools, WireChoice } from './encode-tools.ts';
import type { ModelFamily } from './model-family.ts';

interface SettingsContext {
  readonly target: EncodeTarget;
  readonly family: ModelFamily;
  readonly warnings: WarningList;
  readonly tools: EncodedTools;
  /** The encoded turns: what stands in them decides whether the model may think. */
  readonly messages: readonly JsonObject[];
}

interface EncodedSettings {
  /** `inferenceConfig`, `additionalModelRequestFields` and what they ask to have told. */
  readonly members: MutableJson;
  readonly toolChoice?: MutableJson;
}

export function encodeSettings(request: ChatRequest, context: SettingsContext): EncodedSettings {
  const { family, warnings } = context;
  const limits = family === 'claude' ? planClaude(request, context) : planOthers(request, context);
  const { top_k: topK, temperature, top_p: topP } = encodeSampling(request, limits, context);
  const stop = encodeStop(request, context);
  const choice = encodeChoice(context.tools, limits, warnings);

  const inferenceConfig = {
    ...((request.maxOutputTokens !== undefined || limits.thinks) && { maxTokens: limits.maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop.length > 0 && { stopSequences: stop }),
  };
  const additional = {
    ...(topK !== undefined && encodeTopK(topK, context)),
    ...(family === 'claude' ? claudeThinking(limits) : otherReasoning(request, context)),
    ...(context.tools.single === true && family === 'claude' && { tool_choice: singleCall(choice) }),
    ...givenFields(request),
  };
  return {
    members: {
      ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
      ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
      // Which stop sequence matched is told only on request, and under two names.
      ...(stop.length > 0 && family === 'claude' && { additionalModelResponseFieldPaths: ['/stop_sequence', '/delta/stop_sequence'] }),
    },
    ...(choice !== undefined && { toolChoice: writeChoice(choice) }),
  };
}

function planClaude(request: ChatRequest, { target, warnings, tools, messages }: SettingsContext): OutputLimits {
  const thinkingRefused =
    tools.jsonTool !== undefined
      ? 'thinking does not go with the forced tool that keeps the JSON schema'
      : target.traits.has('adaptive-thinking') || toolTurnBeginsWithThinking(messages)
        ? undefined
        : 'thinking needs the signed thinking of the tool calls before it, which is not in the history';
  return planOutputLimits(request, { target, warnings, thinkingRefused });
}

function planOthers(request: ChatRequest, { target, warnings }: SettingsContext): OutputLimits {
  const { reasoning: _, ...rest } = request;
  return planOutputLimits(rest, { target, warnings });
}

/** The assistant turn that the newest tool results answer begins with thinking, or there is no such turn. */
function toolTurnBeginsWithThinking(messages: readonly JsonObject[]): boolean {
  const blocksOf = (message: JsonObject | undefined): readonly JsonObject[] =>
    Array.isArray(message?.content) ? (message.content as readonly JsonObject[]) : [];
  const results = blocksOf(messages.at(-1));
  const [first] = blocksOf(messages.at(-2));
  return !results.some((block) => block.toolResult !== undefined) || first?.reasoningContent !== undefined;
}

function claudeThinking({ thinking, effort }: OutputLimits): MutableJson {
  return { ...(thinking !== undefined && { thinking }), ...(effort !== undefined && { output_config: { effort } }) };
}

const plainEfforts: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

function otherReasoning(request: ChatRequest, { family, target, warnings }: SettingsContext): MutableJson {
  const wish = request.reasoning;
  if (wish === undefined) return {};
  const field = callerField(request, 'reasoning');
  const off = wish.enabled === false || wish.effort === 'none';
  const effort = plainEfforts[wish.effort ?? effortOfBudget(wish.budgetTokens)] ?? 'medium';
  if (family === 'gpt-oss') {
    // It always reasons; the least it does is low.
    if (off) warnings.changed(field, 'this model always reasons; the lowest effort was asked for');
    return { reasoning_effort: off ? 'low' : effort };
  }
  if (family === 'nova' && /nova-(?!pro-v1|lite-v1|micro-v1|premier-v1)/.test(target.model)) {
    return { reasoningConfig: off ? { type: 'disabled' } : { type: 'enabled', maxReasoningEffort: effort } };
  }
  if (!off) warnings.dropped(field, 'the reasoning of this model cannot be set here');
  return {};
}

function effortOfBudget(budget: number | undefined): string {
  if (budget === undefined) return 'medium';
  return budget <= 2048 ? 'low' : budget <= 12_288 ? 'medium' : 'high';
}

function encodeTopK(topK: unknown, { family, warnings }: SettingsContext): MutableJson {
  switch (family) {
    case 'claude':
    case 'mistral':
      return { top_k: topK };
    case 'nova':
      return { inferenceConfig: { topK } };
    default:
      warnings.dropped('top_k', 'this model has no such setting');
      return {};
  }
}

function encodeStop(request: ChatRequest, { target, warnings }: SettingsContext): string[] {
  const field = callerField(request, 'stop');
  if (target.traits.has('no-stop')) {
    if ((request.stop?.length ?? 0) > 0) warnings.dropped(field, 'this model takes no stop sequences');
    return [];
  }
  const stop = (request.stop ?? []).filter((text) => text.trim() !== '');
  if (stop.length < (request.stop?.length ?? 0)) warnings.dropped(field, 'stop sequences of only white space are not accepted');
  return stop;
}

function encodeChoice({ choice }: EncodedTools, limits: OutputLimits, warnings: WarningList): WireChoice | undefined {
  if (choice === undefined || choice.kind === 'auto' || !limits.thinks) return choice;
  warnings.changed('tool_choice', 'a forced tool does not go with thinking, so the model may choose');
  return { kind: 'auto' };
}

function writeChoice(choice: WireChoice): MutableJson {
  return choice.kind === 'tool' ? { tool: { name: choice.name } } : { [choice.kind]: {} };
}

/** The common part of the grammar cannot say it, so the choice is said once more in Claude's own words. */
function singleCall(choice: WireChoice | undefined): MutableJson {
  const said =
    choice === undefined ? { type: 'auto' } : choice.kind === 'tool' ? { type: 'tool', name: choice.name } : { type: choice.kind };
  return { ...said, disable_parallel_tool_use: true };
}

/** Settings of the model's vendor that the caller put there itself. */
function givenFields(request: ChatRequest): MutableJson {
  const given = request.extensions?.[callerDialect(request)]?.additionalModelRequestFields;
  return isObject(given) ? { ...given } : {};
}
