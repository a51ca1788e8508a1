import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentSize, deltaSize, lastStringSize } from './content-size.ts';

it('counts text in bytes wherever it stands, and no labels', () => {
  expect(contentSize('größe')).toBe(7);
  expect(contentSize({ type: 'text_delta', text: 'abc', parts: [{ text: 'de' }, 7, null] })).toBe(5);
  expect(contentSize({ id: 'call_1', function: { arguments: '{"a":1}' }, signature: 'x'.repeat(500) })).toBe(7);
  expect(contentSize(undefined)).toBe(0);
});

it('finds the text of a delta without parsing it, whatever it holds', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(text, text, (said, before) => {
      const inside = Buffer.byteLength(JSON.stringify(said)) - 2;
      const anthropic = Buffer.from(
        `${before}data: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: said } })}\n\n`,
      );
      const from = Buffer.byteLength(before);
      expect(lastStringSize(anthropic, from, anthropic.length)).toBe(inside);

      const responses = Buffer.from(
        `${before}data: ${JSON.stringify({ type: 'x.delta', item_id: 'msg', delta: said, obfuscation: 'abc' })}\n\n`,
      );
      expect(deltaSize(responses, from, responses.length)).toBe(inside);
    }),
  );
});
