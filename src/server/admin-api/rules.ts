// Budgets and rate limits over HTTP, for those who hold the admin key. Those of mpc.yaml are listed and changed there.
import { GatewayError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatNanoUsd } from '../../core/money.ts';
import type { AuditLog } from '../../ledger/audit/audit-log.ts';
import type { BudgetStates } from '../../ledger/budgets/budget-states.ts';
import { type Budget, type BudgetState, windowName } from '../../ledger/budgets/budget.ts';
import { findOverlap, findTighter, readBudget } from '../../ledger/budgets/read-budget.ts';
import type { RateLimit } from '../../ledger/limits/rate-limit.ts';
import { findSameLimit, readRateLimit } from '../../ledger/limits/read-rate-limit.ts';
import type { KeyRing } from '../../ledger/key-ring.ts';
import type { OwnerStore } from '../../ledger/owners/owner-store.ts';
import type { RuleBook } from '../../ledger/rule-book.ts';
import type { RuleKind, RuleStore } from '../../ledger/rule-store.ts';
import { type Holder, holderName } from '../../ledger/rules.ts';
import type { Call } from '../call.ts';
import { type AdminBodyLimits, isoOrNull, readObject, wrongField } from './read-fields.ts';
import type { OwnerHandlers } from './owners.ts';

export interface RuleRoutesOptions {
  readonly rules: RuleBook;
  readonly ruleStore: RuleStore;
  readonly states: BudgetStates;
  readonly keys: KeyRing;
  readonly owners: OwnerStore;
  readonly audit: AuditLog;
  readonly limits: AdminBodyLimits;
  readonly nowMs: () => number;
}

export function ruleHandlers(kind: RuleKind, options: RuleRoutesOptions): OwnerHandlers {
  const { rules, ruleStore, audit, limits, nowMs } = options;
  const inForce = (): readonly (Budget | RateLimit)[] => (kind === 'budget' ? rules.current().budgets : rules.current().limits);

  function find(call: Call): Budget | RateLimit {
    const id = call.params['id'] ?? '';
    const rule = inForce().find((known) => known.id === id);
    if (rule === undefined) throw new GatewayError('not_found', `there is no ${kind} ${id.slice(0, 80)}; GET /admin/${kind}s lists them`);
    return rule;
  }

  function changeable(call: Call): string {
    const { id, origin } = find(call);
    if (origin === 'admin') return id;
    throw new GatewayError('invalid_request', `the ${kind} ${id} stands in mpc.yaml; change it there`, { param: 'id', status: 409 });
  }

  function describe(rule: Budget | RateLimit): JsonObject {
    return 'unit' in rule ? describeLimit(rule) : describeBudget(rule, options.states);
  }

  /** Throws for the first mistake, with its field. */
  function check(definition: JsonObject, id: string): void {
    const wrong = (field: string, message: string): never => {
      throw wrongField(field, `${field} ${message}`.trim());
    };
    const at = { id, origin: 'admin', wrong } as const;
    const rule = kind === 'budget' ? readBudget(definition, at) : readRateLimit(definition, at);
    if (rule === undefined) throw wrongField('', `this is no ${kind}`);
    assertHolder(rule.holder, options);
    const overlap = 'unit' in rule ? undefined : findOverlap(rule, rules.current().budgets);
    if (overlap !== undefined)
      throw new GatewayError('invalid_request', `the budget ${overlap.id} holds over the same holder, models and time; change that one`, {
        param: 'window',
        status: 409,
      });
    const tighter = 'unit' in rule ? undefined : findTighter(rule, rules.current().budgets);
    if (tighter !== undefined)
      throw new GatewayError('invalid_request', `it would never hold: the budget ${tighter.id} allows less over a longer time`, {
        param: 'amount_usd',
        status: 409,
      });
    const same = 'unit' in rule ? findSameLimit(rule, rules.current().limits) : undefined;
    if (same !== undefined)
      throw new GatewayError(
        'invalid_request',
        `the limit ${same.id} counts the same; only the smaller one would hold, so change that one`,
        {
          param: 'unit',
          status: 409,
        },
      );
  }

  function save(call: Call, id: string, definition: JsonObject): JsonObject {
    check(definition, id);
    ruleStore.saveRule({ id, kind, definition, createdMs: nowMs() });
    rules.reload();
    const rule = inForce().find((known) => known.id === id);
    audit.record({ actor: call.principal.id, action: `${kind}.save`, target: id, detail: definition });
    return rule === undefined ? {} : describe(rule);
  }

  return {
    async create(call) {
      call.json(201, save(call, newId(kind), await readObject(call, limits)));
    },
    list: (call) => call.json(200, { object: 'list', data: inForce().map(describe) }),
    get: (call) => call.json(200, describe(find(call))),
    /** Fields that are named replace the old ones; null takes one away. */
    async update(call) {
      const body = await readObject(call, limits);
      const id = changeable(call);
      const before = ruleStore.listRules().find((rule) => rule.id === id)?.definition ?? {};
      const merged = Object.entries({ ...before, ...body }).filter(([, value]) => value !== null);
      call.json(200, save(call, id, Object.fromEntries(merged)));
    },
    remove(call) {
      const id = changeable(call);
      ruleStore.deleteRule(id);
      rules.reload();
      audit.record({ actor: call.principal.id, action: `${kind}.delete`, target: id });
      call.json(200, { id, deleted: true });
    },
  };
}

