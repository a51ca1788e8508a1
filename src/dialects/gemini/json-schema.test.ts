import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import { toGoogleSchema, toJsonSchema } from './json-schema.ts';

const convert = (properties: JsonObject, more: JsonObject = {}) => toGoogleSchema({ type: 'object', properties, ...more });
const property = (schema: JsonObject): unknown => (convert({ a: schema }).schema as { properties: { a: unknown } }).properties.a;

describe('toGoogleSchema', () => {
  it('leaves what the subset knows as it is', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', description: 'A', enum: ['x', 'y'] } }, required: ['a'] };

    expect(toGoogleSchema(schema)).toEqual({ schema, relaxed: [] });
  });

  it('leaves an object without members out altogether', () => {
    expect(toGoogleSchema({ type: 'object', properties: {} })).toEqual({ schema: undefined, relaxed: [] });
  });

  it.each([
    ['a nullable type', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
    ['several types', { type: ['string', 'number'] }, { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['a constant', { const: 'x' }, { type: 'string', enum: ['x'] }],
    ['numeric choices', { type: 'integer', enum: [1, 2] }, { type: 'integer', enum: ['1', '2'] }],
    ['null among the choices', { type: 'string', enum: ['a', null] }, { type: 'string', enum: ['a'], nullable: true }],
    ['oneOf', { oneOf: [{ type: 'string' }, { type: 'integer' }] }, { anyOf: [{ type: 'string' }, { type: 'integer' }] }],
    ['anyOf with null', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { type: 'string', nullable: true }],
    ['a list without items', { type: 'array' }, { type: 'array', items: { type: 'string' } }],
    ['additionalProperties: false, a default and examples', { type: 'string', default: 'x', examples: ['y'] }, { type: 'string' }],
  ])('says %s in the subset', (_what, from, to) => {
    expect(property(from)).toEqual(to);
    expect(convert({ a: from }, { additionalProperties: false, $schema: 'http://json-schema.org/draft-07/schema#' }).relaxed).toEqual([]);
  });

  it('inlines references and keeps the description beside them', () => {
    const schema = {
      type: 'object',
      properties: { a: { $ref: '#/$defs/City', description: 'where' } },
      $defs: { City: { type: 'object', properties: { name: { type: 'string' } } } },
    };

    expect(toGoogleSchema(schema)).toEqual({
      schema: { type: 'object', properties: { a: { type: 'object', properties: { name: { type: 'string' } }, description: 'where' } } },
      relaxed: [],
    });
  });

  it('cuts a recursion off and names it', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } } };

    const { schema: clean, relaxed } = toGoogleSchema(schema);

    expect(relaxed).toEqual(['recursion']);
    expect(JSON.stringify(clean)).not.toContain('$ref"');
  });

  it('says what it cannot enforce in the description', () => {
    const { schema, relaxed } = convert({
      a: { type: 'string', format: 'email', description: 'mail' },
      b: { type: 'number', multipleOf: 5 },
    });

    expect(schema).toMatchObject({
      properties: { a: { type: 'string', description: 'mail\n{format: "email"}' }, b: { type: 'number', description: '{multipleOf: 5}' } },
    });
    expect(relaxed).toEqual(['format', 'multipleOf']);
  });

  it('joins allOf and forgets required names that are no properties', () => {
    const schema = {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'string' } }, required: ['b', 'c'] },
      ],
    };

    expect(toGoogleSchema(schema).schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
    });
  });

  it('survives references that multiply', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`d${at}`, { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] }]),
    );

    expect(toGoogleSchema({ type: 'object', properties: { a: { $ref: '#/$defs/d0' } }, $defs }).relaxed.length).toBeGreaterThan(0);
  });

  it('never throws and never lets a keyword of JSON Schema alone through', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const { schema } = convert({ a: { properties: { x: value } } as JsonObject, b: value as JsonObject });
        expect(JSON.stringify(schema ?? {})).not.toMatch(/"(\$ref|oneOf|allOf|const)":/);
      }),
    );
  });
});

describe('toJsonSchema', () => {
  it('spells types, nullable and 64-bit numbers as JSON Schema does', () => {
    const own = {
      type: 'OBJECT',
      properties: {
        a: { type: 'STRING', nullable: true, min_length: '2' },
        b: { type: 'ARRAY', items: { type: 'INTEGER', format: 'enum', enum: ['1', '2'] }, maxItems: '3' },
        __proto: { anyOf: [{ type: 'BOOLEAN' }] },
      },
      propertyOrdering: ['b', 'a'],
    };

    expect(toJsonSchema(own)).toEqual({
      type: 'object',
      properties: {
        a: { type: ['string', 'null'], minLength: 2 },
        b: { type: 'array', items: { type: 'integer', enum: [1, 2] }, maxItems: 3 },
        __proto: { anyOf: [{ type: 'boolean' }] },
      },
    });
  });

  it('carries a member called __proto__ as data', () => {
    const schema = toJsonSchema(
      JSON.parse('{"type":"OBJECT","properties":{"__proto__":{"type":"STRING"}},"__proto__":{"x":1}}') as JsonObject,
    );

    expect(Object.keys(schema.properties ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(schema)).toBe(Object.prototype);
  });

  it('comes back from the subset as it was', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer', enum: [1, 2] }, b: { type: ['string', 'null'] } },
      required: ['a'],
    };

    expect(toJsonSchema(toGoogleSchema(schema).schema ?? {})).toEqual(schema);
  });
});
