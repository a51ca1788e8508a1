import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSpaceStripper } from './repeated-space.ts';

function strip(space: string, pieces: readonly string[]): string {
  const stripper = createSpaceStripper(space);
  return pieces.map((piece) => stripper.push(piece)).join('');
}

it.each([
  ['space that is repeated', ' ', [' two'], 'two'],
  ['space in pieces', '\n\n', ['\n', '', '\n', 'two'], 'two'],
  ['nothing where there was none', '', [' two'], ' two'],
  ['nothing where it is not repeated', '\n', ['two'], 'two'],
  ['only what is the same', '\n\n', ['\n- two'], '- two'],
  ['no more than there was', ' ', ['  two'], ' two'],
  ['other space not at all', '\n', [' two'], ' two'],
  ['a beginning that is all space', '\n\n', ['\n', '\n'], ''],
])('takes %s', (_what, space, pieces, said) => {
  expect(strip(space, pieces)).toBe(said);
});

it('gives a text back that was cut anywhere and trimmed, whatever the pieces', () => {
  const text = fc.array(fc.constantFrom(' ', '\n', 'a', 'b'), { maxLength: 12 }).map((chars) => chars.join(''));
  fc.assert(
    fc.property(text, fc.nat(12), fc.integer({ min: 1, max: 4 }), (whole, cut, size) => {
      const said = whole.slice(0, cut);
      const told = said.trimEnd();
      const next = whole.slice(told.length);
      const pieces = Array.from({ length: Math.ceil(next.length / size) }, (_, at) => next.slice(at * size, (at + 1) * size));

      expect(said + strip(said.slice(told.length), pieces)).toBe(whole);
    }),
  );
});
