// Texts of options → values, with errors that say what would have been right.
import { readDuration } from '../core/duration.ts';
import { UsageError } from './usage-error.ts';

function readDateMs(text: string): number | undefined {
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** `90m` = that long ago, or an ISO date or time. */
export function readPast(option: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const durationMs = readDuration(text);
  const timeMs = durationMs === undefined ? readDateMs(text) : nowMs - durationMs;
  if (timeMs === undefined)
    throw new UsageError(`--${option} "${text}" is no time: write 30s, 15m, 2h, 7d, 2w or an ISO date such as 2026-01-31T12:00:00Z`);
  return timeMs;
}

/** `30d` = in that time, or an ISO date or time. */
export function readFuture(option: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const durationMs = readDuration(text);
  const timeMs = durationMs === undefined ? readDateMs(text) : nowMs + durationMs;
  if (timeMs === undefined) throw new UsageError(`--${option} "${text}" is no time: write 12h, 30d, 4w or an ISO date such as 2027-01-31`);
  if (timeMs <= nowMs) throw new UsageError(`--${option} "${text}" lies in the past`);
  return timeMs;
}

/** `a, b` → ['a', 'b']. */
export function readList(option: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new UsageError(`--${option} needs at least one name, several separated by commas`);
  return items;
}

export function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text.trim()) || count < 1 || !Number.isSafeInteger(count))
    throw new UsageError(`--${option} "${text}" is no whole number above 0`);
  return count;
}

export function readNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0) throw new UsageError(`--${option} "${text}" is no number of 0 or more`);
  return number;
}
