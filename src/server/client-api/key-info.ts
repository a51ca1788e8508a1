// `GET /key/info`: what a key may do, has spent and may still spend. LiteLLM's fields first, ours beside them.
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatNanoUsd } from '../../core/money.ts';
import type { Accounts } from '../../ledger/accounts.ts';
import type { BudgetStates } from '../../ledger/budgets/budget-states.ts';
import type { BudgetState } from '../../ledger/budgets/budget.ts';
import type { WindowRule } from '../../ledger/budgets/window.ts';
import type { Key, KeyRing } from '../../ledger/key-ring.ts';
import type { Gate } from '../../ledger/limits/gate.ts';
import type { LimitUnit } from '../../ledger/limits/rate-limit.ts';
import { describeKey } from '../admin-api/keys.ts';
import { describeBudget, describeLimit, describeState } from '../admin-api/rules.ts';
import type { Call } from '../call.ts';
import type { Handler } from '../router.ts';

export interface KeyInfoOptions {
  readonly keys: KeyRing;
  readonly accounts: Accounts;
  readonly states: BudgetStates;
}

export function keyInfoHandler(options: KeyInfoOptions): Handler {
  return (call) => {
    const key = askedKey(call, options.keys);
    const { slots, gates } = options.accounts.rulesFor(options.keys.ownersOf(key));
    const states = slots.map((slot) => options.states.ofSlot(slot));
    call.json(200, { key: key.id, info: { ...litellmFields(key, states, gates), ...ownFields(key, { states, gates, options }) } });
  };
}

/** The caller's own; the admin key may ask for any by `?key=<id>`. */
function askedKey(call: Call, keys: KeyRing): Key {
  const asked = call.query.get('key');
  const own = call.principal.owners?.keyId;
  const isAdmin = call.principal.id === 'admin' || call.principal.id === 'open';
  if (asked === null && own === undefined) {
    throw new GatewayError('invalid_request', 'name the key by its id: /key/info?key=key_…', { param: 'key' });
  }
  // A key that is not the caller's own does not exist for the caller.
  const key = asked === null || asked === own || isAdmin ? keys.getKey(asked ?? own ?? '') : undefined;
  if (key !== undefined) return key;
  throw new GatewayError('not_found', 'there is no such key; a key is named by its id, and only the admin key may ask for others');
}

function litellmFields(key: Key, states: readonly BudgetState[], gates: readonly Gate[]): JsonObject {
  const ofKey = states.filter((state) => state.budget.holder.kind === 'key' && isWhole(state));
  const hard = ofKey.find((state) => state.budget.mode === 'hard');
  const soft = ofKey.find((state) => state.budget.mode === 'soft');
  const main = hard ?? soft;
  const perMinute = (unit: LimitUnit): number | null =>
    gates.find(({ limit }) => limit.unit === unit && limit.holder.kind === 'key' && (unit === 'parallel' || limit.windowMs === 60_000))
      ?.limit.amount ?? null;
  return {
    key_name: `mpc-...${key.last4}`,
    key_alias: key.name,
    // null: no budget counts for the key alone, and nothing is never 0 here.
    spend: main === undefined ? null : usd(main.spentNanoUsd),
    max_budget: hard === undefined ? null : usd(hard.budget.amountNanoUsd),
    soft_budget: soft === undefined ? null : usd(soft.budget.amountNanoUsd),
    budget_duration: main === undefined ? null : litellmDuration(main.budget.window),
    budget_reset_at: main?.resetsMs === undefined ? null : new Date(main.resetsMs).toISOString(),
    models: key.models ?? [],
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organization_id: key.organisationId ?? null,
    rpm_limit: perMinute('requests'),
    tpm_limit: perMinute('tokens'),
    max_parallel_requests: perMinute('parallel'),
    expires: key.expiresMs === undefined ? null : new Date(key.expiresMs).toISOString(),
    created_at: new Date(key.createdMs).toISOString(),
    blocked: key.revokedMs !== undefined,
    metadata: {},
  };
}

function ownFields(
  key: Key,
  {
    states,
    gates,
    options,
  }: { readonly states: readonly BudgetState[]; readonly gates: readonly Gate[]; readonly options: KeyInfoOptions },
): JsonObject {
  const { tags = [], scopes = [] } = describeKey(key);
  return {
    tags,
    scopes,
    budgets: states.map((state) => ({ ...describeBudget(state.budget, options.states), for: state.holder, state: describeState(state) })),
    limits: gates.map((gate) => ({ ...describeLimit(gate.limit), for: gate.holder })),
  };
}

/** Not of one model or provider only. */
function isWhole({ budget }: BudgetState): boolean {
  return budget.models === undefined && budget.provider === undefined;
}

function litellmDuration(window: WindowRule): string | null {
  if (window.kind === 'total') return null;
  if (window.kind === 'calendar') return { day: '1d', week: '7d', month: '1mo' }[window.unit];
  return window.lengthMs % 86_400_000 === 0 ? `${window.lengthMs / 86_400_000}d` : `${Math.round(window.lengthMs / 1_000)}s`;
}

function usd(nanoUsd: number): number {
  return Number(formatNanoUsd(nanoUsd));
}
