import { expect, it } from 'vitest';
import { sampleBudget, startMoney } from '../../../test/support/sample-money.ts';

it('leaves no timer behind when it is closed while the store fails', async () => {
  const { book, clock, database, hold } = await startMoney({ budgets: [sampleBudget()] });
  const before = clock.pendingTimers();
  hold({ worstCaseNanoUsd: 1_000 }).settle({ costNanoUsd: 500 });
  expect(clock.pendingTimers()).toBeGreaterThan(before);
  database.close();

  book.close();

  expect(clock.pendingTimers()).toBe(before);
});
