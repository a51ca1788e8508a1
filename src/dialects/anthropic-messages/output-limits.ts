// max_tokens, thinking and sampling are one decision: the thinking budget lies inside max_tokens, and thinking rules out sampling.
import type { ChatRequest, ReasoningWish } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { callerField } from '../caller-fields.ts';
import type { WarningList } from './warning-list.ts';

/** Output cap assumed for a model the catalog does not know. */
const unknownCapTokens = 4096;
/** The vendor refuses smaller budgets. */
const leastBudgetTokens = 1024;

const budgetTokens = { minimal: 1024, low: 2048, medium: 8192, high: 24_576, xhigh: 49_152 } as const;

type Effort = NonNullable<ReasoningWish['effort']>;

export interface OutputLimits {
  readonly maxTokens: number;
  /** Absent = the field is not sent. */
  readonly thinking?: MutableJson;
  readonly effort?: Effort;
  readonly thinks: boolean;
}

interface LimitsContext {
  readonly target: EncodeTarget;
  readonly warnings: WarningList;
  /** Why thinking has to stay off for this request, or undefined. */
  readonly thinkingRefused?: string | undefined;
}

export function planOutputLimits(request: ChatRequest, context: LimitsContext): OutputLimits {
  const { target, warnings, thinkingRefused } = context;
  const maxTokens = clampMaxTokens(request, context);
  const plain: OutputLimits = { maxTokens, thinks: false };
  const wish = request.reasoning;
  if (wish === undefined) return plain;

  if (wish.enabled === false || wish.effort === 'none') {
    // Newer models think unless told otherwise; older ones do not know the field without a budget.
    return target.traits.has('adaptive-thinking') ? { ...plain, thinking: { type: 'disabled' } } : plain;
  }
  if (target.reasoning === false) {
    warnings.dropped(callerField(request, 'reasoning'), 'this model cannot think');
    return plain;
  }
  if (thinkingRefused !== undefined) {
    warnings.dropped(callerField(request, 'reasoning'), thinkingRefused);
    return plain;
  }
  return usesAdaptive(wish, target) ? planAdaptive(wish, plain, { request, context }) : planBudget(wish, plain, { request, context });
}

function clampMaxTokens(request: ChatRequest, { target, warnings }: LimitsContext): number {
  const asked = request.maxOutputTokens;
  const cap = target.maxOutputTokens;
  if (asked === undefined) return cap ?? unknownCapTokens;
  if (cap === undefined || asked <= cap) return asked;
  warnings.changed(callerField(request, 'maxOutputTokens'), `the model writes at most ${cap} tokens, so ${asked} was lowered to that`);
  return cap;
}

function usesAdaptive(wish: ReasoningWish, { traits }: EncodeTarget): boolean {
  if (traits.has('adaptive-thinking')) return wish.budgetTokens === undefined || !traits.has('thinking-budget');
  return !traits.has('thinking-budget') && wish.adaptive === true;
}

interface ThinkingPlan {
  readonly request: ChatRequest;
  readonly context: LimitsContext;
}

function planAdaptive(wish: ReasoningWish, plain: OutputLimits, { request, context }: ThinkingPlan): OutputLimits {
  const { warnings } = context;
  const field = callerField(request, 'reasoning');
  const effort = wish.effort ?? effortOfBudget(wish.budgetTokens, field, warnings);
  if (effort === 'minimal') warnings.changed(field, 'the lowest effort of this model is low');
  const known = effort === 'minimal' ? 'low' : effort;
  return { ...plain, thinks: true, thinking: { type: 'adaptive' }, ...(known !== undefined && { effort: known }) };
}

function effortOfBudget(budget: number | undefined, field: string, warnings: WarningList): Effort | undefined {
  if (budget === undefined) return undefined;
  const effort = budget <= 2048 ? 'low' : budget <= 12_288 ? 'medium' : 'high';
  warnings.changed(field, `this model takes an effort instead of a budget, so ${budget} tokens became ${effort}`);
  return effort;
}

/**
 * A caller who speaks in efforts counts only the answer in max_tokens, so the budget is added to it. A caller who named a
 * budget (or adaptive thinking) knows the vendor's rule and has included it.
 */
function planBudget(wish: ReasoningWish, plain: OutputLimits, { request, context }: ThinkingPlan): OutputLimits {
  const { target, warnings } = context;
  const cap = target.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const maxField = callerField(request, 'maxOutputTokens');
  const { maxTokens } = plain;
  const wanted = wish.budgetTokens ?? budgetOfEffort(wish.effort, target);
  const included = wish.budgetTokens !== undefined ? wanted < maxTokens : wish.adaptive === true;
  if (wish.budgetTokens !== undefined && !included) {
    warnings.changed(maxField, 'the thinking budget has to be smaller than this, so it was added to it');
  }
  const total = included ? maxTokens : Math.min(maxTokens + wanted, cap);
  if (request.maxOutputTokens !== undefined && total < maxTokens + wanted && !included) {
    warnings.changed(maxField, `the answer and its thinking together are limited to ${cap} tokens by the model`);
  }
  // Without a number of the caller's own, thinking must not eat up the answer.
  const room = included && wish.budgetTokens === undefined ? Math.floor(total * 0.75) : total - 1;
  const budget = Math.min(Math.max(wanted, leastBudgetTokens), room);
  if (budget < leastBudgetTokens) {
    warnings.dropped(
      callerField(request, 'reasoning'),
      `${maxField} leaves no room for thinking; it takes at least ${leastBudgetTokens + 1}`,
    );
    return plain;
  }
  return { maxTokens: total, thinks: true, thinking: { type: 'enabled', budget_tokens: budget } };
}

function budgetOfEffort(effort: Effort | undefined, target: EncodeTarget): number {
  if (effort === undefined || effort === 'none') return budgetTokens.medium;
  if (effort === 'max') return target.maxOutputTokens === undefined ? budgetTokens.xhigh : target.maxOutputTokens - 1;
  return budgetTokens[effort];
}

/** temperature, top_p, top_k as far as the model and its thinking allow. */
export function encodeSampling(request: ChatRequest, limits: OutputLimits, { target, warnings }: LimitsContext): MutableJson {
  const asked: MutableJson = {
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(request.topP !== undefined && { top_p: request.topP }),
    ...(request.topK !== undefined && { top_k: request.topK }),
  };
  const refused = target.traits.has('no-sampling')
    ? 'this model takes no sampling settings'
    : limits.thinks
      ? 'it does not go with thinking'
      : undefined;
  if (refused !== undefined) {
    for (const field of Object.keys(asked)) warnings.dropped(field, refused);
    return {};
  }
  if (request.temperature !== undefined && request.temperature > 1) {
    warnings.changed('temperature', 'the highest temperature of this provider is 1');
    asked.temperature = 1;
  }
  if (target.traits.has('temperature-xor-top-p') && asked.temperature !== undefined && asked.top_p !== undefined) {
    warnings.dropped('top_p', 'this model takes temperature or top_p, not both');
    delete asked.top_p;
  }
  return asked;
}
