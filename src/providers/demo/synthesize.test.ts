import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { samplePattern } from './sample-pattern.ts';
import { meetsSchema } from './schema.ts';
import { synthesize } from './synthesize.ts';

/** An independent judge: zod's own reading of JSON Schema. */
function accepts(schema: JsonObject, value: unknown): boolean {
  return fromJSONSchema(schema as Parameters<typeof fromJSONSchema>[0]).safeParse(value).success;
}

/** Satisfiable schemas as tools and output formats have them. */
const { schemas } = fc.letrec<{ schemas: JsonObject; leaf: JsonObject; list: JsonObject; record: JsonObject; choice: JsonObject }>(
  (tie) => ({
    leaf: fc.oneof(
      fc.record({ type: fc.constant('string' as const), minLength: fc.nat(30) }),
      fc.tuple(fc.nat(20), fc.nat(20)).map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
      fc.constantFrom('date-time', 'date', 'email', 'uuid', 'ipv4').map((format) => ({ type: 'string', format })),
      fc
        .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(40))
        .map(([low, more]) => ({ type: 'integer', minimum: low, maximum: low + more })),
      fc
        .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 2, max: 40 }))
        .map(([low, more]) => ({ type: 'integer', exclusiveMinimum: low, exclusiveMaximum: low + more })),
      fc
        .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 }))
        .map(([low, more]) => ({ type: 'number', exclusiveMinimum: low, exclusiveMaximum: low + more / 10 })),
      fc
        .tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: 1, max: 12 }))
        .map(([low, step]) => ({ type: 'integer', minimum: low, multipleOf: step })),
      fc.integer({ min: -90, max: 90 }).map((high) => ({ type: 'number', maximum: high })),
      fc.uniqueArray(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
      fc.oneof(fc.string(), fc.boolean(), fc.integer()).map((value) => ({ const: value })),
      fc.constantFrom({ type: 'boolean' }, { type: 'null' }, { type: ['string', 'null'] }),
    ) as fc.Arbitrary<JsonObject>,
    list: fc
      .tuple(tie('schemas'), fc.nat(3), fc.nat(3))
      .map(([items, least, more]) => ({ type: 'array', items, minItems: least, maxItems: least + more })),
    record: fc
      .tuple(fc.dictionary(fc.constantFrom('a', 'b', 'city', 'x-y', 'deep'), tie('schemas'), { maxKeys: 4 }), fc.boolean(), fc.nat(4))
      .map(([properties, closed, count]) => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, count),
        ...(closed && { additionalProperties: false }),
      })),
    choice: fc.array(tie('schemas'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    schemas: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('record'), tie('choice')),
  }),
);

