// What kill -9 costs a budget: nothing. Settled calls count what they cost, open ones what was held for them, and the rest comes back.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startChildScript } from '../../../test/support/child-script.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { sampleEntry } from '../../../test/support/sample-entry.ts';
import { sampleBudget, startMoney, wishOf } from '../../../test/support/sample-money.ts';
import type { ClosedHold } from '../../ledger/budgets/close-holds.ts';
import { closeProcess, startHoldRecovery, toEstimatedEntry } from '../../ledger/budgets/recover-holds.ts';
import type { Database } from './open-database.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';

/** A process that reserves 1,000 nano-USD again and again and settles most of them with 400; it says what it did before it goes on. */
const spender = (dataDir: string, amountUsd: number): string => `
  import { writeSync } from 'node:fs';
  import { openDatabase } from 'src/storage/sqlite/open-database.ts';
  import { BudgetBook } from 'src/ledger/budgets/budget-book.ts';
  import { createAccounts } from 'src/ledger/accounts.ts';
  import { createRuleBook } from 'src/ledger/rule-book.ts';
  import { readBudget } from 'src/ledger/budgets/read-budget.ts';
  import { sampleCatalog } from 'src/catalog/sample-catalog.ts';
  import { systemClock } from 'src/core/clock.ts';
  import { newId } from 'src/core/ids.ts';
  const database = await openDatabase(${JSON.stringify(dataDir)}, { busyTimeoutMs: 5_000 });
  const fail = (field, message) => { throw new Error(field + ' ' + message); };
  const budget = readBudget({ holder: 'global', amount_usd: ${amountUsd}, window: 'total' }, { id: 'b1', origin: 'config', wrong: fail });
  const book = new BudgetBook({ store: database.budgets, journals: database.holds, clock: systemClock, onAlert() {}, onTrouble: fail });
  const rules = createRuleBook({ store: database.rules, clock: systemClock, configured: { budgets: [budget], limits: [] }, onTrouble: fail });
  const accounts = createAccounts({ rules, budgets: book, clock: systemClock });
  const service = { offer: sampleCatalog().offers[0], provider: 'acme' };
  let count = 0;
  function one() {
    const operationId = newId('req');
    const reserved = accounts.reserve({ operationId, principal: { id: 'open' }, service, worstCaseNanoUsd: 1_000, tokens: 1 });
    if (!reserved.ok) return writeSync(1, 'refused ' + operationId + '\\n');
    writeSync(1, 'held ' + operationId + '\\n');
    count += 1;
    if (count % 5 === 0) return;
    setTimeout(() => {
      writeSync(1, 'settling ' + operationId + '\\n');
      reserved.hold.settle({ costNanoUsd: 400 });
    }, count % 7);
  }
  setInterval(one, 1);
`;

interface Told {
  readonly held: Set<string>;
  readonly settling: Set<string>;
  readonly refused: number;
}

function read(lines: readonly string[]): Told {
  const ids = (word: string): string[] => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return { held: new Set(ids('held')), settling: new Set(ids('settling')), refused: ids('refused').length };
}

const window = (database: Database) => database.budgets.readWindow({ budgetId: 'b1', holder: 'global' }, 0);

/** Takes every process for dead. */
function recover(database: Database, costOfEntry: (id: string) => number | undefined = () => undefined): ClosedHold[] {
  const closed: ClosedHold[] = [];
  const onClosed = (holds: readonly ClosedHold[]): void => void closed.push(...holds);
  for (const process of database.budgets.listProcesses()) {
    closeProcess(process, { store: database.budgets, journals: database.holds, costOfEntry, onClosed });
  }
  return closed;
}

describe('a process that is killed between reserve and settle', () => {
  it.each([30, 120, 333])('has every call on record: settled or closed as estimated (killed after %i lines)', async (killAfterLines) => {
    const { dataDir, database } = await startMoney();
    const child = startChildScript(spender(dataDir, 1));
    await child.waitForLines(killAfterLines);
    child.process.kill('SIGKILL');
    await child.ended;
    const { held, settling } = read(child.lines());

    const closed = recover(database);

    const estimated = new Set(closed.map((hold) => hold.operationId));
    // The very last call may have been held without having been told, and the last settlements without having been written.
    for (const id of held) if (!estimated.has(id)) expect(settling.has(id), id).toBe(true);
    expect([...estimated].filter((id) => !held.has(id)).length).toBeLessThanOrEqual(1);
    const settledCount = new Set([...held, ...estimated]).size - estimated.size;
    expect(window(database)).toMatchObject({ spentNanoUsd: settledCount * 400 + estimated.size * 1_000, reservedNanoUsd: 0 });
    expect(readdirSync(join(dataDir, 'holds'))).toEqual([]);
    expect(recover(database)).toEqual([]);
  });

  it('pays what the ledger knows of a call instead of the estimate', async () => {
    const first = await startMoney({ budgets: [sampleBudget({ window: 'total' })] });
    first.accounts.reserve(wishOf({ operationId: 'req_known', worstCaseNanoUsd: 1_000 }));
    first.accounts.reserve(wishOf({ operationId: 'req_unknown', worstCaseNanoUsd: 1_000 }));
    first.database.entries.save({ entries: EntryBatch.of([sampleEntry({ id: 'req_known', costNanoUsd: 70 })]), decisions: [] });

    const closed = recover(first.database, (id) => first.database.reader.readEntry(id)?.costNanoUsd ?? undefined);

    expect(closed.map(({ operationId, basis }) => [operationId, basis])).toEqual([
      ['req_known', 'entry'],
      ['req_unknown', 'estimated'],
    ]);
    expect(window(first.database)).toMatchObject({ spentNanoUsd: 1_070, reservedNanoUsd: 0 });
    expect(toEstimatedEntry(closed[1] as ClosedHold)).toMatchObject({ id: 'req_unknown', costNanoUsd: 1_000, finish: 'estimated' });
  });

  it('is closed within 60 s of a restart, and the living are not, whatever the clock on the wall does', async () => {
    const budgets = [sampleBudget({ window: 'total' })];
    const dead = await startMoney({ budgets });
    dead.hold({ worstCaseNanoUsd: 1_000 });
    const { dataDir, database } = dead;
    const living = await startMoney({ budgets, dataDir });
    const alive = living.hold({ worstCaseNanoUsd: 10 });
    const closed: string[] = [];
    const { clock } = living;
    let wallMs = clock.wallMs();
    const stop = startHoldRecovery({
      store: database.budgets,
      journals: database.holds,
      clock: { ...clock, wallMs: () => wallMs },
      costOfEntry: () => undefined,
      onClosed: (holds) => closed.push(...holds.map((hold) => hold.operationId)),
      onTrouble: (cause) => expect.fail(String(cause)),
      ownProcess: () => '',
    });
    wallMs += 86_400_000;
    clock.advance(20_000);
    expect(closed).toEqual([]);

    clock.advance(21_000);
    stop();

    expect(closed).toHaveLength(1);
    alive.settle({ costNanoUsd: 7 });
    living.book.flush();
    expect(window(database)).toMatchObject({ spentNanoUsd: 1_007 });
  });
});

