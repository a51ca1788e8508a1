// A budget as somebody wrote it → one that can be kept. A budget that could not hold, or would hold for nothing, is a mistake.
import { readDuration } from '../../core/duration.ts';
import { isObject } from '../../core/json.ts';
import { sameScope } from '../rules.ts';
import {
  countWrong,
  type RawRule,
  readChoice,
  readHolder,
  readModels,
  readProviderId,
  type ReadRuleOptions,
  refuseUnknown,
} from '../read-rule.ts';
import type { Budget } from './budget.ts';
import { isTimezone, type WindowRule } from './window.ts';

const budgetFields = [
  'holder',
  'amount_usd',
  'window',
  'timezone',
  'mode',
  'models',
  'provider',
  'unknown_price',
  'alerts',
  'fallbacks',
] as const;

const nanoPerUsd = 1_000_000_000;
/** Half of what a number holds exactly: sums of spending and holds must stay exact too. */
const mostUsd = 4_500_000;
const longestRollingMs = 366 * 86_400_000;
const shortestRollingMs = 3_600_000;
const defaultAlerts = [80, 100] as const;

type Wrong = ReadRuleOptions['wrong'];

/** undefined = wrong, and told so. */
export function readBudget(raw: RawRule, options: ReadRuleOptions): Budget | undefined {
  const { wrong, count } = countWrong(options);
  refuseUnknown(raw, budgetFields, wrong);
  const holder = readHolder(raw['holder'], wrong);
  const amountNanoUsd = readAmount(raw['amount_usd'], wrong);
  const window = readWindow(raw, wrong);
  const mode = raw['mode'] === undefined ? 'hard' : readChoice(raw['mode'], ['hard', 'soft'], (message) => wrong('mode', message));
  const unknownPrice =
    raw['unknown_price'] === undefined
      ? 'refuse'
      : readChoice(raw['unknown_price'], ['refuse', 'allow'], (message) => wrong('unknown_price', message));
  const alertPercents = readAlerts(raw['alerts'], wrong);
  const fallbacks = readFallbacks(raw['fallbacks'], wrong);
  const models = readModels(raw['models'], wrong);
  const provider = readProviderId(raw['provider'], wrong);
  if (mode === 'soft' && raw['unknown_price'] !== undefined)
    wrong('unknown_price', 'has no meaning for a soft budget, which refuses nothing');
  if (mode === 'soft' && Object.keys(fallbacks).length > 0) wrong('fallbacks', 'have no meaning for a soft budget, which refuses nothing');
  if (count() > 0 || holder === undefined || amountNanoUsd === undefined || window === undefined) return undefined;
  if (mode === undefined || unknownPrice === undefined) return undefined;
  return {
    id: options.id,
    origin: options.origin,
    holder,
    amountNanoUsd,
    window,
    mode,
    unknownPrice,
    alertPercents,
    fallbacks,
    models,
    provider,
  };
}

function readAmount(value: unknown, wrong: Wrong): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    wrong('amount_usd', 'must be a number above 0; to keep somebody out, revoke the key');
    return undefined;
  }
  if (value > mostUsd) {
    wrong('amount_usd', `must be at most ${mostUsd}`);
    return undefined;
  }
  const nanoUsd = Math.round(value * nanoPerUsd);
  if (nanoUsd > 0 && Math.abs(nanoUsd / nanoPerUsd - value) <= value * Number.EPSILON) return nanoUsd;
  wrong('amount_usd', 'must be a whole number of nano-dollars: at most nine decimals');
  return undefined;
}

function readWindow(raw: RawRule, wrong: Wrong): WindowRule | undefined {
  const { window, timezone = 'UTC' } = raw;
  if (typeof timezone !== 'string' || !isTimezone(timezone)) wrong('timezone', 'must be the name of a time zone, as in "Europe/Berlin"');
  const isCalendar = window === 'day' || window === 'week' || window === 'month';
  if (raw['timezone'] !== undefined && !isCalendar) wrong('timezone', 'has a meaning for day, week and month only');
  if (isCalendar) return { kind: 'calendar', unit: window, timezone: String(timezone) };
  if (window === 'total') return { kind: 'total' };
  const lengthMs = typeof window === 'string' ? readDuration(window) : undefined;
  if (lengthMs !== undefined && lengthMs >= shortestRollingMs && lengthMs <= longestRollingMs) return { kind: 'rolling', lengthMs };
  wrong('window', 'must be day, week, month or total, or a rolling time from 1h to 366d, as in "5h" or "30d"');
  return undefined;
}

function readAlerts(value: unknown, wrong: Wrong): readonly number[] {
  if (value === undefined || value === null) return defaultAlerts;
  const fits = (percent: unknown): boolean => typeof percent === 'number' && Number.isInteger(percent) && percent >= 1 && percent <= 1_000;
  if (Array.isArray(value) && value.length <= 20 && value.every(fits)) return [...new Set(value as number[])].sort((a, b) => a - b);
  wrong('alerts', 'must be a list of whole per cents from 1 to 1000, as in [50, 80, 100]');
  return [];
}

function readFallbacks(value: unknown, wrong: Wrong): Budget['fallbacks'] {
  const fallbacks: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  if (value === undefined || value === null) return fallbacks;
  if (!isObject(value)) {
    wrong('fallbacks', 'must be a map of a model to the cheaper ones, as in {"gpt-4o": ["gpt-4o-mini"]}');
    return fallbacks;
  }
  for (const [model, names] of Object.entries(value)) {
    const list = typeof names === 'string' ? [names] : names;
    if (!Array.isArray(list) || list.length === 0 || list.some((name) => typeof name !== 'string' || name.trim() === '' || name === model))
      wrong(`fallbacks.${model.slice(0, 60)}`, 'must be a list of other models');
    else fallbacks[model] = list as string[];
  }
  return fallbacks;
}

/** Two budgets over the same holder, models, provider and time: one of them is a mistake, and nobody could tell which holds. */
export function findOverlap(budget: Budget, others: readonly Budget[]): Budget | undefined {
  return others.find((other) => other.id !== budget.id && sameReach(budget) === sameReach(other));
}

/** A hard budget over a longer time that is used up before this one can be: this one would never hold. */
export function findTighter(budget: Budget, others: readonly Budget[]): Budget | undefined {
  return others.find(
    (other) =>
      other.mode === 'hard' &&
      other.amountNanoUsd < budget.amountNanoUsd &&
      sameScope(budget) === sameScope(other) &&
      liesWithin(budget.window, other.window),
  );
}

/** Is every time of the one window within a single one of the other? A week may lie in two months. */
function liesWithin(window: WindowRule, other: WindowRule): boolean {
  if (other.kind === 'total') return window.kind !== 'total';
  if (window.kind === 'rolling' && other.kind === 'rolling') return window.lengthMs < other.lengthMs;
  return (
    window.kind === 'calendar' &&
    other.kind === 'calendar' &&
    window.unit === 'day' &&
    other.unit !== 'day' &&
    window.timezone === other.timezone
  );
}

function sameReach(budget: Budget): string {
  const { window, mode } = budget;
  const length = window.kind === 'rolling' ? window.lengthMs : window.kind === 'calendar' ? window.unit : '';
  return JSON.stringify([sameScope(budget), window.kind, length, mode]);
}
