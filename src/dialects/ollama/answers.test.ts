import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatResponse, Part } from '../../canonical/chat.ts';
import { noUsage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { createOllamaChat, createOllamaGenerate, ollamaChat } from './index.ts';

const answer = (parts: readonly Part[], more: Partial<ChatResponse> = {}): ChatResponse => ({
  id: 'x',
  model: 'm',
  created: 1,
  choices: [{ index: 0, finish: 'stop', parts }],
  usage: { ...noUsage, input: 5, cachedInput: 4, output: 3, reasoning: 2 },
  ...more,
});
interface Line {
  readonly model: string;
  readonly done: boolean;
  readonly message?: { readonly content: string };
  readonly response?: string;
}
const call: Part = { type: 'tool-call', id: 'c1', name: 'clock', arguments: '{"zone":"CET"}' };

describe('a whole answer', () => {
  it('tells counts of all tokens, and durations that can be divided by', () => {
    const chat = createOllamaChat(() => 1234);

    expect(chat.encodeResponse(answer([{ type: 'reasoning', text: 'hm' }, { type: 'text', text: 'yes' }, call]), [])).toEqual({
      model: 'm',
      created_at: expect.stringMatching(/Z$/),
      message: {
        role: 'assistant',
        content: 'yes',
        thinking: 'hm',
        tool_calls: [{ id: 'c1', function: { index: 0, name: 'clock', arguments: { zone: 'CET' } } }],
      },
      done: true,
      done_reason: 'stop',
      total_duration: 1_234_000_000,
      load_duration: 1,
      prompt_eval_count: 9,
      prompt_eval_duration: 1_234_000_000,
      eval_count: 5,
      eval_duration: 1_234_000_000,
    });
    expect(ollamaChat.encodeResponse(answer([]), [])).toMatchObject({ total_duration: 1, eval_duration: 1 });
  });

  it('without counts of the provider has none', () => {
    const { usage: _none, ...rest } = answer([]);

    expect(ollamaChat.encodeResponse(rest, [])).not.toHaveProperty('eval_count');
  });

  it.each([
    ['length', 'length', []],
    ['tool-calls', 'stop', []],
    ['content-filter', 'stop', ['done_reason']],
  ] as const)('that ended by %s says %s', (finish, reason, warned) => {
    const warnings: Warning[] = [];

    const body = ollamaChat.encodeResponse(answer([], { choices: [{ index: 0, finish, parts: [] }] }), warnings);

    expect([body['done_reason'], warnings.map(({ field }) => field)]).toEqual([reason, warned]);
  });

  it('shows broken arguments as they were, inside an object', () => {
    const warnings: Warning[] = [];
    const body = ollamaChat.encodeResponse(answer([{ ...call, arguments: '{"zone":' }]), warnings);

    expect(body).toMatchObject({ message: { tool_calls: [{ function: { arguments: { rawInvalidInput: '{"zone":' } } }] } });
    expect(warnings).toHaveLength(1);
  });

  it('to a prompt has no place for calls', () => {
    const warnings: Warning[] = [];
    const body = createOllamaGenerate(() => 0).encodeResponse(answer([{ type: 'text', text: 'yes' }, call]), warnings);

    expect(body).toMatchObject({ response: 'yes', done: true });
    expect(warnings.map(({ field }) => field)).toEqual(['response']);
  });
});

describe('a stream', () => {
  const start: ChatEvent = { type: 'start', id: 'x', model: '', created: 1 };
  const write = (events: readonly ChatEvent[], warnings: Warning[] = []): Record<string, unknown>[] => {
    let elapsedMs = 0;
    const dialect = createOllamaChat(() => (elapsedMs += 10));
    const encoder = dialect.createEventEncoder({ model: 'asked-for', includeUsage: true, warnings });
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('names the model that was asked for where the provider names none', () => {
    expect(write([start, { type: 'finish', reason: 'stop' }])).toMatchObject([{ model: 'asked-for', done: true }]);
  });

  it('writes a call in one line when it is complete, its arguments as an object', () => {
    const lines = write([
      start,
      { type: 'tool-call-start', block: 0, id: 'a', name: 'clock' },
      { type: 'tool-call-delta', block: 0, arguments: '{"zo' },
      { type: 'tool-call-delta', block: 0, arguments: 'ne":"CET"}' },
      { type: 'block-end', block: 0 },
      { type: 'tool-call-start', block: 1, id: 'b', name: 'clock' },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', usage: { ...noUsage, input: 1, output: 2 } },
    ]);

    expect(lines).toMatchObject([
      { done: false, message: { content: '', tool_calls: [{ id: 'a', function: { index: 0, arguments: { zone: 'CET' } } }] } },
      { done: false, message: { tool_calls: [{ id: 'b', function: { index: 1, arguments: {} } }] } },
      { done: true, done_reason: 'stop', prompt_eval_count: 1, eval_count: 2 },
    ]);
  });

  it('tells the time to the first word apart from the rest', () => {
    const last = write([start, { type: 'text-delta', block: 0, text: 'a' }, { type: 'finish', reason: 'stop' }]).at(-1);

    expect(last).toMatchObject({ prompt_eval_duration: 10_000_000, eval_duration: 10_000_000, total_duration: 20_000_000 });
  });

  it('holds any text, one legal object a line, for both ways to ask', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }), fc.string(), (pieces, model) => {
        for (const [create, read] of [
          [createOllamaChat, (line: Line) => line.message?.content],
          [createOllamaGenerate, (line: Line) => line.response],
        ] as const) {
          const encoder = create(() => 1).createEventEncoder({ model, includeUsage: true, warnings: [] });
          const said = pieces.map((text) => encoder.push({ type: 'text-delta', block: 0, text })).join('');
          const text = said + encoder.push({ type: 'finish', reason: 'stop' }) + encoder.end();
          const lines = text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Line);

          expect(lines.map(read).join('')).toBe(pieces.join(''));
          expect(lines.every((line, at) => line.model === model && line.done === (at === lines.length - 1))).toBe(true);
        }
      }),
    );
  });

  it('without a finish reason has no last line', () => {
    expect(() => write([start, { type: 'text-delta', block: 0, text: 'a' }])).toThrow(GatewayError);
  });

  it('keeps a line end inside a text inside its line', () => {
    expect(write([start, { type: 'text-delta', block: 0, text: 'a\n\u2028b' }, { type: 'finish', reason: 'stop' }])[0]).toMatchObject({
      message: { content: 'a\n\u2028b' },
    });
  });

  it('says once what it cannot show', () => {
    const warnings: Warning[] = [];
    const foreign: ChatEvent = { type: 'opaque', dialect: 'cohere-v2', wire: { type: 'citations' } };
    write([start, foreign, foreign, { type: 'reasoning-redacted', block: 0, data: 'x' }, { type: 'finish', reason: 'refusal' }], warnings);

    expect(warnings.map(({ field }) => field)).toEqual(['message', 'message.thinking', 'done_reason']);
  });
});

it('an error is one sentence, as a body and as the last line', () => {
  const error = new GatewayError('unknown_model', 'no such model', { param: 'model' });

  expect(ollamaChat.encodeError(error, 'req_1')).toEqual({
    error: 'no such model',
    code: 'unknown_model',
    param: 'model',
    request_id: 'req_1',
  });
  expect(ollamaChat.encodeErrorFrame(error, 'req_1')).toMatch(/^\{"error":"no such model".*\}\n$/);
});
