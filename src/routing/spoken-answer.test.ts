import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, FinishReason } from '../canonical/chat.ts';
import { noUsage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { EventEncoder } from '../dialects/dialect.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { SpokenAnswer } from './spoken-answer.ts';
import { createTranslation } from './stream-relay.ts';

const start: ChatEvent = { type: 'start', id: 'first', model: 'm', created: 1 };
const text = (said: string, block = 0): ChatEvent => ({ type: 'text-delta', block, text: said });
const finish = (reason: FinishReason = 'stop'): ChatEvent => ({ type: 'finish', reason });
const usage = (input: number, output: number): ChatEvent => ({ type: 'usage', usage: { ...noUsage, input, output } });

/** Keeps the events that reach the client's encoder. */
function listen(): { readonly heard: ChatEvent[]; readonly answer: SpokenAnswer } {
  const heard: ChatEvent[] = [];
  const push = (event: ChatEvent): string => {
    heard.push(event);
    return '';
  };
  return { heard, answer: new SpokenAnswer({ push, end: () => '' }) };
}

function say(encoder: EventEncoder, ...events: readonly ChatEvent[]): void {
  for (const event of events) encoder.push(event);
}

const begun = { ...noUsage, input: 10, output: 3 };
const part = { space: '', begun, warnings: [] as Warning[] };

describe('an answer can be gone on with', () => {
  const textAfter = (...events: readonly ChatEvent[]): string | undefined => {
    const { answer } = listen();
    say(answer.begin(), ...events);
    return answer.text;
  };

  it('while it is text, in one block or several, after a thought that was ended by words', () => {
    expect(textAfter(start)).toBe('');
    expect(textAfter(start, text('one '), text('two'))).toBe('one two');
    expect(textAfter(text('one '), { type: 'block-end', block: 0 }, text('two', 1))).toBe('one two');
    expect(textAfter({ type: 'reasoning-delta', block: 0, text: 'hm' }, { type: 'block-end', block: 0 }, text('one', 1))).toBe('one');
  });

  it.each<readonly [string, readonly ChatEvent[]]>([
    ['while it thinks', [text('one'), { type: 'reasoning-delta', block: 1, text: 'hm' }]],
    [
      'when a thought is over, and no word has come',
      [{ type: 'reasoning-delta', block: 0, text: 'hm' }, { type: 'block-end', block: 0 }, text('', 1)],
    ],
    ['once a tool was called', [text('one'), { type: 'tool-call-start', block: 1, id: 'c', name: 'look' }]],
    ['once it refuses', [{ type: 'refusal-delta', block: 0, text: 'No' }]],
    ['with blocks of one dialect', [{ type: 'opaque', dialect: 'anthropic-messages', wire: {} }, text('one')]],
    ['with a second answer', [text('one'), { type: 'text-delta', block: 1, text: 'two', choice: 1 }]],
    ['once it has a finish reason', [text('one'), finish()]],
    ['in the middle of a character', [text('one \ud83d')]],
  ])('not %s', (_what, events) => {
    expect(textAfter(...events)).toBeUndefined();
  });

  it('not when it is over', () => {
    const { answer } = listen();
    const encoder = answer.begin();
    say(encoder, text('one'));
    encoder.end();

    expect(answer.text).toBeUndefined();
  });
});

describe('the part that goes on', () => {
  it('joins the open block, and has no beginning and no thoughts of its own', () => {
    const { answer, heard } = listen();
    say(answer.begin(), start, text('one', 0));
    const next = answer.goOn(part);

    say(
      next,
      { ...start, id: 'second' },
      { type: 'reasoning-delta', block: 0, text: 'hm' },
      { type: 'block-end', block: 0 },
      text(' two', 1),
    );
    say(next, { type: 'block-end', block: 1 }, finish(), usage(14, 2));
    next.end();

    expect(heard).toEqual([start, text('one', 0), text(' two', 0), { type: 'block-end', block: 0 }, finish(), usage(10, 5)]);
  });

  it('begins a block of its own where the last one was ended, and numbers tool calls after it', () => {
    const { answer, heard } = listen();
    say(answer.begin(), text('one', 0), { type: 'block-end', block: 0 });
    const next = answer.goOn(part);

    say(
      next,
      text(' two', 0),
      { type: 'tool-call-start', block: 1, id: 'c', name: 'look' },
      { type: 'tool-call-delta', block: 1, arguments: '{}' },
    );

    expect(heard.slice(2)).toEqual([
      text(' two', 1),
      { type: 'tool-call-start', block: 2, id: 'c', name: 'look' },
      { type: 'tool-call-delta', block: 2, arguments: '{}' },
    ]);
  });

  it('says its finish when it has ended, so that another can take its place', () => {
    const { answer, heard } = listen();
    say(answer.begin(), text('one'));
    say(answer.goOn(part), text(' two'), finish());
    const third = answer.goOn(part);

    say(third, text(' three'), finish('length'));
    third.end();

    expect(heard).toEqual([text('one'), text(' two'), text(' three'), finish('length')]);
  });

  it('leaves out what only its own dialect understands, and says so once', () => {
    const { answer, heard } = listen();
    const warnings: Warning[] = [];
    say(answer.begin(), text('one'));

    const opaque: ChatEvent = { type: 'opaque', dialect: 'anthropic-messages', wire: {} };
    say(answer.goOn({ ...part, warnings }), opaque, opaque);

    expect(heard).toHaveLength(1);
    expect(warnings).toMatchObject([{ kind: 'dropped' }]);
  });
});

describe('through the grammars of the wire', () => {
  const decode = { maxFrameBytes: 1e6, includeUsage: true, model: 'm', warnings: [] };
  const openaiFrame = (content: string): string => `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const openaiEnd = 'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
  const pieces = (whole: string, size: number): readonly string[] =>
    Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.slice(at * size, (at + 1) * size));
  const words = fc.array(fc.constantFrom(' ', '\n', 'a', 'be', '"', 'ü'), { minLength: 1, maxLength: 14 }).map((list) => list.join(''));

  const readOpenai = (wire: string): string =>
    [...wire.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => JSON.parse(quoted ?? '""') as string).join('');
  const readAnthropic = (wire: string): string =>
    [...wire.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => JSON.parse(quoted ?? '""') as string).join('');

  it.each([
    ['openai-chat', openaiChat, readOpenai, 'data: [DONE]'],
    ['anthropic-messages', anthropicMessages, readAnthropic, 'event: message_stop'],
  ] as const)('every text, cut anywhere, repeated or not by who goes on, comes once to a client of %s', (_id, client, read, end) => {
    fc.assert(
      fc.property(words, fc.nat(14), fc.integer({ min: 1, max: 5 }), fc.boolean(), (whole, cut, size, repeats) => {
        const answer = new SpokenAnswer(client.createEventEncoder(decode));
        const first = createTranslation({ ...decode, upstream: openaiChat, client, decode: {}, encoder: answer.begin() });
        let wire = '';
        for (const piece of pieces(whole.slice(0, cut), size)) wire += first.push(Buffer.from(openaiFrame(piece))).bytes?.toString() ?? '';
        const told = (answer.text ?? '').trimEnd();
        const next = createTranslation({
          ...decode,
          upstream: openaiChat,
          client,
          decode: repeats ? { repeatedPrefix: told } : {},
          encoder: answer.goOn({ ...part, space: (answer.text ?? '').slice(told.length) }),
        });
        const said = repeats ? whole : whole.slice(told.length);
        for (const frame of [...pieces(said, size).map(openaiFrame), openaiEnd])
          wire += next.push(Buffer.from(frame)).bytes?.toString() ?? '';

        expect(read(wire)).toBe(whole);
        expect(wire.split(end)).toHaveLength(2);
        expect(wire.split('"role":"assistant"')).toHaveLength(2);
      }),
    );
  });
});
