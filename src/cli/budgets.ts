// `mpc budgets`: the budgets in force and where they stand, from the data directory while the server runs.
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { formatNanoUsd } from '../core/money.ts';
import { windowName } from '../ledger/budgets/budget.ts';
import { createBudgetStates } from '../ledger/budgets/budget-states.ts';
import { createRuleBook } from '../ledger/rule-book.ts';
import { holderName } from '../ledger/rules.ts';
import { loadCliSettings } from './load-cli-settings.ts';
import { openExistingLedger } from './open-ledger.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

export function defineBudgets(program: Command): void {
  const budgets = program.command('budgets').description('budgets and what is spent of them');
  const list = budgets
    .command('list')
    .description('list the budgets of mpc.yaml and of the admin API, with what is spent')
    .option('--json', 'one JSON object per line')
    .action((options: { json?: true }) => listBudgets(list, options));
}

async function listBudgets(command: Command, { json }: { json?: true }): Promise<void> {
  const { settings } = await loadCliSettings(command);
  const database = await openExistingLedger(command);
  if (database === undefined) {
    printNote('There is no data directory yet: nothing was spent.');
    return;
  }
  const clock = systemClock;
  const rules = createRuleBook({
    store: database.rules,
    clock,
    configured: { budgets: settings.budgets, limits: settings.rateLimits },
    onTrouble: printNote,
  });
  const states = createBudgetStates({ store: database.budgets, book: { flush: () => undefined }, clock });
  const rows = rules.current().budgets.map((budget) => {
    const holder = holderName(budget.holder);
    // Where each of a kind has its own there is no one sum to tell.
    const state = budget.holder.id === '*' ? undefined : states.of(budget, holder);
    return { budget, holder, state };
  });
  database.close();
  if (json === true) {
    for (const { budget, holder, state } of rows) {
      printJson({
        id: budget.id,
        holder,
        mode: budget.mode,
        amount_nano_usd: budget.amountNanoUsd,
        spent_nano_usd: state?.spentNanoUsd ?? null,
        reserved_nano_usd: state?.reservedNanoUsd ?? null,
        resets_at: state?.resetsMs === undefined ? null : new Date(state.resetsMs).toISOString(),
        origin: budget.origin,
      });
    }
    return;
  }
  if (rows.length === 0) printNote('There are no budgets. Write some in mpc.yaml, or make them with POST /admin/budgets.');
  const cells = rows.map(({ budget, holder, state }) => [
    budget.id,
    holder,
    `${formatNanoUsd(budget.amountNanoUsd)} USD ${windowName(budget.window)}`,
    budget.mode,
    state === undefined ? 'each has its own' : `${formatNanoUsd(state.spentNanoUsd)} USD`,
  ]);
  for (const line of formatTable(['ID', 'HOLDER', 'AMOUNT', 'MODE', 'SPENT'], cells)) printLine(line);
}
