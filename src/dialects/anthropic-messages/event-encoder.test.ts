import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { createEventEncoder } from './event-encoder.ts';

const start: ChatEvent = { type: 'start', id: 'chatcmpl-1', model: 'gpt-x', created: 1 };
const finish: ChatEvent = { type: 'finish', reason: 'stop' };
const numbers: Usage = { input: 3, cachedInput: 2, cacheWrite: 1, cacheWrite1h: 0, output: 5, reasoning: 0, source: 'upstream' };

interface WireEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

function encode(events: readonly ChatEvent[], warnings: Warning[] = []): WireEvent[] {
  const encoder = createEventEncoder({ model: 'asked', includeUsage: true, warnings });
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [, name, data] = /^event: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(data ?? '') as WireEvent;
      expect(event.type).toBe(name);
      return event;
    });
}

/** The stream without its frame: what lies between message_start and message_delta. */
const blocks = (events: readonly WireEvent[]): WireEvent[] => events.slice(1, -2);

describe('the event encoder', () => {
  it("writes a text answer in the vendor's order, with the whole usage at its end", () => {
    expect(
      encode([
        start,
        { type: 'text-delta', block: 0, text: 'Hi "you"\n' },
        { type: 'block-end', block: 0 },
        finish,
        { type: 'usage', usage: numbers },
      ]),
    ).toEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_chatcmpl1',
          type: 'message',
          role: 'assistant',
          model: 'gpt-x',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi "you"\n' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: expect.objectContaining({ input_tokens: 3, cache_read_input_tokens: 2, cache_creation_input_tokens: 1, output_tokens: 5 }),
      },
      { type: 'message_stop' },
    ]);
  });

  it('uses the name the caller asked for where the provider gave none', () => {
    expect(encode([{ ...start, model: '' }, finish])[0]).toMatchObject({ message: { model: 'asked' } });
    expect(encode([finish])[0]).toMatchObject({ type: 'message_start', message: { model: 'asked' } });
  });

  it('knows the input already in the start when the provider tells it there', () => {
    expect(encode([{ ...start, usage: numbers }, finish])[0]).toMatchObject({ message: { usage: { input_tokens: 3 } } });
  });

  it('closes a block before it opens the next, with dense indexes', () => {
    const events = encode([
      start,
      { type: 'reasoning-delta', block: 4, text: 'hm' },
      { type: 'reasoning-signature', block: 4, signature: 'sig' },
      { type: 'text-delta', block: 7, text: 'Hi' },
      { type: 'tool-call-start', block: 9, id: 'call_1', name: 'get' },
      { type: 'tool-call-delta', block: 9, arguments: '{"x":1}' },
      { type: 'finish', reason: 'tool-calls' },
    ]);

    expect(blocks(events)).toEqual([
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'call_1', name: 'get', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"x":1}' } },
      { type: 'content_block_stop', index: 2 },
    ]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('writes interleaved tool calls one after the other, whole', () => {
    const events = encode([
      start,
      { type: 'tool-call-start', block: 0, id: 'a', name: 'get' },
      { type: 'tool-call-start', block: 1, id: 'b', name: 'get' },
      { type: 'tool-call-delta', block: 1, arguments: '{"b"' },
      { type: 'tool-call-delta', block: 0, arguments: '{"a":1}' },
      { type: 'tool-call-start', block: 2, id: 'c', name: 'get' },
      { type: 'tool-call-delta', block: 1, arguments: ':2}' },
      { type: 'text-delta', block: 3, text: 'after' },
      { type: 'block-end', block: 0 },
      { type: 'block-end', block: 1 },
      { type: 'finish', reason: 'tool-calls' },
    ]);

    const seen = blocks(events).flatMap((event) => {
      const { content_block: block, delta } = event as {
        content_block?: { id?: string; type: string };
        delta?: { partial_json?: string; text?: string };
      };
      return [block?.id ?? block?.type, delta?.partial_json ?? delta?.text].filter((value) => value !== undefined);
    });
    expect(seen).toEqual(['a', '{"a":1}', 'b', '{"b"', ':2}', 'c', 'text', 'after']);
  });

  it('gives hidden thinking a block for its signature, and redacted thinking a whole one', () => {
    const events = encode([
      start,
      { type: 'reasoning-signature', block: 0, signature: 'sig' },
      { type: 'block-end', block: 0 },
      { type: 'reasoning-redacted', block: 1, data: 'r' },
      { type: 'block-end', block: 1 },
      finish,
    ]);

    expect(blocks(events).map((event) => event.type)).toEqual([
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_stop',
    ]);
    expect(blocks(events)[3]).toMatchObject({ content_block: { type: 'redacted_thinking', data: 'r' } });
  });

  it('ends a spoken refusal with refusal', () => {
    const events = encode([start, { type: 'refusal-delta', block: 0, text: 'No.' }, finish]);

    expect(events[2]).toMatchObject({ delta: { type: 'text_delta', text: 'No.' } });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'refusal' } });
  });

  it('tells the stop sequence', () => {
    expect(encode([start, { type: 'finish', reason: 'stop', stopSequence: 'END' }]).at(-2)).toMatchObject({
      delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    });
  });

  it('writes whole blocks of its own dialect, with input as a delta', () => {
    const wire = { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } };
    const events = encode([
      start,
      { type: 'text-delta', block: 0, text: 'Hm' },
      { type: 'opaque', dialect: 'anthropic-messages', wire },
      { type: 'text-delta', block: 1, text: 'ok' },
      finish,
    ]);

    expect(blocks(events).slice(3, 6)).toEqual([
      { type: 'content_block_start', index: 1, content_block: { ...wire, input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"query":"x"}' } },
      { type: 'content_block_stop', index: 1 },
    ]);
  });

  it('puts citations into the text block they came for', () => {
    const citation = (url: string): ChatEvent => ({
      type: 'opaque',
      dialect: 'anthropic-messages',
      wire: { type: 'block_fields', fields: { citations: [{ url }] } },
    });
    const events = encode([start, citation('a'), { type: 'text-delta', block: 0, text: 'x' }, citation('b'), finish]);

    expect(blocks(events).map((event) => (event.delta as { type?: string } | undefined)?.type ?? event.type)).toEqual([
      'content_block_start',
      'citations_delta',
      'text_delta',
      'citations_delta',
      'content_block_stop',
    ]);
  });

  it('puts the extras of the ending back', () => {
    const extras: ChatEvent = {
      type: 'opaque',
      dialect: 'anthropic-messages',
      wire: { type: 'message_delta', context_management: {}, delta: { stop_details: { a: 1 } } },
    };

    expect(encode([start, extras, { type: 'finish', reason: 'refusal' }]).at(-2)).toMatchObject({
      type: 'message_delta',
      context_management: {},
      delta: { stop_reason: 'refusal', stop_details: { a: 1 } },
    });
  });

  it('warns once of what it cannot say', () => {
    const warnings: Warning[] = [];
    const foreign: ChatEvent = { type: 'opaque', dialect: 'openai-chat', wire: {} };
    const events = encode(
      [
        start,
        foreign,
        foreign,
        { type: 'text-delta', block: 0, text: 'x', choice: 1 },
        { type: 'finish', reason: 'stop', choice: 1 },
        { ...finish, choice: 0 },
      ],
      warnings,
    );

    expect(warnings.map((warning) => warning.field)).toEqual(['content', 'n']);
    expect(events.map((event) => event.type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  it('never sells an unfinished or failed answer as a whole one', () => {
    expect(() => encode([start])).toThrow(expect.objectContaining({ code: 'upstream_truncated' }));
    expect(() => encode([start, { type: 'finish', reason: 'error' }])).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });
});