describe('several processes on one budget', () => {
  it('let in together what one would, and never more', async () => {
    const { dataDir, database } = await startMoney();
    // Room for ten calls that cost all they hold; each fifth is never settled, the others cost 400 of 1,000.
    const children = [1, 2, 3].map(() => startChildScript(spender(dataDir, 50_000e-9)));
    await Promise.all(children.map((child) => child.waitForLines(400)));
    for (const child of children) child.process.kill('SIGKILL');
    await Promise.all(children.map((child) => child.ended));
    const told = children.map((child) => read(child.lines()));
    expect(told.every(({ refused }) => refused > 0)).toBe(true);

    recover(database);

    const { spentNanoUsd, reservedNanoUsd } = window(database);
    expect(spentNanoUsd).toBeLessThanOrEqual(50_000);
    // What is left is less than one call.
    expect(spentNanoUsd).toBeGreaterThan(40_000);
    expect(reservedNanoUsd).toBe(0);
  });

  it('give back what they do not use', async () => {
    const one = await startMoney({ budgets: [sampleBudget({ window: 'total', amount_usd: 100 })] });
    const two = await startMoney({ budgets: [sampleBudget({ window: 'total', amount_usd: 100 })], dataDir: one.dataDir });
    one.hold({ worstCaseNanoUsd: 1 }).settle({ costNanoUsd: 1 });
    one.clock.advance(20_000);

    expect(two.accounts.reserve(wishOf({ worstCaseNanoUsd: 100e9 - 1 })).ok).toBe(true);
  });
});

describe('a process that slept until it was taken for dead', () => {
  it('hands out nothing of the leases it lost, and books nothing twice', async () => {
    const sleeper = await startMoney({ budgets: [sampleBudget({ window: 'total', amount_usd: 1 })] });
    const asleep = sleeper.hold({ worstCaseNanoUsd: 1_000 });
    const other = await startMoney({ budgets: [sampleBudget({ window: 'total', amount_usd: 1 })], dataDir: sleeper.dataDir });
    recover(other.database);
    other.hold({ worstCaseNanoUsd: 1e9 - 1_000 });

    // The timers of a stopped process do not run: only its clock goes on.
    asleep.settle({ costNanoUsd: 10 });
    sleeper.book.flush();

    expect(sleeper.accounts.reserve(wishOf({ worstCaseNanoUsd: 1 })).ok).toBe(false);
    expect(window(sleeper.database).spentNanoUsd).toBe(1_000);
  });
});

describe('a journal that cannot be written', () => {
  it('lets no call under a budget go upstream', async () => {
    const { accounts, dataDir, database } = await startMoney({ budgets: [sampleBudget()] });
    const journals = { ...database.holds, create: () => ({ ...brokenJournal }) };
    const { BudgetBook } = await import('../../ledger/budgets/budget-book.ts');
    const { createAccounts } = await import('../../ledger/accounts.ts');
    const { createRuleBook } = await import('../../ledger/rule-book.ts');
    const clock = fakeClock();
    const book = new BudgetBook({ store: database.budgets, journals, clock, onAlert() {}, onTrouble() {} });
    const rules = createRuleBook({ store: database.rules, clock, configured: { budgets: [sampleBudget()], limits: [] }, onTrouble() {} });
    const broken = createAccounts({ rules, budgets: book, clock });

    const reserved = broken.reserve(wishOf({ worstCaseNanoUsd: 600_000_000 }));

    expect(reserved.ok ? 'let in' : [reserved.error.code, reserved.error.status]).toEqual(['ledger_unavailable', 503]);
    expect(book.openHolds).toBe(0);
    expect(existsSync(join(dataDir, 'mpc.db'))).toBe(true);
    // What was leased for it is still leased by the broken process, but nothing of it is held.
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 400_000_000 })).ok).toBe(true);
  });
});

const brokenJournal = {
  opened: () => {
    throw new Error('ENOSPC: no space left on device');
  },
  flush: () => undefined,
  compact: () => undefined,
  size: () => 0,
  remove: () => undefined,
};
