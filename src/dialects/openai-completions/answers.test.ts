import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatResponse, FinishReason, Part } from '../../canonical/chat.ts';
import { eventsOf } from '../../canonical/replay.ts';
import { usageFromTotals } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { createEventEncoder } from './events-encode.ts';
import { encodeResponse } from './response.ts';

const usage = usageFromTotals({ inputTotal: 12, outputTotal: 3, reasoning: 1 });

function answerWith(parts: readonly Part[], finish: FinishReason = 'stop'): ChatResponse {
  return { id: 'msg_1', model: 'claude-x', created: 1_700_000_000, choices: [{ index: 0, parts, finish }], usage };
}

function streamOf(events: Iterable<ChatEvent>, options: { readonly includeUsage?: boolean; readonly warnings?: Warning[] } = {}): string {
  const encoder = createEventEncoder({ model: 'asked', includeUsage: options.includeUsage ?? false, warnings: options.warnings ?? [] });
  let text = '';
  for (const event of events) text += encoder.push(event);
  return text + encoder.end();
}

interface Chunk {
  readonly object: string;
  readonly model: string;
  readonly choices: readonly {
    readonly text: string;
    readonly index: number;
    readonly logprobs: null;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object;
}

function chunksOf(text: string): Chunk[] {
  const frames = text.split('\n\n').filter((frame) => frame !== '');
  expect(frames.at(-1)).toBe('data: [DONE]');
  return frames.slice(0, -1).map((frame) => JSON.parse(frame.slice('data: '.length)) as Chunk);
}

describe('a whole answer', () => {
  it('is a text completion', () => {
    const body = encodeResponse(
      answerWith([
        { type: 'text', text: 'Hello ' },
        { type: 'text', text: 'there' },
      ]),
      [],
    );

    expect(body).toEqual({
      id: 'msg_1',
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'claude-x',
      choices: [{ text: 'Hello there', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: expect.objectContaining({ prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }),
    });
  });

  it('is dated now where the provider tells no time', () => {
    expect(encodeResponse({ ...answerWith([]), created: 0 }, []).created).toBeGreaterThan(1_700_000_000);
  });

  it.each<[FinishReason, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content-filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['tool-calls', 'stop'],
    ['pause', 'stop'],
  ])('ends %s as %s, in words this API has', (reason, word) => {
    expect(encodeResponse(answerWith([{ type: 'text', text: 'x' }], reason), []).choices).toMatchObject([{ finish_reason: word }]);
    expect(chunksOf(streamOf(eventsOf(answerWith([{ type: 'text', text: 'x' }], reason)))).at(-1)?.choices[0]?.finish_reason).toBe(word);
  });

  it('says a refusal as text', () => {
    expect(encodeResponse(answerWith([{ type: 'refusal', text: 'I will not' }], 'refusal'), []).choices).toMatchObject([
      { text: 'I will not' },
    ]);
  });
});

describe('a stream', () => {
  it('is chunks of text, a finish reason and [DONE]', () => {
    const chunks = chunksOf(streamOf(eventsOf(answerWith([{ type: 'text', text: 'Hello' }]))));

    expect(chunks).toEqual([
      {
        id: 'msg_1',
        object: 'text_completion',
        created: 1_700_000_000,
        model: 'claude-x',
        choices: [{ text: 'Hello', index: 0, logprobs: null, finish_reason: null }],
      },
      {
        id: 'msg_1',
        object: 'text_completion',
        created: 1_700_000_000,
        model: 'claude-x',
        choices: [{ text: '', index: 0, logprobs: null, finish_reason: 'stop' }],
      },
    ]);
  });

  it('tells the usage in a chunk of its own, only when asked', () => {
    const answer = answerWith([{ type: 'text', text: 'x' }]);

    expect(chunksOf(streamOf(eventsOf(answer), { includeUsage: true })).at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } });
    expect(streamOf(eventsOf(answer))).not.toContain('"usage"');
  });

  it('bears the asked name where the provider tells none', () => {
    const chunks = chunksOf(streamOf(eventsOf({ ...answerWith([{ type: 'text', text: 'x' }]), model: '' })));

    expect(chunks[0]?.model).toBe('asked');
  });
});

it('tells once what it cannot show, in both forms alike', () => {
  const parts: Part[] = [
    { type: 'reasoning', text: 'hm', signature: 's' },
    { type: 'reasoning', text: 'hm' },
    { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
    { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'server_tool_use' } },
    { type: 'text', text: 'x' },
  ];
  const whole: Warning[] = [];
  const streamed: Warning[] = [];

  encodeResponse(answerWith(parts), whole);
  streamOf(eventsOf(answerWith(parts)), { warnings: streamed });

  expect(whole.map((warning) => warning.field)).toEqual(['content.reasoning', 'content.tool-call', 'content.server_tool_use']);
  expect(streamed).toEqual(whole);
});

it('says the same whole and streamed, for any texts in any number of choices', () => {
  const choices = fc.array(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 5 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(choices, (texts) => {
      const answer: ChatResponse = {
        ...answerWith([]),
        choices: texts.map((pieces, index) => ({ index, finish: 'stop', parts: pieces.map((text) => ({ type: 'text', text }) as const) })),
      };

      const streamed = new Map<number, string>();
      for (const { choices: said } of chunksOf(streamOf(eventsOf(answer)))) {
        for (const { index, text } of said) streamed.set(index, (streamed.get(index) ?? '') + text);
      }

      const whole = encodeResponse(answer, []).choices as unknown as Chunk['choices'];
      expect([...streamed]).toEqual(whole.map(({ index, text }) => [index, text]));
    }),
  );
});
