import { expect, it } from 'vitest';
import type { JsonValue } from '../core/json.ts';
import { cohere } from './cohere.ts';

it('lists its models by name, whatever else stands in the answer', () => {
  const read = (body: JsonValue): readonly string[] | undefined => cohere.models?.readIds?.(body);

  expect(read({ models: [{ name: 'command-a-03-2025', endpoints: ['chat'] }, { name: null }, 'x', { name: 'rerank-v3.5' }] })).toEqual([
    'command-a-03-2025',
    'rerank-v3.5',
  ]);
  expect([read({}), read([]), read(null), read({ models: 'none' })]).toEqual([[], [], [], []]);
});
