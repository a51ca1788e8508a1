import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tryParseJson } from './json.ts';
import { StencilParser, stringsOf } from './json-stencil.ts';

const members = stringsOf('content', 'text', 'p');
const chunk = (content: unknown, more: object = {}): string =>
  JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });

/** What a parser answers to the last of these texts. */
function parseLast(texts: readonly string[]): unknown {
  const parser = new StencilParser(members);
  return texts.map((text) => parser.parse(text)).at(-1);
}

describe('StencilParser', () => {
  it('shares what two texts have in common, and nothing that differs', () => {
    const parser = new StencilParser(members);
    const usage = { usage: { total: 1 } };
    parser.parse(chunk('a', usage));
    parser.parse(chunk('b', usage));

    const [first, second] = [parser.parse(chunk('c', usage)), parser.parse(chunk('d', usage))] as Record<string, unknown>[];

    expect(first).toEqual(JSON.parse(chunk('c', usage)));
    expect(second).toEqual(JSON.parse(chunk('d', usage)));
    expect(first?.['usage']).toBe(second?.['usage']);
    expect(first?.['choices']).not.toBe(second?.['choices']);
  });

  it.each([
    ['escapes', chunk('"\\" \n\u0000 \ud800')],
    ['an empty string', chunk('')],
    ['letters outside ASCII', chunk('naïve – 💶')],
    ['another value in its place', chunk(null)],
    ['another number', chunk('c').replace('"index":0', '"index":1')],
    ['a finish reason', chunk('c').replace('null', '"stop"')],
    ['something behind it', `${chunk('c')} {}`],
    ['a line feed in the string', chunk('c').replace('"c"', '"\n"')],
    ['a wrong escape in the string', chunk('c').replace('"c"', '"\\x"')],
    ['an unfinished string', chunk('c').replace('"c"', '"c\\"')],
    ['its beginning only', chunk('c').slice(0, -2)],
  ])('answers as the parser does: %s', (_name, text) => {
    expect(parseLast([chunk('a'), chunk('b'), text])).toEqual(tryParseJson(text));
  });

  it.each([
    ['is overruled by a second member of the name', (text: string) => `{"text":"${text}","text":"y"}`],
    ['stands twice', (text: string) => `{"text":"${text}","more":{"text":"${text}"}}`],
    ['stands inside another string', (text: string) => JSON.stringify({ note: `{"text":"${text}"}`, content: text })],
    ['lies under a strange name', (text: string) => `{"__proto__":{"text":"${text}"}}`],
    ['is looked for in its own words', (text: string) => `{"a":"a probe that no provider sends","text":"${text}"}`],
    ['is in no object', (text: string) => `[{"text":"${text}"}]`],
  ])('answers as the parser does where the string %s', (_name, wire) => {
    expect(parseLast([wire('1'), wire('2'), wire('3')])).toEqual(JSON.parse(wire('3')));
  });

  it('answers as the parser does, whatever follows one another', () => {
    const string = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', '\\', '"', '\u2028', '\\"}'));
    const wire = fc.oneof(
      string.map((content) => chunk(content)),
      fc.tuple(string, string).map(([content, p]) => chunk(content, { p })),
      string.map((text) => JSON.stringify({ delta: { type: 'text_delta', text } })),
      fc.tuple(string, string).map(([text, content]) => JSON.stringify({ list: [{ text }, { content }], text })),
      fc.json(),
    );
    const edit = fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 3 }), fc.constantFrom('', '"', '\\', '{', '}', ',', '\n', '"text":"', 'x'));
    const edited = fc.tuple(wire, fc.option(edit)).map(([text, change]) => {
      if (change === null) return text;
      const [at, removed, inserted] = change;
      return text.slice(0, at) + inserted + text.slice(at + removed);
    });

    fc.assert(
      fc.property(fc.array(edited, { maxLength: 12 }), fc.nat({ max: 3 }), (texts, repeats) => {
        const parser = new StencilParser(members);
        for (const text of texts) {
          for (let time = 0; time <= repeats; time += 1) expect(parser.parse(text)).toEqual(tryParseJson(text));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
