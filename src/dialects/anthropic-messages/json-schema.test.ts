import { describe, expect, it } from 'vitest';
import { isPlainlyStrict, sanitiseSchema } from './json-schema.ts';

describe('sanitiseSchema', () => {
  it('closes every object, turns oneOf into anyOf and keeps what is allowed', () => {
    const { schema, relaxed } = sanitiseSchema({
      type: 'object',
      properties: {
        when: { type: 'string', format: 'date-time' },
        what: { oneOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { type: 'null' }] },
        list: { type: 'array', items: { type: 'object', additionalProperties: false } },
      },
      required: ['when'],
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    });

    expect(schema).toEqual({
      type: 'object',
      properties: {
        when: { type: 'string', format: 'date-time' },
        what: { anyOf: [{ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }, { type: 'null' }] },
        list: { type: 'array', items: { type: 'object', additionalProperties: false } },
      },
      required: ['when'],
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, additionalProperties: false } },
      additionalProperties: false,
    });
    expect(relaxed).toEqual([]);
  });

  it('says in the description what cannot be enforced, and names it', () => {
    const { schema, relaxed } = sanitiseSchema({
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, description: 'In years.' },
        phone: { type: 'string', format: 'phone', pattern: '^\\+' },
      },
      additionalProperties: { type: 'string' },
    });

    expect(schema).toMatchObject({
      properties: {
        age: { type: 'integer', description: 'In years.\n{minimum: 0}' },
        phone: { type: 'string', description: '{format: "phone", pattern: "^\\\\+"}' },
      },
      additionalProperties: false,
    });
    expect(relaxed).toEqual(['minimum', 'format', 'pattern', 'additionalProperties']);
  });

  it('leaves a property that is called like a limit alone', () => {
    const { schema } = sanitiseSchema({ type: 'object', properties: { pattern: { type: 'string' }, oneOf: { type: 'string' } } });

    expect(schema.properties).toEqual({ pattern: { type: 'string' }, oneOf: { type: 'string' } });
  });
});

describe('isPlainlyStrict', () => {
  it.each([
    [true, { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
    [false, { type: 'object', properties: { a: { type: 'string' } } }],
    [false, { type: 'object', properties: { a: { type: ['string', 'null'] } }, required: ['a'] }],
    [false, { type: 'object', properties: { a: { type: 'array', items: { anyOf: [] } } }, required: ['a'] }],
  ])('is %s for %j', (expected, schema) => {
    expect(isPlainlyStrict(schema)).toBe(expected);
  });
});
