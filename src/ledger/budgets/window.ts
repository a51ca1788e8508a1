// Over which time a budget counts: a calendar unit in a time zone, the last so many hours, or for ever.
// Spending is kept per period; a window is the periods from `sinceMs` on.

export type WindowRule =
  | { readonly kind: 'calendar'; readonly unit: 'day' | 'week' | 'month'; readonly timezone: string }
  | { readonly kind: 'rolling'; readonly lengthMs: number }
  | { readonly kind: 'total' };

type CalendarRule = Extract<WindowRule, { kind: 'calendar' }>;

export interface Period {
  /** Under this start new spending is kept. */
  readonly startMs: number;
  /** Spending of periods from here on counts. */
  readonly sinceMs: number;
  /** From here on it is another period; Infinity for `total`. */
  readonly endMs: number;
  /** When the window is empty again, as far as it is known without the spending; undefined for `total`. */
  readonly resetsMs?: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** A rolling window forgets in steps of a 48th: half-hours of a day. */
const rollingSteps = 48;

export function periodAt(rule: WindowRule, nowMs: number): Period {
  switch (rule.kind) {
    case 'total':
      return forEver;
    case 'rolling': {
      const stepMs = Math.max(minuteMs, Math.ceil(rule.lengthMs / rollingSteps));
      const startMs = Math.floor(nowMs / stepMs) * stepMs;
      // A step counts until all of it has left the window, so no window of that length ever holds more than the budget.
      const sinceMs = Math.floor((nowMs - rule.lengthMs) / stepMs) * stepMs;
      return { startMs, sinceMs, endMs: startMs + stepMs, resetsMs: startMs + stepMs + rule.lengthMs };
    }
    case 'calendar':
      return calendarPeriod(rule, nowMs);
  }
}

const forEver: Period = { startMs: 0, sinceMs: 0, endMs: Number.POSITIVE_INFINITY };

/** The last one of each rule: at midnight thousands of holders ask for the same, and to find a day in a time zone takes 0.15 ms. */
const lastPeriods = new WeakMap<WindowRule, Period>();

function calendarPeriod(rule: CalendarRule, nowMs: number): Period {
  const last = lastPeriods.get(rule);
  if (last !== undefined && last.startMs <= nowMs && nowMs < last.endMs) return last;
  const [startMs, endMs] = calendarUnit(rule, nowMs);
  const period = { startMs, sinceMs: startMs, endMs, resetsMs: endMs };
  lastPeriods.set(rule, period);
  return period;
}

function calendarUnit({ unit, timezone }: CalendarRule, nowMs: number): readonly [number, number] {
  const { year, month, day } = dateIn(timezone, nowMs);
  const midnight = (y: number, m: number, d: number): number => startOfDay(timezone, { year: y, month: m, day: d });
  if (unit === 'day') return [midnight(year, month, day), midnight(year, month, day + 1)];
  if (unit === 'month') return [midnight(year, month, 1), midnight(year, month + 1, 1)];
  // ISO: the week begins on Monday.
  const sinceMonday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
  return [midnight(year, month, day - sinceMonday), midnight(year, month, day - sinceMonday + 7)];
}

interface CalendarDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** May lie outside the month; the calendar carries it. */
  readonly day: number;
}

/** The first moment of a date. Where clocks are put forward at midnight, that is one o'clock. */
function startOfDay(timezone: string, { year, month, day }: CalendarDate): number {
  const wanted = Date.UTC(year, month - 1, day);
  const first = wanted - offsetAt(timezone, wanted);
  const second = wanted - offsetAt(timezone, first);
  const third = wanted - offsetAt(timezone, wanted - dayMs / 2);
  const fits = [first, second, third].filter((at) => localMs(timezone, at) >= wanted && localMs(timezone, at - 1) < wanted);
  return fits.length === 0 ? second : Math.min(...fits);
}

function dateIn(timezone: string, atMs: number): CalendarDate {
  const local = new Date(localMs(timezone, atMs));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

function offsetAt(timezone: string, atMs: number): number {
  return localMs(timezone, atMs) - atMs;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall shows, read as if it were UTC. */
function localMs(timezone: string, atMs: number): number {
  if (timezone === 'UTC') return atMs;
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
  }
  const found: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(atMs)) found[type] = Number(value);
  const whole = Date.UTC(
    found['year'] ?? 1970,
    (found['month'] ?? 1) - 1,
    found['day'] ?? 1,
    found['hour'] ?? 0,
    found['minute'] ?? 0,
    found['second'] ?? 0,
  );
  return whole + (((atMs % 1_000) + 1_000) % 1_000);
}

/** Names are checked once, when a budget is read; an unknown one would throw in the middle of a call. */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
