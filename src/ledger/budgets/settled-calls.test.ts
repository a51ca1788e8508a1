import { expect, it } from 'vitest';
import { SettledCalls } from './settled-calls.ts';

it('lists each call with its own costs, however many there are, and starts anew when cleared', () => {
  const calls = new SettledCalls();
  const list = Array.from({ length: 500 }, (_, call) => ({
    operationId: `req_${call}`,
    costs: Array.from({ length: call % 4 }, (_, counter): [number, number] => [counter + 1, call * 2 ** 40]),
  }));
  for (const { operationId, costs } of list) {
    calls.add(operationId);
    for (const [counterId, nanoUsd] of costs) calls.addCost(counterId, nanoUsd);
  }

  expect(calls.toList()).toEqual(list);
  expect(calls.size).toBe(500);

  calls.clear();
  calls.add('req_next');
  expect(calls.toList()).toEqual([{ operationId: 'req_next', costs: [] }]);
});
