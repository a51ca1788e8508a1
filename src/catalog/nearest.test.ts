import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCatalog } from './create-catalog.ts';
import { editDistance } from './nearest.ts';
import { realCompiled } from './sample-catalog.ts';

const catalog = createCatalog(realCompiled());

it.each([
  ['gpt4o', 'gpt-4o'],
  ['gtp-4o', 'gpt-4o'],
  ['claude-sonet-5', 'claude-sonnet-5'],
  ['text_general_flagshp', 'text_general_flagship'],
  ['deepseek', 'deepseek-r1'],
])('%s is nearest to %s', (written, meant) => {
  expect(catalog.nearest(written, 3)).toContain(meant);
});

it('suggests nothing for what is like nothing, and no more than asked', () => {
  expect(catalog.nearest('Ω≈ç√∫˜µ≤≥÷', 3)).toEqual([]);
  expect(catalog.nearest('gpt', 2)).toHaveLength(2);
  expect(catalog.nearest('', 3)).toEqual([]);
});

it('takes no longer for a very long name', () => {
  expect(catalog.nearest('gpt-4o'.repeat(100_000), 3).length).toBeLessThanOrEqual(3);
});

it('counts a swap of neighbours as one edit', () => {
  expect(editDistance('gtp', 'gpt')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

it('is a distance: 0 for equals only, the same both ways, never more than the longer word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
      const distance = editDistance(one, other);
      expect(distance === 0).toBe(one === other);
      expect(distance).toBe(editDistance(other, one));
      expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
    }),
  );
});
