// A rate limit as somebody wrote it → one that can be kept.
import { readDuration } from '../../core/duration.ts';
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
import { sameScope } from '../rules.ts';
import { limitUnits, type RateLimit } from './rate-limit.ts';

const limitFields = ['holder', 'unit', 'amount', 'per', 'models', 'provider'] as const;

const defaultWindowMs = 60_000;
const longestWindowMs = 31 * 86_400_000;

/** undefined = wrong, and told so. */
export function readRateLimit(raw: RawRule, options: ReadRuleOptions): RateLimit | undefined {
  const { wrong, count } = countWrong(options);
  refuseUnknown(raw, limitFields, wrong);
  const holder = readHolder(raw['holder'], wrong);
  const unit = readChoice(raw['unit'], limitUnits, (message) => wrong('unit', message));
  const amount = raw['amount'];
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1)
    wrong('amount', 'must be a whole number of 1 or more; to keep somebody out, revoke the key');
  const windowMs = raw['per'] === undefined || raw['per'] === null ? defaultWindowMs : readDuration(String(raw['per']));
  if (windowMs === undefined || windowMs < 1_000 || windowMs > longestWindowMs)
    wrong('per', 'must be a duration from 1s to 31d, as in "1m" or "24h"');
  if (unit === 'parallel' && raw['per'] !== undefined && raw['per'] !== null)
    wrong('per', 'has no meaning for parallel calls; leave it out');
  const models = readModels(raw['models'], wrong);
  const provider = readProviderId(raw['provider'], wrong);
  if (count() > 0 || holder === undefined || unit === undefined || typeof amount !== 'number' || windowMs === undefined) return undefined;
  return {
    id: options.id,
    origin: options.origin,
    holder,
    unit,
    amount,
    windowMs,
    models,
    provider,
  };
}

/** Two limits of one unit over the same holder, models, provider and time: only the smaller one holds, so the other is a mistake. */
export function findSameLimit(limit: RateLimit, others: readonly RateLimit[]): RateLimit | undefined {
  return others.find(
    (other) =>
      other.id !== limit.id &&
      other.unit === limit.unit &&
      (limit.unit === 'parallel' || other.windowMs === limit.windowMs) &&
      sameScope(other) === sameScope(limit),
  );
}
