import { expect, it } from 'vitest';
import { endOfFrame, readFields } from './sse-frame.ts';

it('finds the end of a frame, or of the region', () => {
  const region = Buffer.from('event: a\ndata: 1\n\ndata: 2\n\n');

  expect(endOfFrame(region, 0)).toBe(18);
  expect(endOfFrame(region, 18)).toBe(region.length);
  expect(endOfFrame(Buffer.from('data: half'), 0)).toBe(10);
});

it('joins data lines and takes one leading space off each', () => {
  expect(readFields('event: delta\ndata: {"a":\ndata:  1}\n\n')).toEqual({ event: 'delta', data: '{"a":\n 1}' });
  expect(readFields(': comment\n\n')).toEqual({ event: '', data: undefined });
});
