import { expect, it } from 'vitest';
import { cases, extraCases } from './cases/index.ts';
import { type Options, readOptions } from './options.ts';
import { clientDialects, upstreamDialects } from './wire/wire-dialect.ts';

function chosen(...args: string[]): string[] {
  return (readOptions(args) as Options).cases.map(({ id }) => id);
}

it('takes the usual cases, and the pairs of dialects when they are asked for', () => {
  expect(chosen()).toEqual(cases.map(({ id }) => id));
  expect(chosen('--pairs')).toEqual([...cases, ...extraCases].map(({ id }) => id));
  expect(chosen('--cases', 'cross-gemini-bedrock,json-1k')).toEqual(['json-1k', 'cross-gemini-bedrock']);
});

it('finds every pair of two dialects under one beginning', () => {
  const same = clientDialects.filter((client) => upstreamDialects.some((upstream) => upstream === client)).length;

  expect(chosen('--only', 'cross')).toHaveLength(clientDialects.length * upstreamDialects.length - same);
});

it('refuses what it does not know', () => {
  expect(() => chosen('--only', 'crass')).toThrow('no case begins with "crass"');
  expect(() => chosen('--cases', 'json-2k')).toThrow('"json-2k" is none of');
});
