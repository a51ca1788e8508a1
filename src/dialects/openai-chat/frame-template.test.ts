import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asArray, asObject, isObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import { hasContent, learnTemplate } from './frame-template.ts';

const line = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta, finish_reason: null }], usage: null, ...more })}`;

function matches(learned: string, other: string): boolean {
  const text = `: before\n\n${other}\n\ndata: after`;
  const start = text.indexOf(other);
  const template = learnTemplate(learned);
  if (template === undefined) throw new Error('nothing was learned');
  return template.measure(text, start, start + other.length) >= 0;
}

describe('learnTemplate', () => {
  it.each([
    ['text', { content: 'a' }, { content: 'quite another' }],
    ['text with escapes', { content: 'a\\' }, { content: '"\\" \n\\' }],
    ['reasoning beside empty text', { content: '', reasoning: 'a' }, { content: '', reasoning: '' }],
    [
      'tool arguments',
      { tool_calls: [{ index: 0, function: { arguments: '{' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"a"}' } }] },
    ],
  ])('recognises %s that differs in one string', (_name, first, other) => {
    expect(matches(line(first), line(other))).toBe(true);
  });

  it('recognises padded chunks, whatever the padding', () => {
    expect(matches(line({ content: 'a' }, { obfuscation: 'xy"' }), line({ content: 'b' }, { obfuscation: '' }))).toBe(true);
    expect(matches(line({ content: 'a' }, { p: 'xy' }), line({ content: 'b' }, { p: 'abcdef' }))).toBe(true);
  });

  it.each([
    ['another id', line({ content: 'a' }).replace('"x"', '"y"')],
    ['a finish reason', line({ content: 'a' }).replace('"finish_reason":null', '"finish_reason":"st"')],
    ['usage', line({ content: 'a' }).replace('"usage":null', '"usage":{"a":1}')],
    ['a tail of the same length', line({ content: 'a' }).replace('"usage":null', '"usage":1234')],
    ['an error behind it', line({ content: 'a' }, { error: { message: 'm' } })],
    ['a space', line({ content: 'a' }).replace('"choices":[', '"choices": [')],
    ['an unfinished string', line({ content: 'a' }).replace('"a"', '"a\\"')],
    ['more delta behind it', line({ content: 'a', refusal: 'b' })],
    ['its beginning only', line({ content: 'a' }).slice(0, 40)],
    ['something behind it', `${line({ content: 'a' })} `],
  ])('does not recognise %s', (_name, other) => {
    expect(matches(line({ content: 'first' }), other)).toBe(false);
  });

  it.each([
    ['something behind the padding', `${line({ content: 'a' }, { p: 'xy' }).slice(0, -1)},"error":1}`],
    ['something behind a padded chunk', `${line({ content: 'a' }, { p: 'xy' })} `],
    ['a chunk without padding', line({ content: 'a' })],
  ])('does not recognise %s where chunks are padded', (_name, other) => {
    expect(matches(line({ content: 'a' }, { p: 'xyz' }), other)).toBe(false);
  });

  it.each([
    ['a chunk with usage', line({ content: 'a' }, { usage: { prompt_tokens: 1 } })],
    ['the finish', line({ content: 'a' }).replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['an error', line({ content: 'a' }, { error: { message: 'm' } })],
    ['a chunk that says nothing', line({ role: 'assistant', content: '' })],
    ['no data line', line({ content: 'a' }).slice(6)],
    ['broken JSON', line({ content: 'a' }).slice(0, -3)],
  ])('learns nothing from %s', (_name, text) => {
    expect(learnTemplate(text)).toBeUndefined();
  });

  it('never recognises a line that is not a plain content chunk', () => {
    const learned = line({ content: 'hello' }, { obfuscation: 'abc' });
    const template = learnTemplate(learned);
    const piece = fc.constantFrom(
      '"',
      '\\',
      '"}',
      ',"error":{}',
      '"finish_reason":"stop"',
      '"usage":{}',
      'null',
      '{',
      '}',
      ']',
      'x',
      ' ',
      ':',
    );
    const edit = fc.tuple(
      fc.nat({ max: learned.length }),
      fc.nat({ max: 6 }),
      fc.array(piece, { maxLength: 3 }).map((all) => all.join('')),
    );

    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let text = learned;
        for (const [at, removed, inserted] of edits) text = text.slice(0, at) + inserted + text.slice(at + removed);
        if (template === undefined || template.measure(text, 0, text.length) < 0) return;

        // The comparison does not validate escapes inside the string; every other property it claims has to hold.
        const chunk = tryParseJson(text.slice(5).replaceAll(/\\[^"\\/bfnrtu]/g, ''));
        if (chunk === undefined) return;
        expect(isPlain(chunk)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

function isPlain(chunk: JsonValue): boolean {
  const choice = asObject(asArray(asObject(chunk)?.choices)?.[0]);
  return isObject(chunk) && chunk.usage === null && chunk.error === undefined && choice?.finish_reason === null;
}

describe('hasContent', () => {
  it.each([
    [{ content: 'a' }, true],
    [{ content: '' }, false],
    [{ role: 'assistant', content: null }, false],
    [{ reasoning: 'a' }, true],
    [{ reasoning_details: [] }, false],
    [{ tool_calls: [{ index: 0 }] }, true],
    [{ refusal: 'a' }, true],
    [{ audio: { data: 'x' } }, true],
    [{}, false],
  ])('%j', (delta, expected) => {
    expect(hasContent({ choices: [{ delta }] })).toBe(expected);
  });
});
