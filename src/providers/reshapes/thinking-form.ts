// Claude's two ways to ask for thinking: a token budget (up to 4.5) and an effort the model spends as it likes (4.6 and later).
// A conversation that falls back from one generation to the other keeps its wish.
import { isObject, type JsonObject, type MutableJson } from '../../core/json.ts';
import type { Reshape, ReshapeContext } from '../provider.ts';

const budgets: Readonly<Record<string, number>> = { low: 2_048, medium: 8_192, high: 24_576, xhigh: 32_768, max: 32_768 };
const smallestBudget = 1_024;

/** For models that only know budgets: adaptive thinking becomes one. */
export const thinkingAsBudget: Reshape = {
  name: 'thinking-as-budget',
  members: ['thinking', 'output_config', 'max_tokens'],
  when: ['"adaptive"'],
  traits: ['thinking-budget'],
  apply(body, context) {
    const thinking = body['thinking'];
    if (context.traits.has('adaptive-thinking') || !isObject(thinking) || thinking['type'] !== 'adaptive') return;
    const config = isObject(body['output_config']) ? body['output_config'] : {};
    const { effort, ...otherConfig } = config;
    const wanted = budgets[typeof effort === 'string' ? effort : 'high'] ?? budgets['high'] ?? smallestBudget;
    const cap = typeof body['max_tokens'] === 'number' ? body['max_tokens'] : wanted + smallestBudget;
    body['output_config'] = Object.keys(otherConfig).length > 0 ? otherConfig : undefined;
    if (cap <= smallestBudget) {
      body['thinking'] = undefined;
      warnAbout(context, 'thinking was left out: max_tokens leaves no room for a budget');
      return;
    }
    const budget = Math.max(smallestBudget, Math.min(wanted, Math.floor(cap / 2)));
    body['thinking'] = { type: 'enabled', budget_tokens: budget };
    warnAbout(context, `sent as a budget of ${budget} tokens: the model does not know adaptive thinking`);
  },
};

/** For models that refuse budgets: a budget becomes an effort. */
export const thinkingAsEffort: Reshape = {
  name: 'thinking-as-effort',
  members: ['thinking', 'output_config'],
  when: ['"enabled"'],
  traits: ['adaptive-thinking'],
  apply(body, context) {
    const thinking = body['thinking'];
    if (context.traits.has('thinking-budget') || !isObject(thinking) || thinking['type'] !== 'enabled') return;
    const effort = effortOf(thinking);
    body['thinking'] = { type: 'adaptive', ...(thinking['display'] !== undefined && { display: thinking['display'] }) };
    keepEffort(body, effort);
    warnAbout(context, `sent as adaptive thinking with effort ${effort}: the model takes no budget`);
  },
};

function effortOf(thinking: JsonObject): string {
  const budget = typeof thinking['budget_tokens'] === 'number' ? thinking['budget_tokens'] : 0;
  if (budget <= 2_048) return 'low';
  return budget <= 12_000 ? 'medium' : 'high';
}

function keepEffort(body: MutableJson, effort: string): void {
  const config = isObject(body['output_config']) ? body['output_config'] : {};
  body['output_config'] = { ...config, effort: config['effort'] ?? effort };
}

function warnAbout({ warn }: ReshapeContext, message: string): void {
  warn({ field: 'thinking', kind: 'changed', message });
}
