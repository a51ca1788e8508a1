import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, nearestName } from './nearest-name.ts';

it('finds slips of one or two letters, whatever the case', () => {
  expect(nearestName('opnai', ['groq', 'openai', 'xai'])).toBe('openai');
  expect(nearestName('BASE_ULR', ['api_key', 'base_url'])).toBe('base_url');
});

it('suggests nothing for a name that is simply another one', () => {
  expect(nearestName('kubernetes', ['openai', 'groq'])).toBeUndefined();
});

it('counts a swap of neighbours as one edit', () => {
  expect(editDistance('prot', 'port')).toBe(1);
});

it('is a distance: zero for equal names only, and the same both ways', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});
