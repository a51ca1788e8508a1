// Entry ⇄ row of the table. The order of `entryColumns` is the order of the values.
import { isObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import type { AttemptRecord, Entry, StageTimings } from '../../ledger/entry.ts';
import { type EntryBatch, place } from '../../ledger/entry-batch.ts';
import type { StoredEntry } from '../../ledger/entry-store.ts';
import { MillisecondList } from './millisecond-list.ts';
import type { EntryRow, EntryTable } from './tables.ts';

/** What a usual entry sets; the rest is null unless the entry is out of the ordinary. */
export const ownColumns = [
  'id',
  'time_ms',
  'kind',
  'input',
  'cached_input',
  'cache_write',
  'cache_write_1h',
  'output',
  'reasoning',
  'cost_nano_usd',
  'session_id',
  'attempts',
  'timings',
  'usage_anomaly',
  'provider_cost_nano_usd',
  'warnings',
  'usage_more',
] as const satisfies readonly (keyof EntryTable)[];

export function toValues(batch: EntryBatch, index: number, kind: number): (string | number | null)[] {
  const rest = batch.rests[index];
  const usage = rest?.usage;
  return [
    batch.ids[index] as string,
    batch.number(index, place.timeMs),
    kind,
    whole(batch.number(index, place.input)),
    whole(batch.number(index, place.cachedInput)),
    whole(batch.number(index, place.cacheWrite)),
    whole(batch.number(index, place.cacheWrite1h)),
    whole(batch.number(index, place.output)),
    whole(batch.number(index, place.reasoning)),
    whole(batch.number(index, place.costNanoUsd)),
    rest?.sessionId ?? null,
    rest?.attempts === undefined ? attemptText(batch, index) : JSON.stringify(rest.attempts.map(roundAttempt)),
    timingsText(batch, index),
    usage?.anomaly ?? null,
    whole(batch.number(index, place.providerCostNanoUsd)),
    rest?.warnings === undefined || rest.warnings.length === 0 ? null : JSON.stringify(rest.warnings),
    usage === undefined ? null : moreUsage(usage),
  ];
}

/**
 * The table takes whole numbers only. One row that it refused would hold up its batch and, set aside, all that come after it, so
 * whatever a provider's numbers became on their way here, a row can be written.
 */
function whole(value: number): number | null {
  if (Number.isSafeInteger(value)) return value;
  if (Number.isNaN(value)) return null;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(value)));
}

export function fromRow(row: EntryRow): StoredEntry {
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
    attempts: attemptsOf(row),
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

function usageOf(row: EntryRow): Pick<Entry, 'usage'> {
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
  if (isObject(value)) return { ...unknown, ...(value as unknown as StageTimings) };
  if (!Array.isArray(value)) return unknown;
  const [authMs = 0, planMs = 0, connectMs, firstByteMs, totalMs = 0, overheadMs = 0] = value as readonly (number | null)[];
  return {
    authMs: authMs ?? 0,
    planMs: planMs ?? 0,
    ...(typeof connectMs === 'number' && { connectMs }),
    ...(typeof firstByteMs === 'number' && { firstByteMs }),
    totalMs: totalMs ?? 0,
    overheadMs: overheadMs ?? 0,
  };
}

function attemptsOf(row: EntryRow): readonly AttemptRecord[] {
  const value = tryParseJson(row.attempts);
  if (!Array.isArray(value)) return [];
  if (value.length === 0 || isObject(value[0])) return value as unknown as readonly AttemptRecord[];
  const [status, connectMs, firstByteMs, totalMs] = value as readonly (number | null)[];
  return [
    {
      provider: row.provider ?? '',
      connection: row.connection ?? '',
      model: row.provider_model ?? '',
      ...(typeof status === 'number' && { status }),
      ...(typeof connectMs === 'number' && { connectMs }),
      ...(typeof firstByteMs === 'number' && { firstByteMs }),
      totalMs: totalMs ?? 0,
    },
  ];
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

const list = new MillisecondList();

/** By hand and without names: an object for each entry, spelled out by JSON.stringify, was a fifth of the work of writing it. */
function timingsText(batch: EntryBatch, index: number): string {
  return list
    .start()
    .micros(batch.number(index, place.auth))
    .micros(batch.number(index, place.plan))
    .micros(batch.number(index, place.connect))
    .micros(batch.number(index, place.firstByte))
    .micros(batch.number(index, place.total))
    .micros(batch.number(index, place.overhead))
    .end();
}

function attemptText(batch: EntryBatch, index: number): string {
  return list
    .start()
    .whole(batch.number(index, place.attemptStatus))
    .micros(batch.number(index, place.attemptConnect))
    .micros(batch.number(index, place.attemptFirstByte))
    .micros(batch.number(index, place.attemptTotal))
    .end();
}
