import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asObject, type JsonValue } from '../../core/json.ts';
import { parsePath, readPath } from './paths.ts';
import { fillBody, namesIn } from './placeholders.ts';
import { readTemplate } from './template.ts';

describe('a path', () => {
  const body: JsonValue = { a: [{ b: 'x' }, { b: 'y' }], 'odd name': { '0': 'zero' }, 'a/b': 1, n: null };

  it.each<[string, readonly JsonValue[]]>([
    ['$.a[0].b', ['x']],
    ['a[1].b', ['y']],
    ['/a/1/b', ['y']],
    ['$.a[*].b', ['x', 'y']],
    ['/a/*/b', ['x', 'y']],
    ['$["odd name"]["0"]', ['zero']],
    ['/odd name/0', ['zero']],
    ['/a~1b', [1]],
    ['$.n', [null]],
    ['$.missing.deep', []],
    ['$.a.b', []],
    ['$.constructor', []],
    ['$.__proto__', []],
    ['$.a.length', []],
  ])('%s finds %j', (text, found) => {
    expect(readPath(body, parsePath(text) ?? [])).toEqual(found);
  });

  it.each(['$.a[?(@.b)]', '$..a', '$.a[', 'a b', '$.a[-1]', '$.a()', '$x'])('%s is none', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it('is read from anything without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const path = parsePath(text);
        if (path !== undefined) expect(Array.isArray(readPath(value as JsonValue, path))).toBe(true);
      }),
    );
  });
});

describe('a placeholder', () => {
  it('alone is the value, inside a text it is text, and without a value its member is left out', () => {
    const template = {
      n: '{{max_tokens}}',
      list: ['{{prompt}}', '{{stop}}'],
      text: 'Say "{{prompt}}" {{n}}!',
      deep: { gone: '{{seed}}' },
      plain: 1,
    };

    expect(fillBody(template, { max_tokens: 5, prompt: 'a"b', n: 2 })).toEqual({
      n: 5,
      list: ['a"b'],
      text: 'Say "a"b" 2!',
      deep: {},
      plain: 1,
    });
  });

  it('is not looked for in what a caller wrote', () => {
    expect(fillBody({ text: '{{prompt}} {{system}}' }, { prompt: '{{secret}}', secret: 'x' })).toEqual({ text: '{{secret}} ' });
  });

  it('is found wherever it stands', () => {
    expect(namesIn({ a: ['{{x}}', { b: 'y {{ z }}' }], c: 1 })).toEqual(['x', 'z']);
  });
});

describe('a template', () => {
  const problemsOf = (value: unknown): readonly string[] =>
    readTemplate(value).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('tells every mistake with its place', () => {
    const wrong = { chat: { path: 'x', body: { a: '{{nope}}' }, response: { text: '$.a', extra: '$.b' }, odd: 1 }, sing: {} };

    expect(problemsOf(wrong)).toEqual([
      expect.stringMatching(/^chat\.odd: unknown setting/),
      expect.stringMatching(/^chat\.path: must be a path/),
      expect.stringMatching(/^chat\.body\.a: \{\{nope\}\} is no placeholder/),
      expect.stringMatching(/^chat\.response\.extra: unknown/),
      expect.stringMatching(/^sing: unknown kind of work/),
    ]);
  });

  it.each([undefined, null, 'x', [], {}, { chat: null }, { chat: { path: '/', body: [], response: 'x' } }])('is not %j', (value) => {
    expect(problemsOf(value).length).toBeGreaterThan(0);
  });

  it('is never made of something hostile', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { problems, template } = readTemplate({ chat: value });
        expect(problems.length > 0 || asObject(value)?.['path'] !== undefined).toBe(true);
        if (problems.length > 0) expect(template.chat).toBeUndefined();
      }),
    );
  });
});
