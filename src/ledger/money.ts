// Budgets, rate limits, stored results and the audit log of one process, put together: what the composition root starts and stops.
import type { Clock } from '../core/clock.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { type AuditLog, createAuditLog } from './audit/audit-log.ts';
import type { AuditStore } from './audit/audit-store.ts';
import { type Alert, toAlert } from './alerts/alert.ts';
import { BudgetBook } from './budgets/budget-book.ts';
import { type BudgetStates, createBudgetStates } from './budgets/budget-states.ts';
import type { BudgetStore } from './budgets/budget-store.ts';
import { startForgetting } from './budgets/forget-periods.ts';
import type { HoldJournals } from './budgets/hold-journal.ts';
import { startHoldRecovery, toEstimatedEntry } from './budgets/recover-holds.ts';
import type { Entry } from './entry.ts';
import type { EntryReader } from './entry-store.ts';
import { createIdempotency, type Idempotency } from './idempotency/idempotency.ts';
import type { ResultStore } from './idempotency/result-store.ts';
import type { DigestSecret } from './key-secret.ts';
import { type ConfiguredRules, createRuleBook, type RuleBook } from './rule-book.ts';
import type { RuleStore } from './rule-store.ts';

export interface MoneyOptions {
  readonly stores: {
    readonly budgets: BudgetStore;
    readonly holds: HoldJournals;
    readonly rules: RuleStore;
    readonly audit: AuditStore;
    readonly results: ResultStore;
    readonly reader: Pick<EntryReader, 'readEntry'>;
    readonly digest: DigestSecret;
  };
  readonly clock: Clock;
  readonly configured: ConfiguredRules;
  /** Calls that a crash of an earlier process left open: their lines for the ledger. */
  readonly writeEntry: (entry: Entry) => void;
  readonly onAlert: (alert: Alert) => void;
  readonly onTrouble: (cause: unknown) => void;
}

export interface Money {
  readonly accounts: Accounts;
  readonly idempotency: Idempotency;
  readonly audit: AuditLog;
  readonly rules: RuleBook;
  readonly states: BudgetStates;
  /** Books what was settled, gives leases back, stops all timers. After the last call has ended. */
  close(): void;
}

export function openMoney({ stores, clock, configured, writeEntry, onAlert, onTrouble }: MoneyOptions): Money {
  const rules = createRuleBook({ store: stores.rules, clock, configured, onTrouble });
  const book = new BudgetBook({
    store: stores.budgets,
    journals: stores.holds,
    clock,
    onAlert: (alert) => onAlert(toAlert(alert, clock.wallMs())),
    onTrouble,
  });
  const stopForgetting = startForgetting({ store: stores.budgets, rules, clock, onTrouble });
  const idempotency = createIdempotency({ store: stores.results, clock, onTrouble });
  const stopRecovery = startHoldRecovery({
    store: stores.budgets,
    journals: stores.holds,
    clock,
    costOfEntry: (id) => stores.reader.readEntry(id)?.costNanoUsd ?? undefined,
    onClosed(closed) {
      for (const hold of closed) if (hold.basis === 'estimated') writeEntry(toEstimatedEntry(hold));
    },
    onTrouble,
    ownProcess: () => book.processId,
  });
  return {
    accounts: createAccounts({ rules, budgets: book, clock }),
    idempotency,
    audit: createAuditLog({ store: stores.audit, digest: stores.digest, clock }),
    rules,
    states: createBudgetStates({ store: stores.budgets, book, clock }),
    close() {
      stopRecovery();
      stopForgetting();
      idempotency.close();
      book.close();
    },
  };
}
