import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { canonicalText, type Question, questionKey } from './question-key.ts';

const question: Question = {
  tenant: 'key:1',
  scope: '',
  dialect: 'openai-chat',
  model: 'gpt',
  policy: 'p',
  body: { messages: [{ role: 'user', content: 'hi' }], temperature: 0 },
};

it('is the same however the members are ordered and the answer is delivered', () => {
  const other: JsonObject = {
    stream_options: { include_usage: true },
    stream: true,
    temperature: 0,
    messages: [{ content: 'hi', role: 'user' }],
  };

  expect(questionKey({ ...question, body: other })).toBe(questionKey(question));
});

it.each<[string, Partial<Question>]>([
  ['tenant', { tenant: 'key:2' }],
  ['scope', { scope: 'tests' }],
  ['grammar', { dialect: 'anthropic-messages' }],
  ['model', { model: 'claude' }],
  ['absent model', { model: undefined }],
  ['policy', { policy: 'q' }],
  ['prompt', { body: { messages: [{ role: 'user', content: 'hi ' }], temperature: 0 } }],
  ['parameter', { body: { messages: [{ role: 'user', content: 'hi' }], temperature: 0.1 } }],
])('differs by %s', (_what, more) => {
  expect(questionKey({ ...question, ...more })).not.toBe(questionKey(question));
});

it('never lets one field flow into another', () => {
  const texts = fc.tuple(fc.string(), fc.string(), fc.string());
  fc.assert(
    fc.property(texts, texts, ([tenant, scope, dialect], [otherTenant, otherScope, otherDialect]) => {
      const same = tenant === otherTenant && scope === otherScope && dialect === otherDialect;
      const one = questionKey({ ...question, tenant, scope, dialect });
      const other = questionKey({ ...question, tenant: otherTenant, scope: otherScope, dialect: otherDialect });

      expect(one === other).toBe(same);
    }),
  );
});

it('spells out exactly one text for each value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(JSON.parse(canonicalText(value as JsonValue))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
