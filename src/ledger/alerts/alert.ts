// A budget passed a threshold: the facts, and how the receivers want them.
import type { JsonObject } from '../../core/json.ts';
import { formatNanoUsd } from '../../core/money.ts';
import type { BudgetAlert } from '../budgets/budget-hold.ts';
import { windowName } from '../budgets/budget.ts';

export interface Alert {
  readonly budgetId: string;
  readonly holder: string;
  readonly mode: 'hard' | 'soft';
  readonly percent: number;
  readonly limitUsd: string;
  readonly spentUsd: string;
  /** `per month`, `in any 5 hours`. */
  readonly window: string;
  readonly resetsMs?: number;
  readonly timeMs: number;
}

export type AlertFormat = 'json' | 'slack';

export function toAlert({ counter, percent, spentNanoUsd }: BudgetAlert, nowMs: number): Alert {
  const { budget, holder, resetsMs } = counter;
  return {
    budgetId: budget.id,
    holder,
    mode: budget.mode,
    percent,
    limitUsd: formatNanoUsd(budget.amountNanoUsd),
    spentUsd: formatNanoUsd(spentNanoUsd),
    window: windowName(budget.window),
    ...(resetsMs !== undefined && { resetsMs }),
    timeMs: nowMs,
  };
}

/** The body to send. */
export function encodeAlert(alert: Alert, format: AlertFormat): JsonObject {
  return format === 'slack' ? { text: alertText(alert, escapeSlack) } : alertJson(alert);
}

function alertJson(alert: Alert): JsonObject {
  return {
    type: 'budget.threshold',
    time: new Date(alert.timeMs).toISOString(),
    budget_id: alert.budgetId,
    holder: alert.holder,
    mode: alert.mode,
    percent: alert.percent,
    limit_usd: Number(alert.limitUsd),
    spent_usd: Number(alert.spentUsd),
    window: alert.window,
    resets_at: alert.resetsMs === undefined ? null : new Date(alert.resetsMs).toISOString(),
  };
}

/** The mail to send. No name can add a header or a line of its own. */
export function alertMail(alert: Alert): { readonly subject: string; readonly text: string } {
  const { percent, limitUsd, spentUsd, window, mode } = alert;
  const holder = oneLine(alert.holder);
  const lines = [
    alertText(alert, oneLine),
    '',
    `Holder   ${holder}`,
    `Budget   ${oneLine(alert.budgetId)}`,
    `Spent    ${spentUsd} of ${limitUsd} USD ${window}`,
    `Mode     ${mode === 'hard' ? 'hard: what does not fit is refused' : 'soft: nothing is refused'}`,
    `Reset    ${alert.resetsMs === undefined ? 'never' : new Date(alert.resetsMs).toISOString()}`,
  ];
  // Long names would push the numbers out of sight.
  const short = holder.length > 60 ? `${holder.slice(0, 60)}…` : holder;
  return { subject: `Budget of ${short} at ${percent} %: ${spentUsd} of ${limitUsd} USD ${window}`, text: `${lines.join('\n')}\n` };
}

function alertText(alert: Alert, safe: (name: string) => string): string {
  const { percent, limitUsd, spentUsd, resetsMs } = alert;
  const end = percent >= 100 && alert.mode === 'hard' ? ' Calls are refused until it resets or is raised.' : '';
  const resets = resetsMs === undefined ? '' : ` It resets at ${new Date(resetsMs).toISOString()}.`;
  return `${safe(alert.holder)} has spent ${spentUsd} of ${limitUsd} USD ${alert.window}: ${percent} % of budget ${safe(alert.budgetId)} is reached.${resets}${end}`;
}

/** Line ends and other signs that steer: end users and tags are callers' words. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

/** Names are callers' words: `<!channel>` in a tag would wake everybody. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
