import { expect, it } from 'vitest';
import { contentSize } from './content-size.ts';

it('counts text in bytes wherever it stands, and no labels', () => {
  expect(contentSize('größe')).toBe(7);
  expect(contentSize({ type: 'text_delta', text: 'abc', parts: [{ text: 'de' }, 7, null] })).toBe(5);
  expect(contentSize({ id: 'call_1', function: { arguments: '{"a":1}' }, signature: 'x'.repeat(500) })).toBe(7);
  expect(contentSize(undefined)).toBe(0);
});
