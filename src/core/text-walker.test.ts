import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkBytes } from './json-text.ts';
import { createTextWalker } from './text-walker.ts';

const walker = createTextWalker();

/** Where a walk over the text ends, by the walker and by the plain loop. */
function walkBoth(text: Uint8Array, from: number): { readonly found: number | undefined; readonly expected: number } {
  walker?.memory.set([...text, 0]);
  return { found: walker?.walk(from), expected: walkBytes(text, from, text.length) };
}

/** What a JSON scanner meets, each often enough to stand at every place of a block and beside every other. */
const piece = fc.constantFrom(
  '\\',
  '\\\\',
  '\\"',
  '\\n',
  '\\u',
  '\\/',
  '\\x',
  '\\\n',
  '"',
  '\n',
  '\u0000',
  '\u001f',
  'é',
  '語',
  'r',
  'b',
  ' ',
);
const calm = fc.nat(70).map((length) => 'plain text, '.repeat(6).slice(0, length));

describe('the text walker', () => {
  it('is there on the machines that we support', () => {
    expect(walker).toBeDefined();
  });

  it('ends where the loop over the bytes ends, whatever stands side by side', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(calm, piece), { maxLength: 30 }), (pieces) => {
        const text = Buffer.from(pieces.join(''));

        const { found, expected } = walkBoth(text, 0);

        expect(found).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends where the loop ends for every byte, plain and behind a backslash, at every place of a block', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      for (let place = 0; place < 70; place += 1) {
        const text = Buffer.alloc(140, 'x');
        text[place] = byte;
        text[place + 30] = 0x5c;
        text[place + 31] = byte;

        const { found, expected } = walkBoth(text, 0);

        expect(found, `byte ${byte} at ${place}`).toBe(expected);
      }
    }
  });

  it.each([0, 1, 15, 16, 63, 64, 65, 200])('takes runs of backslashes in pairs, from byte %i on', (from) => {
    for (let run = 1; run <= 140; run += 1) {
      const text = Buffer.from(`${'"'.repeat(from)}${'\\'.repeat(run)}" and more`);

      const { found, expected } = walkBoth(text, from);

      expect(found, `${run} backslashes`).toBe(expected);
    }
  });

  it('ends at a backslash that the text ends with', () => {
    expect(walkBoth(Buffer.from('a \\'), 0)).toEqual({ found: 2, expected: 2 });
  });
});
