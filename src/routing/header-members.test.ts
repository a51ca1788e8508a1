import { expect, it } from 'vitest';
import { scanObject } from '../core/json-outline.ts';
import { withHeaderMembers } from './header-members.ts';

const endpoint = { headersInBody: { 'anthropic-beta': 'anthropic_beta' } };
const from = (body: object, ...forwardHeaders: (readonly [string, string])[]) => ({
  outline: scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 8 }),
  forwardHeaders,
});

it('lists the values of the header in the body, beside those that stand there, each once', () => {
  const caller = from({ anthropic_beta: ['a', 'b'] }, ['anthropic-beta', 'b, c,,'], ['anthropic-version', '2023-06-01']);

  expect(withHeaderMembers({ max_tokens: 1 }, endpoint, caller)).toEqual({ max_tokens: 1, anthropic_beta: ['a', 'b', 'c'] });
  expect(withHeaderMembers(undefined, endpoint, caller)).toEqual({ anthropic_beta: ['a', 'b', 'c'] });
});

it('replaces a member of another type, which the upstream would refuse', () => {
  expect(withHeaderMembers({}, endpoint, from({ anthropic_beta: 'x' }, ['anthropic-beta', 'a']))).toEqual({ anthropic_beta: ['a'] });
});

it('leaves everything as it is without such a header, or where the endpoint reads none from the body', () => {
  const members = { max_tokens: 1 };

  expect(withHeaderMembers(members, endpoint, from({ anthropic_beta: ['a'] }))).toBe(members);
  expect(withHeaderMembers(members, {}, from({}, ['anthropic-beta', 'a']))).toBe(members);
});
