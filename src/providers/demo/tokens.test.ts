import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens, cutToTokens, splitTokens } from './tokens.ts';

const unicode = fc.string({ unit: 'binary' });

describe('tokens', () => {
  it('are every started four characters', () => {
    expect(['', 'a', 'abcd', 'abcde'].map(countTokens)).toEqual([0, 1, 1, 2]);
  });

  it('split and cut a text without loss and without breaking a character', () => {
    fc.assert(
      fc.property(unicode, fc.integer({ min: 1, max: 9 }), (text, tokens) => {
        const pieces = splitTokens(text, tokens);
        const cut = cutToTokens(text, tokens);

        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(countTokens(cut)).toBeLessThanOrEqual(tokens);
      }),
    );
  });
});
