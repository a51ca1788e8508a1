// Entry ⇄ row of the table. The order of `entryColumns` is the order of the values.
import { isObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import type { AttemptRecord, Entry, StageTimings } from '../../ledger/entry.ts';
import type { StoredEntry } from '../../ledger/entry-store.ts';
import type { EntryColumns } from './tables.ts';

export const entryColumns = [
  'id',
  'time_ms',
  'principal',
  'dialect',
  'endpoint',
  'requested_model',
  'model',
  'provider_model',
  'provider',
  'connection',
  'layer',
  'stream',
  'status',
  'error_code',
  'input',
  'cached_input',
  'cache_write',
  'cache_write_1h',
  'output',
  'reasoning',
  'usage_source',
  'usage_anomaly',
  'provider_cost_nano_usd',
  'cost_nano_usd',
  'price_version',
  'decision_id',
  'finish',
  'session_id',
  'attempts',
  'timings',
  'warnings',
  'usage_more',
] as const satisfies readonly (keyof EntryColumns)[];

export function toValues(entry: Entry): (string | number | null)[] {
  const usage = entry.usage;
  return [
    entry.id,
    entry.timeMs,
    entry.principal,
    entry.dialect,
    entry.endpoint,
    entry.requestedModel ?? null,
    entry.model ?? null,
    entry.providerModel ?? null,
    entry.provider ?? null,
    entry.connection ?? null,
    entry.layer ?? null,
    entry.stream ? 1 : 0,
    entry.status,
    entry.errorCode ?? null,
    usage?.input ?? null,
    usage?.cachedInput ?? null,
    usage?.cacheWrite ?? null,
    usage?.cacheWrite1h ?? null,
    usage?.output ?? null,
    usage?.reasoning ?? null,
    usage?.source ?? null,
    usage?.anomaly ?? null,
    usage?.providerCostNanoUsd ?? null,
    entry.costNanoUsd,
    entry.priceVersion ?? null,
    entry.decisionId ?? null,
    entry.finish ?? null,
    entry.sessionId ?? null,
    JSON.stringify(entry.attempts.map(roundAttempt)),
    JSON.stringify(roundTimings(entry.timings)),
    entry.warnings === undefined || entry.warnings.length === 0 ? null : JSON.stringify(entry.warnings),
    usage === undefined ? null : moreUsage(usage),
  ];
}

export function fromRow(row: EntryColumns & { seq: number }): StoredEntry {
  return {
    seq: row.seq,
    id: row.id,
    timeMs: row.time_ms,
    principal: row.principal,
    dialect: row.dialect,
    endpoint: row.endpoint,
    ...(row.requested_model !== null && { requestedModel: row.requested_model }),
    ...(row.model !== null && { model: row.model }),
    ...(row.provider_model !== null && { providerModel: row.provider_model }),
    ...(row.provider !== null && { provider: row.provider }),
    ...(row.connection !== null && { connection: row.connection }),
    ...(row.layer !== null && { layer: row.layer }),
    stream: row.stream === 1,
    status: row.status,
    ...(row.error_code !== null && { errorCode: row.error_code }),
    attempts: (tryParseJson(row.attempts) ?? []) as unknown as readonly AttemptRecord[],
    ...usageOf(row),
    costNanoUsd: row.cost_nano_usd,
    ...(row.price_version !== null && { priceVersion: row.price_version }),
    ...(row.decision_id !== null && { decisionId: row.decision_id }),
    ...(row.warnings !== null && { warnings: stringsOf(tryParseJson(row.warnings)) }),
    ...(row.finish !== null && { finish: row.finish }),
    ...(row.session_id !== null && { sessionId: row.session_id }),
    timings: timingsOf(tryParseJson(row.timings)),
  };
}

function usageOf(row: EntryColumns): Pick<Entry, 'usage'> {
  if (row.usage_source === null) return {};
  return {
    usage: {
      input: row.input ?? 0,
      cachedInput: row.cached_input ?? 0,
      cacheWrite: row.cache_write ?? 0,
      cacheWrite1h: row.cache_write_1h ?? 0,
      output: row.output ?? 0,
      reasoning: row.reasoning ?? 0,
      source: row.usage_source === 'estimated' ? 'estimated' : 'upstream',
      ...(row.usage_anomaly !== null && { anomaly: row.usage_anomaly }),
      ...(row.provider_cost_nano_usd !== null && { providerCostNanoUsd: row.provider_cost_nano_usd }),
      ...(row.usage_more !== null && moreUsageOf(tryParseJson(row.usage_more))),
    },
  };
}

type Usage = NonNullable<Entry['usage']>;
type MoreUsage = Pick<Usage, 'units' | 'parts' | 'billed'>;

function moreUsage({ units, parts, billed }: Usage): string | null {
  return units === undefined && parts === undefined && billed === undefined ? null : JSON.stringify({ units, parts, billed });
}

function moreUsageOf(value: JsonValue | undefined): MoreUsage {
  return isObject(value) ? (value as unknown as MoreUsage) : {};
}

function timingsOf(value: JsonValue | undefined): StageTimings {
  const unknown: StageTimings = { authMs: 0, planMs: 0, totalMs: 0, overheadMs: 0 };
  return isObject(value) ? { ...unknown, ...(value as unknown as StageTimings) } : unknown;
}

function stringsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

// Microseconds are as fine as any reader needs; raw doubles would double the size of the column.
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function roundAttempt(attempt: AttemptRecord): AttemptRecord {
  return {
    ...attempt,
    ...(attempt.connectMs !== undefined && { connectMs: rounded(attempt.connectMs) }),
    ...(attempt.firstByteMs !== undefined && { firstByteMs: rounded(attempt.firstByteMs) }),
    totalMs: rounded(attempt.totalMs),
  };
}

function roundTimings(timings: StageTimings): StageTimings {
  return {
    authMs: rounded(timings.authMs),
    planMs: rounded(timings.planMs),
    ...(timings.connectMs !== undefined && { connectMs: rounded(timings.connectMs) }),
    ...(timings.firstByteMs !== undefined && { firstByteMs: rounded(timings.firstByteMs) }),
    totalMs: rounded(timings.totalMs),
    overheadMs: rounded(timings.overheadMs),
  };
}
