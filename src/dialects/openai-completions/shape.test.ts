import { expect, it } from 'vitest';
import { scanObject } from '../../core/json-outline.ts';
import { completionShape } from './shape.ts';

const scan = (body: object): unknown => scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 64, shape: completionShape });

it.each([['a text'], [['one text in a list']]])('takes the prompt %j', (prompt) => {
  expect(() => scan({ model: 'm', prompt })).not.toThrow();
});

it.each([
  ['token ids', [1212, 318], 'token ids'],
  ['lists of token ids', [[1212, 318], [1]], 'token ids'],
  ['several prompts', ['a', 'b'], 'one prompt per request'],
  ['an empty text', '', 'is empty'],
  ['a list with an empty text', [''], 'is empty'],
  ['an empty list', [], 'is empty'],
  ['an object', { text: 'x' }, 'object'],
  ['null', null, 'null'],
])('refuses %s as the prompt, whatever the model', (_, prompt, problem) => {
  expect(() => scan({ model: 'm', prompt })).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: expect.stringContaining(problem),
      details: expect.objectContaining({ param: 'prompt' }),
    }),
  );
});

it('refuses a request without a prompt', () => {
  expect(() => scan({ model: 'm' })).toThrow(expect.objectContaining({ details: { param: 'prompt' } }));
});

it.each([
  ['max_tokens', '16'],
  ['max_tokens', 0],
  ['temperature', 'hot'],
  ['stop', [1]],
  ['stream', 'yes'],
  ['echo', 1],
  ['n', 0],
])('refuses %s = %j by name', (field, value) => {
  expect(() => scan({ prompt: 'x', [field]: value })).toThrow(
    expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(field) }),
  );
});
