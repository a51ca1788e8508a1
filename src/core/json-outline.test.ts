import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from './errors.ts';
import { findMember, readMember, type Shape, scanObject } from './json-outline.ts';

const scan = (text: string, shape?: Shape) => scanObject(Buffer.from(text), { maxDepth: 100, ...(shape && { shape }) });

function refusal(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('scanObject', () => {
  it('finds each member where JSON.parse finds it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        fc.nat(3),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          fc.pre(!text.includes('__proto__'));
          const outline = scan(text);

          for (const member of outline.members) {
            const part = outline.bytes.toString('utf8', member.valueStart, member.valueEnd);
            expect(JSON.parse(part)).toEqual((JSON.parse(text) as Record<string, unknown>)[member.key]);
          }
          expect(new Set(outline.members.map((member) => member.key))).toEqual(new Set(Object.keys(value)));
        },
      ),
    );
  });

  it('refuses exactly what JSON.parse refuses, for texts with one byte changed', () => {
    const text =
      '{"model":"gpt-4o","messages":[{"role":"user","content":"a \\"quoted\\" \\u00e9 and a long enough string\\n"}],"n":-1.5e3,"t":true,"z":null}';
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...' "\\{}[],:0a-.etn\n\t'.split('')), (position, char) => {
        const changed = text.slice(0, position) + char + text.slice(position + 1);
        let parses = true;
        try {
          JSON.parse(changed);
        } catch {
          parses = false;
        }
        let scans = true;
        try {
          scan(changed);
        } catch {
          scans = false;
        }
        expect(scans, changed).toBe(parses);
      }),
      { numRuns: 2_000 },
    );
  });

  it('lets the last of repeated members count', () => {
    expect(readMember(scan('{"a":1,"a":2}'), 'a')).toBe(2);
    expect(findMember(scan('{"a":1}'), 'b')).toBeUndefined();
  });

  it('finds the end of long strings with escapes at every position', () => {
    for (let position = 0; position < 120; position += 1) {
      const value = `${'x'.repeat(position)}\\"\\\\${'y'.repeat(120 - position)}`;
      expect(readMember(scan(`{"s":"${value}","after":1}`), 'after')).toBe(1);
    }
  });

  it('finds the end of very long strings, whatever escapes lie near it', () => {
    const filler = 'line\\n\\"quoted\\" \\\\'.repeat(400);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('x', '\\"', '\\\\', '\\n', '\\u00e9', '\\ud83d\\ude00', 'é'), { maxLength: 12 }), (tail) => {
        const text = `{"s":"${filler}${tail.join('')}","after":1}`;

        expect(readMember(scan(text), 'after')).toBe(1);
        expect(readMember(scan(text), 's')).toBe((JSON.parse(text) as { s: string }).s);
      }),
    );
  });

  it.each(['\\ud800', '\\udc00x', '\\uD83Dx', 'a\nb', 'a\tb'])('refuses %j deep inside a very long string', (bad) => {
    expect(() => scan(`{"s":"${'word '.repeat(2_000)}${bad}${'word '.repeat(10)}"}`)).toThrow(GatewayError);
  });

  it('takes an escaped backslash before a u for what it is, deep inside a very long string', () => {
    expect(readMember(scan(`{"s":"${'word '.repeat(2_000)}\\\\ud800","after":1}`), 'after')).toBe(1);
  });

  it('accepts a byte order mark and whitespace around the object', () => {
    expect(readMember(scan('\ufeff \n{"a":1}\n '), 'a')).toBe(1);
  });

  it('refuses nesting beyond the limit without recursing into it', () => {
    expect(refusal(() => scan(`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`)).message).toContain('nested deeper than 100');
  });

  it.each(['{"__proto__":1}', '{"a":{"__proto__":{}}}', '{"\\u005f_proto__":1}'])('refuses a prototype member: %s', (text) => {
    expect(refusal(() => scan(text)).message).toContain('__proto__');
  });

  it.each(['"\\ud800"', '"\\udc00"', '"\\ud800\\u0041"', '"\\ud800x"'])('refuses half a surrogate pair: %s', (value) => {
    const error = refusal(() => scan(`{"messages":[{"content":${value}}]}`));

    expect(error.message).toContain('surrogate');
    expect(error.details.param).toBe('messages[0].content');
  });

  it('accepts a whole surrogate pair', () => {
    expect(readMember(scan('{"a":"\\ud83d\\ude00"}'), 'a')).toBe('😀');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(refusal(() => scanObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), { maxDepth: 9 })).message).toContain('UTF-8');
  });

  it.each([
    '',
    ' ',
    '[]',
    '"x"',
    '1',
    'null',
    '{} {}',
    '{"a"}',
    '{"a":1,}',
    '{',
    '{"a":"b',
    "{'a':1}",
    '{"a":01}',
    '{"a":1.}',
    '{"a":"\n"}',
  ])('refuses %j', (text) => {
    expect(() => scan(text)).toThrow(GatewayError);
  });

  it('names the field whose type is wrong', () => {
    const shape: Shape = {
      kinds: ['object'],
      required: ['messages'],
      members: new Map([
        [
          'messages',
          {
            kinds: ['array'],
            notEmpty: true,
            items: { kinds: ['object'], required: ['role'], members: new Map([['content', { kinds: ['string', 'null'] } as Shape]]) },
          } as Shape,
        ],
        ['max_tokens', { kinds: ['number'], integer: true, min: 1 } as Shape],
      ]),
    };

    expect(refusal(() => scan('{"messages":"hi"}', shape)).details.param).toBe('messages');
    expect(refusal(() => scan('{"messages":[{"role":"user"},5]}', shape)).details.param).toBe('messages[1]');
    expect(refusal(() => scan('{"messages":[{"role":"user","content":[]}]}', shape)).details.param).toBe('messages[0].content');
    expect(refusal(() => scan('{"messages":[{"content":"x"}]}', shape)).details.param).toBe('messages[0].role');
    expect(refusal(() => scan('{"messages":[]}', shape)).message).toContain('empty');
    expect(refusal(() => scan('{}', shape)).message).toBe('messages is missing');
    expect(refusal(() => scan('{"messages":[{"role":"u"}],"max_tokens":1.5}', shape)).details.param).toBe('max_tokens');
    expect(refusal(() => scan('{"messages":[{"role":"u"}],"max_tokens":0}', shape)).message).toContain('at least 1');
  });
});
