import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPrefixStripper } from './prefix-stripper.ts';

function strip(prefix: string, pieces: readonly string[]): string {
  const stripper = createPrefixStripper(prefix);
  return pieces.map((piece) => stripper.push(piece)).join('') + stripper.end();
}

it.each([
  ['a repeated prefix', '{"a":', ['{"a":1}'], '1}'],
  ['one in pieces', '{"a":', ['{', '"a', '":1', '}'], '1}'],
  ['an answer that is the prefix', 'Once', ['Once'], ''],
  ['an answer without it', 'Once', ['upon'], 'upon'],
  ['an answer that leaves it half-way', 'Once', ['On', 'ly'], 'Only'],
  ['an answer that ends half-way', 'Once', ['On'], 'On'],
  ['a second occurrence', 'a', ['a', 'a'], 'a'],
])('%s', (_, prefix, pieces, said) => {
  expect(strip(prefix, pieces)).toBe(said);
});

it('takes away the prefix and nothing else, in any pieces', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5 }), fc.array(fc.string({ maxLength: 3 })), fc.boolean(), (prefix, pieces, repeats) => {
      const answer = pieces.join('');
      const sent = repeats ? [...prefix, ...pieces] : pieces;

      expect(strip(prefix, sent)).toBe(repeats || !answer.startsWith(prefix) ? answer : answer.slice(prefix.length));
    }),
  );
});
