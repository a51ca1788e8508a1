import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { forgetText, walkBytes, walkText } from './json-text.ts';

afterEach(forgetText);

describe('walkText', () => {
  it('finds what the loop over the bytes finds, across the borders of its window', () => {
    const piece = fc.constantFrom('\\"', '\\\\', '\\n', '\\u00e9', '"', 'word ');
    fc.assert(
      fc.property(fc.integer({ min: 16_370, max: 16_390 }), fc.array(piece, { minLength: 1, maxLength: 12 }), (calmBytes, pieces) => {
        const text = Buffer.from(`${'x'.repeat(calmBytes)}${pieces.join('')}${'y'.repeat(40_000)}"`);

        expect(walkText(text, 0)).toBe(walkBytes(text, 0, text.length));
      }),
    );
  });

  it('goes on behind what it has found, back and forth', () => {
    const text = Buffer.from(`one "two" \\u0020${'calm '.repeat(8_000)}"`);

    expect([0, 5, 9, 16, 5].map((from) => walkText(text, from))).toEqual([4, 8, 10, text.length - 1, 8]);
  });

  it('answers the end where nothing else is found', () => {
    expect(walkText(Buffer.alloc(50_000, 'x'), 3)).toBe(50_000);
    expect(walkText(Buffer.from('abc'), 3)).toBe(3);
    expect(walkText(Buffer.alloc(0), 0)).toBe(0);
  });

  it('does not take one text for another that lies in the same place', () => {
    const memory = Buffer.alloc(1_000, 'x');
    const walked = walkText(memory.subarray(0, 500), 0);
    memory[600] = 0x22;

    expect([walked, walkText(memory.subarray(500), 0)]).toEqual([500, 100]);
  });

  it('sees what was changed in a text that it had been told to forget', () => {
    const text = Buffer.alloc(100, 'x');
    const before = walkText(text, 0);
    forgetText();
    text[7] = 0x22;

    expect([before, walkText(text, 0)]).toEqual([100, 7]);
  });
});
