// Budget counters and the leases of processes on them. The statement that leases compares and adds in one step.
import type { BudgetStore, CounterKey, CounterRow, LeaseWish, WindowSum } from '../../ledger/budgets/budget-store.ts';
import type { Connection } from './connection.ts';

/** Thrown inside a transaction to roll it back with an answer. */
class Refused extends Error {
  readonly index: number;
  constructor(index: number) {
    super('refused');
    this.index = index;
  }
}

export function createBudgetStore({ sqlite, transact }: Connection): BudgetStore {
  const insertCounter = sqlite.prepare(
    'insert into budget_counters (budget, holder, period_ms, spent, reserved, unpriced, alerted) values (?, ?, ?, 0, 0, 0, 0) on conflict do nothing',
  );
  const selectCounter = sqlite.prepare('select * from budget_counters where budget = ? and holder = ? and period_ms = ?');
  const selectWindow = sqlite.prepare(
    `select coalesce(sum(spent), 0) as spent, coalesce(sum(reserved), 0) as reserved, coalesce(sum(unpriced), 0) as unpriced,
       min(case when spent + reserved > 0 then period_ms end) as oldest
     from budget_counters where budget = ? and holder = ? and period_ms >= ?`,
  );
  const reserve = sqlite.prepare(
    `update budget_counters set reserved = reserved + ?1 where id = ?2 and
       (select sum(spent + reserved) from budget_counters where budget = ?3 and holder = ?4 and period_ms >= ?5) + ?1 <= ?6`,
  );
  const addLease = sqlite.prepare(
    'insert into budget_leases (process, counter, amount) values (?, ?, ?) on conflict do update set amount = amount + excluded.amount',
  );
  const book = sqlite.prepare(
    'update budget_counters set spent = spent + ?, reserved = reserved + ?, unpriced = unpriced + ?, alerted = max(alerted, ?) where id = ?',
  );
  const insertProcess = sqlite.prepare('insert into budget_processes (id, flushes) values (?, 0)');
  const aliveProcess = sqlite.prepare('update budget_processes set flushes = ? where id = ?');
  const selectProcess = sqlite.prepare('select 1 from budget_processes where id = ?');
  const selectProcesses = sqlite.prepare('select id, flushes from budget_processes order by id');
  const deleteProcess = sqlite.prepare('delete from budget_processes where id = ?');
  const returnLeases = sqlite.prepare(
    `update budget_counters set reserved = reserved - (select amount from budget_leases where process = ?1 and counter = id)
     where id in (select counter from budget_leases where process = ?1)`,
  );
  const deleteLeases = sqlite.prepare('delete from budget_leases where process = ?');
  const deletePeriods = sqlite.prepare(
    'delete from budget_counters where id in (select id from budget_counters where period_ms > 0 and period_ms < ? and reserved = 0 limit ?)',
  );

  const windowOf = ({ budgetId, holder }: Omit<CounterKey, 'periodMs'>, sinceMs: number): WindowSum =>
    toWindow(selectWindow.get(budgetId, holder, sinceMs));

  function openRow({ budgetId, holder, periodMs }: CounterKey): CounterRow {
    let row = selectCounter.get(budgetId, holder, periodMs);
    if (row === undefined) {
      insertCounter.run(budgetId, holder, periodMs);
      row = selectCounter.get(budgetId, holder, periodMs);
    }
    return toCounter(row);
  }

  /** Answers how much of the wish was leased; undefined = it does not fit. */
  function leaseOf(processId: string, counterId: number, wish: LeaseWish): number | undefined {
    for (const nanoUsd of [wish.wantNanoUsd, wish.leastNanoUsd]) {
      // Nothing is asked for: a budget that only tells, or a call that costs nothing.
      if (nanoUsd === 0) return 0;
      const { changes } = reserve.run(nanoUsd, counterId, wish.budgetId, wish.holder, wish.sinceMs, wish.limitNanoUsd);
      if (changes === 0) continue;
      addLease.run(processId, counterId, nanoUsd);
      return nanoUsd;
    }
    return undefined;
  }

  return {
    openProcess: (id) => void insertProcess.run(id),

    lease(processId, wishes) {
      try {
        return transact(() => {
          if (selectProcess.get(processId) === undefined) return { kind: 'lost' };
          const grants = wishes.map((wish, index) => {
            const row = openRow(wish);
            const grantedNanoUsd = leaseOf(processId, row.id, wish);
            if (grantedNanoUsd === undefined) throw new Refused(index);
            return { counter: row, grantedNanoUsd, window: windowOf(wish, wish.sinceMs) };
          });
          return { kind: 'granted', grants };
        });
      } catch (thrown) {
        const wish = thrown instanceof Refused ? wishes[thrown.index] : undefined;
        if (!(thrown instanceof Refused) || wish === undefined) throw thrown;
        return { kind: 'refused', index: thrown.index, window: windowOf(wish, wish.sinceMs) };
      }
    },

    flush: ({ id, flushes }, changes) =>
      transact(() => {
        if (aliveProcess.run(flushes, id).changes === 0) return false;
        for (const { counterId, spentNanoUsd, leasedNanoUsd, unpricedCalls, alertedPercent } of changes) {
          book.run(spentNanoUsd, leasedNanoUsd, unpricedCalls, alertedPercent, counterId);
          if (leasedNanoUsd !== 0) addLease.run(id, counterId, leasedNanoUsd);
        }
        return true;
      }),

    openCounter: (key, sinceMs) => transact(() => ({ counter: openRow(key), window: windowOf(key, sinceMs) })),
    readWindow: windowOf,
    listProcesses: () => selectProcesses.all().map((row) => ({ id: String(row['id']), flushes: Number(row['flushes']) })),

    closeProcess: (id, spent) =>
      transact(() => {
        if (deleteProcess.run(id).changes === 0) return false;
        returnLeases.run(id);
        deleteLeases.run(id);
        for (const [counterId, nanoUsd] of spent) book.run(nanoUsd, 0, 0, 0, counterId);
        return true;
      }),

    deletePeriodsBefore: (timeMs, limit) => Number(deletePeriods.run(timeMs, limit).changes),
  };
}

type Row = Readonly<Record<string, unknown>> | undefined;

function toCounter(row: Row): CounterRow {
  return {
    id: Number(row?.['id']),
    spentNanoUsd: Number(row?.['spent']),
    reservedNanoUsd: Number(row?.['reserved']),
    unpricedCalls: Number(row?.['unpriced']),
    alertedPercent: Number(row?.['alerted']),
  };
}

function toWindow(row: Row): WindowSum {
  const oldest = row?.['oldest'];
  return {
    spentNanoUsd: Number(row?.['spent'] ?? 0),
    reservedNanoUsd: Number(row?.['reserved'] ?? 0),
    unpricedCalls: Number(row?.['unpriced'] ?? 0),
    oldestMs: typeof oldest === 'number' ? oldest : undefined,
  };
}
