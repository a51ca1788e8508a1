// Budgets, limits and callers for tests, and accounts over a real database.
import { sampleCatalog } from '../../src/catalog/sample-catalog.ts';
import type { Offer } from '../../src/catalog/catalog.ts';
import { createAccounts, type Accounts, type Hold, type ReserveWish } from '../../src/ledger/accounts.ts';
import { BudgetBook } from '../../src/ledger/budgets/budget-book.ts';
import type { BudgetAlert } from '../../src/ledger/budgets/budget-hold.ts';
import type { Budget } from '../../src/ledger/budgets/budget.ts';
import { readBudget } from '../../src/ledger/budgets/read-budget.ts';
import type { RateLimit } from '../../src/ledger/limits/rate-limit.ts';
import { readRateLimit } from '../../src/ledger/limits/read-rate-limit.ts';
import type { OwnerChain } from '../../src/ledger/owners/owner.ts';
import { createRuleBook, type RuleBook } from '../../src/ledger/rule-book.ts';
import type { Service } from '../../src/ledger/rules.ts';
import { type Database, openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { tempDir } from './temp-dir.ts';

function fail(field: string, message: string): never {
  throw new Error(`${field} ${message}`);
}

/** 1 USD a day for everybody, unless told otherwise. */
export function sampleBudget(fields: Readonly<Record<string, unknown>> = {}, id = 'b1'): Budget {
  const raw = { holder: 'global', amount_usd: 1, window: 'day', ...fields };
  const budget = readBudget(raw, { id, origin: 'config', wrong: fail });
  if (budget === undefined) throw new Error('no budget');
  return budget;
}

export function sampleLimit(fields: Readonly<Record<string, unknown>> = {}, id = 'l1'): RateLimit {
  const raw = { holder: 'global', unit: 'requests', amount: 10, ...fields };
  const limit = readRateLimit(raw, { id, origin: 'config', wrong: fail });
  if (limit === undefined) throw new Error('no limit');
  return limit;
}

const catalog = sampleCatalog();

export function serviceOf(provider: string, model = 'one'): Service {
  const base = catalog.offers[0];
  if (base === undefined) throw new Error('the sample catalog has no offer');
  const offer: Offer = {
    ...base,
    provider,
    model,
    canonicalId: `${provider}-${model}-main`,
    providerId: `${provider}/${model}`,
    wireId: model,
  };
  return { offer, provider };
}

export const acme = serviceOf('acme');

export interface MoneyStage {
  readonly accounts: Accounts;
  readonly book: BudgetBook;
  readonly rules: RuleBook;
  readonly database: Database;
  readonly clock: FakeClock;
  readonly alerts: BudgetAlert[];
  readonly trouble: unknown[];
  readonly dataDir: string;
  /** Reserves for an operation with a new id; throws the refusal. */
  hold(wish?: Partial<ReserveWish>): Hold;
}

export interface MoneyOptions {
  readonly budgets?: readonly Budget[];
  readonly limits?: readonly RateLimit[];
  readonly dataDir?: string;
  readonly clock?: FakeClock;
}

const open = new Set<Database>();
let operations = 0;

function nextOperation(): string {
  operations += 1;
  return `req_${operations}`;
}

export async function startMoney({ budgets = [], limits = [], ...options }: MoneyOptions = {}): Promise<MoneyStage> {
  const dataDir = options.dataDir ?? tempDir('money');
  const clock = options.clock ?? fakeClock(Date.UTC(2026, 0, 15, 12));
  const database = await openDatabase(dataDir);
  open.add(database);
  const alerts: BudgetAlert[] = [];
  const trouble: unknown[] = [];
  const book = new BudgetBook({
    store: database.budgets,
    journals: database.holds,
    clock,
    onAlert: (alert) => alerts.push(alert),
    onTrouble: (cause) => trouble.push(cause),
  });
  const rules = createRuleBook({
    store: database.rules,
    clock,
    configured: { budgets, limits },
    onTrouble: (problem) => trouble.push(problem),
  });
  const accounts = createAccounts({ rules, budgets: book, clock });
  return {
    accounts,
    book,
    rules,
    database,
    clock,
    alerts,
    trouble,
    dataDir,
    hold(wish = {}) {
      const reserved = accounts.reserve(wishOf(wish));
      if (!reserved.ok) throw reserved.error;
      return reserved.hold;
    },
  };
}

export function wishOf(wish: Partial<ReserveWish> = {}): ReserveWish {
  return { operationId: nextOperation(), principal: { id: 'open' }, service: acme, worstCaseNanoUsd: 0, tokens: 0, ...wish };
}

export function principalOf(owners: Partial<OwnerChain>): { readonly id: string; readonly owners: OwnerChain } {
  return { id: `key:${owners.keyId ?? 'k'}`, owners: { tags: [], ...owners } };
}
