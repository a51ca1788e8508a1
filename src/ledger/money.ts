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
import type { KeyStore } from './key-store.ts';
import { ownerKinds } from './owners/owner.ts';
import type { OwnerStore } from './owners/owner-store.ts';
import { type ConfiguredRules, createRuleBook, type RuleBook } from './rule-book.ts';
import type { RuleStore } from './rule-store.ts';
import { holderName } from './rules.ts';

export interface MoneyOptions {
  readonly stores: {
    readonly budgets: BudgetStore;
    readonly holds: HoldJournals;
    readonly rules: RuleStore;
    readonly audit: AuditStore;
    readonly results: ResultStore;
    readonly reader: Pick<EntryReader, 'readEntry'>;
    readonly digest: DigestSecret;
    readonly owners: Pick<OwnerStore, 'findOwner'>;
    readonly keys: Pick<KeyStore, 'findKey'>;
  };
  readonly clock: Clock;
  readonly configured: ConfiguredRules;
  /** Calls that a crash of an earlier process left open: their lines for the ledger. */
  readonly writeEntry: (entry: Entry) => void;
  /** A rule of mpc.yaml names somebody who does not exist (yet): it holds for nobody. */
  readonly onStranger: (rule: string, holder: string) => void;
  readonly onAlert: (alert: Alert) => void;
  readonly onTrouble: (cause: unknown) => void;
}

export interface Money {
  readonly accounts: Accounts;
  readonly idempotency: Idempotency;
  readonly audit: AuditLog;
  readonly rules: RuleBook;
  readonly states: BudgetStates;
  /** After a change of mpc.yaml. */
  configure(rules: ConfiguredRules): void;
  /** Books what was settled, gives leases back, stops all timers. After the last call has ended. */
  close(): void;
}

export function openMoney({ stores, clock, configured, writeEntry, onStranger, onAlert, onTrouble }: MoneyOptions): Money {
  function tellStrangers({ budgets, limits }: ConfiguredRules): void {
    for (const { id, holder } of [...budgets, ...limits]) {
      const isKey = holder.kind === 'key';
      if (holder.id === '*' || (!isKey && !ownerKinds.some((kind) => kind === holder.kind))) continue;
      const exists = isKey ? stores.keys.findKey(holder.id) !== undefined : stores.owners.findOwner(holder.id)?.kind === holder.kind;
      if (!exists) onStranger(id, holderName(holder));
    }
  }

  tellStrangers(configured);
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
    configure(next) {
      tellStrangers(next);
      rules.configure(next);
    },
    states: createBudgetStates({ store: stores.budgets, book, clock }),
    close() {
      stopRecovery();
      stopForgetting();
      idempotency.close();
      book.close();
    },
  };
}