describe('synthesize', () => {
  it('makes a value that meets the schema, and the same one every time', () => {
    fc.assert(
      fc.property(schemas, fc.constantFrom('omit' as const, 'show' as const), (schema, optional) => {
        const value = synthesize(schema, { optional });

        expect(accepts(schema, value), `${JSON.stringify(schema)} → ${JSON.stringify(value)}`).toBe(true);
        expect(meetsSchema(value, schema, schema)).toBe(true);
        expect(synthesize(schema, { optional })).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with an independent judge on what meets a schema, formats aside', () => {
    fc.assert(
      fc.property(schemas, schemas, (schema, other) => {
        const value = synthesize(other);

        const judged = accepts(schema, value);
        if (judged || !JSON.stringify(schema).includes('"format"')) expect(meetsSchema(value, schema, schema)).toBe(judged);
      }),
      { numRuns: 300 },
    );
  });

  it('follows references, folds allOf and ends recursion', () => {
    const schema: JsonObject = {
      $ref: '#/$defs/node',
      $defs: {
        named: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        node: {
          allOf: [
            { $ref: '#/$defs/named' },
            { type: 'object', required: ['next'], properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } } },
          ],
        },
      },
    };

    expect(synthesize(schema)).toEqual({ name: 'demo name', next: { name: 'demo name', next: null } });
  });

  it('makes the items of a unique list differ, each branch of oneOf exclusive, and takes defaults that fit', () => {
    expect(synthesize({ type: 'array', items: { type: 'string' }, minItems: 3, uniqueItems: true })).toEqual([
      'demo value',
      'demo value 2',
      'demo value 3',
    ]);
    expect(synthesize({ oneOf: [{ type: 'number' }, { type: 'integer' }, { type: 'boolean' }] })).toBe(true);
    expect(synthesize({ type: 'integer', minimum: 5, default: 1 })).toBe(5);
    expect(synthesize({ type: 'integer', minimum: 5, default: 8 })).toBe(8);
    expect(synthesize({ type: 'number', multipleOf: 0.1, minimum: 0.25 })).toBe(0.3);
  });

  it('uses hints for strings that nothing else restricts', () => {
    const schema = {
      type: 'object',
      required: ['unit', 'file', 'mode'],
      properties: { unit: { enum: ['C'] }, file: { type: 'string' }, mode: { type: 'string' } },
    };

    expect(synthesize(schema, { hints: ['notes.txt'] })).toEqual({ unit: 'C', file: 'notes.txt', mode: 'demo mode' });
  });

  it('shows optional properties of an answer that requires nothing, and omits them from arguments', () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } } };

    expect(synthesize(schema, { optional: 'show' })).toEqual({ a: 1 });
    expect(synthesize(schema)).toEqual({});
  });

  it('stays small for schemas that ask for too much', () => {
    const tree: JsonObject = {
      $ref: '#/$defs/t',
      $defs: { t: { type: 'object', required: ['l', 'r'], properties: { l: { $ref: '#/$defs/t' }, r: { $ref: '#/$defs/t' } } } },
    };

    expect(JSON.stringify(synthesize(tree)).length).toBeLessThan(200_000);
    expect(JSON.stringify(synthesize({ type: 'array', items: { type: 'string', minLength: 1e9 }, minItems: 3 })).length).toBeLessThan(
      100_000,
    );
    expect(synthesize({ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } })).toBe('demo value');
  });

  it('keeps properties named like those of every object apart from them', () => {
    const schema: JsonObject = JSON.parse('{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"integer"}}}');

    expect(JSON.stringify(synthesize(schema))).toBe('{"__proto__":1}');
    expect(meetsSchema({}, { properties: { toString: { type: 'string' } } }, {})).toBe(true);
    expect(meetsSchema({}, { required: ['toString'] }, {})).toBe(false);
  });
});

describe('samplePattern', () => {
  it.each([
    '^[A-Z]{3}-\\d{4}$',
    '^(foo|bar)+$',
    '^\\w+@\\w+\\.com$',
    '[^a-c]x?',
    '^#[0-9a-fA-F]{6}$',
    '^v\\d+(\\.\\d+){2}$',
    '^(?:a|b)(?<n>c)$',
    '^[\\w.-]+$',
    'abc',
  ])('matches %s', (pattern) => {
    expect(samplePattern(pattern, { least: 0, most: 100, nth: 0 })).toMatch(new RegExp(pattern, 'u'));
  });

  it('grows open-ended repetition to the length asked for', () => {
    expect(samplePattern('^a+$', { least: 7, most: 9, nth: 0 })).toBe('aaaaaaa');
  });

  it.each(['(?=x)', '\\1', '(((a{64}){64}){64})', '[', 'a{3', '(', '\\p{L}'])('gives up on %s', (pattern) => {
    expect(samplePattern(pattern, { least: 0, most: 100, nth: 0 })).toBeUndefined();
  });

  it('gives up on an expression longer than anyone would write', () => {
    expect(samplePattern('a'.repeat(600), { least: 0, most: 1_000, nth: 0 })).toBeUndefined();
  });
});
