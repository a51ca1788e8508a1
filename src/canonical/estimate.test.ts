import { expect, it } from 'vitest';
import { estimateTokens } from './estimate.ts';

it('rounds up, so that no text costs nothing', () => {
  expect(estimateTokens(1)).toBe(1);
  expect(estimateTokens(36)).toBe(10);
  expect(estimateTokens(37)).toBe(11);
});

it('gives 0 for nothing', () => {
  expect(estimateTokens(0)).toBe(0);
});