/** A rule for somebody who does not exist would never hold: almost certainly a typing error. */
function assertHolder({ kind, id }: Holder, { keys, owners }: RuleRoutesOptions): void {
  if (id === '*' || kind === 'global' || kind === 'tag' || kind === 'end_user') return;
  const exists = kind === 'key' ? keys.getKey(id) !== undefined : owners.findOwner(id)?.kind === kind;
  if (!exists) throw wrongField('holder', `there is no ${kind} ${id.slice(0, 80)}; GET /admin/${kind}s lists them`);
}

export function describeBudget(budget: Budget, states: BudgetStates): JsonObject {
  const { holder, window } = budget;
  return {
    id: budget.id,
    origin: budget.origin,
    holder: holderName(holder),
    amount_usd: Number(formatNanoUsd(budget.amountNanoUsd)),
    mode: budget.mode,
    window: window.kind === 'calendar' ? window.unit : window.kind === 'total' ? 'total' : windowName(window),
    timezone: window.kind === 'calendar' ? window.timezone : null,
    models: namesOf(budget),
    provider: budget.provider ?? null,
    unknown_price: budget.unknownPrice,
    alerts: budget.alertPercents,
    fallbacks: { ...budget.fallbacks },
    // Where each of a kind has its own, key/info tells each one's.
    ...(holder.id !== '*' && { state: describeState(states.of(budget, holderName(holder))) }),
  };
}

export function describeState(state: BudgetState): JsonObject {
  const remaining = Math.max(0, state.budget.amountNanoUsd - state.spentNanoUsd - state.reservedNanoUsd);
  return {
    spent_usd: Number(formatNanoUsd(state.spentNanoUsd)),
    reserved_usd: Number(formatNanoUsd(state.reservedNanoUsd)),
    remaining_usd: Number(formatNanoUsd(remaining)),
    unpriced_calls: state.unpricedCalls,
    resets_at: isoOrNull(state.resetsMs),
  };
}

export function describeLimit(limit: RateLimit): JsonObject {
  return {
    id: limit.id,
    origin: limit.origin,
    holder: holderName(limit.holder),
    unit: limit.unit,
    amount: limit.amount,
    per_seconds: limit.unit === 'parallel' ? null : limit.windowMs / 1_000,
    models: namesOf(limit),
    provider: limit.provider ?? null,
  };
}

function namesOf({ models }: Budget | RateLimit): readonly string[] | null {
  return models === undefined ? null : [...models.names, ...models.prefixes.map((prefix) => `${prefix}*`)];
}
