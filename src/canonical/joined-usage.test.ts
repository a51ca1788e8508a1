import { expect, it } from 'vitest';
import { joinedUsage, writtenBeyond } from './joined-usage.ts';
import { noUsage, type Usage } from './usage.ts';

const begun: Usage = { ...noUsage, input: 30, cachedInput: 20, output: 5, reasoning: 2 };

it('counts the prompt once and the output of both', () => {
  expect(joinedUsage(begun, { ...noUsage, input: 60, cacheWrite: 8, output: 7, reasoning: 1 })).toEqual({
    ...begun,
    output: 12,
    reasoning: 3,
  });
});

it('is an estimate when either is', () => {
  expect(joinedUsage({ ...begun, source: 'estimated' }, noUsage).source).toBe('estimated');
  expect(joinedUsage(begun, { ...noUsage, source: 'estimated' }).source).toBe('estimated');
});

it('takes no figure over that was told for a part of it', () => {
  const told: Usage = { ...begun, providerCostNanoUsd: 5, billed: { input: 1, output: 1 } };

  expect(joinedUsage(told, { ...noUsage, output: 1 })).toEqual({ ...begun, output: 6 });
});

it('tells what was odd in both', () => {
  expect(joinedUsage({ ...begun, anomaly: 'a' }, { ...noUsage, anomaly: 'b' }).anomaly).toBe('a, b');
  expect(joinedUsage(begun, { ...noUsage, anomaly: 'b' }).anomaly).toBe('b');
});

it('knows what was written beyond the beginning', () => {
  expect(writtenBeyond(begun, joinedUsage(begun, { ...noUsage, output: 7, reasoning: 1 }))).toBe(8);
});
