import { expect, it } from 'vitest';
import { sampleBudget, startMoney } from '../../../test/support/sample-money.ts';
import { startForgetting } from './forget-periods.ts';

const dayMs = 86_400_000;

it('forgets periods that no window reaches, keeps those one does, and never the total', async () => {
  const { database, rules, clock } = await startMoney({ budgets: [sampleBudget({ window: '60d' })] });
  const nowMs = clock.wallMs();
  const periods = [0, nowMs - 70 * dayMs, nowMs - 50 * dayMs, nowMs - dayMs];
  for (const periodMs of periods) database.budgets.openCounter({ budgetId: 'b1', holder: 'global', periodMs }, 0);
  const deleted: number[] = [];
  const store = {
    deletePeriodsBefore(timeMs: number, limit: number): number {
      const count = database.budgets.deletePeriodsBefore(timeMs, limit);
      deleted.push(count);
      return count;
    },
  };

  const stop = startForgetting({ store, rules, clock, onTrouble: (cause) => expect.fail(String(cause)) });
  clock.advance(60_000);
  stop();

  expect(deleted).toEqual([1]);
  // What is left has not changed its id.
  const ids = [0, 2, 3].map((index) =>
    database.budgets.openCounter({ budgetId: 'b1', holder: 'global', periodMs: periods[index] ?? 0 }, 0),
  );
  expect(ids.map(({ counter }) => counter.id)).toEqual([1, 3, 4]);
});
