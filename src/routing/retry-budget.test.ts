import { expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { RetryBudget } from './retry-budget.ts';

it('lets a quiet connection retry ten times, then no more', () => {
  const budget = new RetryBudget(fakeClock());

  const granted = Array.from({ length: 15 }, () => budget.spend()).filter(Boolean);

  expect(granted).toHaveLength(10);
});

it('grants one retry for ten calls when the saving is spent', () => {
  const budget = new RetryBudget(fakeClock());
  let granted = 0;

  for (let call = 0; call < 1_000; call += 1) {
    budget.earn();
    if (budget.spend()) granted += 1;
  }

  // The ten saved at the beginning, and a tenth of the calls.
  expect(granted).toBeGreaterThanOrEqual(109);
  expect(granted).toBeLessThanOrEqual(111);
});

it('gives time what calls would have earned', () => {
  const clock = fakeClock();
  const budget = new RetryBudget(clock);
  while (budget.spend());

  clock.advance(2_000);

  expect(budget.spend()).toBe(true);
  expect(budget.spend()).toBe(false);
});
