// When a provider wants to be asked again, in every form providers say it. Only failures are asked: some providers
// send `retry-after` on success too (Hugging Face does), where it means nothing.
import { systemClock } from '../core/clock.ts';
import { asArray, asNumber, asObject, asString } from '../core/json.ts';
import type { ErrorReply } from './dialect.ts';

/** Milliseconds until another try makes sense, or undefined when the provider does not say. Never negative, never capped. */
export function readRetryAfterMs(reply: ErrorReply): number | undefined {
  return (
    readMilliseconds(reply.header('retry-after-ms')) ??
    readMilliseconds(reply.header('x-ms-retry-after-ms')) ??
    readSecondsOrDate(reply.header('retry-after'), reply) ??
    readBodyDelayMs(reply) ??
    (reply.status === 429 ? readResetMs(reply) : undefined)
  );
}

function readMilliseconds(text: string | undefined): number | undefined {
  const value = readPlainNumber(text);
  return value === undefined ? undefined : Math.ceil(value);
}

function readSecondsOrDate(text: string | undefined, reply: ErrorReply): number | undefined {
  const seconds = readPlainNumber(text);
  if (seconds !== undefined) return Math.ceil(seconds * 1_000);
  return text === undefined ? undefined : readDate(text, reply);
}

function readPlainNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** HTTP dates and RFC 3339. The answer's own `date` is the reference, so that a wrong clock on either side does not matter. */
function readDate(text: string, reply: ErrorReply): number | undefined {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const sentAt = Date.parse(reply.header('date') ?? '');
  return Math.max(0, at - (Number.isNaN(sentAt) ? systemClock.wallMs() : sentAt));
}

/** Gemini puts the delay into the body only (RetryInfo); Hugging Face tells how long a model takes to load. */
function readBodyDelayMs(reply: ErrorReply): number | undefined {
  const first = asObject(asArray(reply.body)?.[0] ?? reply.body);
  for (const detail of asArray(asObject(first?.error)?.details) ?? []) {
    const info = asObject(detail);
    if (info !== undefined && isRetryInfo(info['@type'])) return readDurationMs(asString(info.retryDelay));
  }
  const loadSeconds = asNumber(first?.estimated_time);
  return loadSeconds === undefined ? undefined : Math.max(0, Math.ceil(loadSeconds * 1_000));
}

/** Google's type URL of the detail that carries a retry delay. */
export function isRetryInfo(typeUrl: unknown): boolean {
  return typeof typeUrl === 'string' && typeUrl.endsWith('RetryInfo');
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** `120ms`, `34.4s`, `6m0s`, `1h2m3.5s`; undefined when it is something else. */
export function readDurationMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)) totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  return Math.ceil(totalMs);
}

/** Header pairs of one limit: how much is left of it, and when it is full again. */
const limits: readonly (readonly [remaining: string, reset: string])[] = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['x-ratelimit-remaining-requests-day', 'x-ratelimit-reset-requests-day'],
  ['x-ratelimit-remaining-tokens-minute', 'x-ratelimit-reset-tokens-minute'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  ['anthropic-ratelimit-input-tokens-remaining', 'anthropic-ratelimit-input-tokens-reset'],
  ['anthropic-ratelimit-output-tokens-remaining', 'anthropic-ratelimit-output-tokens-reset'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
];

/**
 * The limit that is used up decides (the latest, when several are). When none says that it is used up, the earliest reset
 * is the only one worth waiting for: a daily counter would otherwise stop everything for hours.
 */
function readResetMs(reply: ErrorReply): number | undefined {
  let exhaustedMs: number | undefined;
  let earliestMs: number | undefined;
  for (const [remaining, reset] of limits) {
    const resetMs = readResetValue(reply.header(reset), reply);
    if (resetMs === undefined) continue;
    if (readPlainNumber(reply.header(remaining)) === 0) exhaustedMs = Math.max(exhaustedMs ?? 0, resetMs);
    earliestMs = Math.min(earliestMs ?? resetMs, resetMs);
  }
  return exhaustedMs ?? earliestMs;
}

/** A duration string (OpenAI), bare seconds (Azure, Cerebras), an epoch (OpenRouter) or RFC 3339 (Anthropic). */
function readResetValue(text: string | undefined, reply: ErrorReply): number | undefined {
  if (text === undefined) return undefined;
  const value = readPlainNumber(text);
  if (value === undefined) return readDurationMs(text) ?? readDate(text, reply);
  if (value > 1e12) return readDate(new Date(value).toISOString(), reply);
  if (value > 1e9) return readDate(new Date(value * 1_000).toISOString(), reply);
  return Math.ceil(value * 1_000);
}
