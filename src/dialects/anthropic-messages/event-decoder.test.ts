import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import type { DecodeOptions } from '../dialect.ts';
import { createEventDecoder } from './event-decoder.ts';

type Wire = Record<string, unknown>;

const start = (message: Wire = {}): Wire => ({
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-x', content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 }, ...message },
});
const open = (index: number, block: Wire): Wire => ({ type: 'content_block_start', index, content_block: block });
const delta = (index: number, value: Wire): Wire => ({ type: 'content_block_delta', index, delta: value });
const text = (index: number, value: string): Wire => delta(index, { type: 'text_delta', text: value });
const json = (index: number, value: string): Wire => delta(index, { type: 'input_json_delta', partial_json: value });
const close = (index: number): Wire => ({ type: 'content_block_stop', index });
const ending = (stopReason: string, usage: Wire = { output_tokens: 9 }): Wire => ({
  type: 'message_delta',
  delta: { stop_reason: stopReason, stop_sequence: null },
  usage,
});
const stop: Wire = { type: 'message_stop' };

function decode(events: readonly Wire[], options: DecodeOptions = {}): ChatEvent[] {
  const seen: ChatEvent[] = [];
  const decoder = createEventDecoder(options);
  for (const event of events) decoder.push({ event: String(event.type), data: JSON.stringify(event) }, (out) => seen.push(out));
  decoder.end((out) => seen.push(out));
  return seen;
}

const content = (events: readonly ChatEvent[]): ChatEvent[] => events.filter((event) => !['start', 'finish', 'usage'].includes(event.type));

describe('an event stream of the vendor', () => {
  it('becomes events with the usage corrected by its end', () => {
    const events = decode([
      start({ usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1 } }),
      open(0, { type: 'text', text: '' }),
      { type: 'ping' },
      text(0, 'Hel'),
      text(0, 'lo'),
      close(0),
      ending('end_turn', { input_tokens: 61, output_tokens: 9 }),
      stop,
    ]);

    expect(events).toEqual([
      { type: 'start', id: 'msg_1', model: 'claude-x', created: 0, usage: expect.objectContaining({ input: 10, cachedInput: 4 }) },
      { type: 'text-delta', block: 0, text: 'Hel' },
      { type: 'text-delta', block: 0, text: 'lo' },
      { type: 'block-end', block: 0 },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: expect.objectContaining({ input: 61, cachedInput: 4, output: 9 }) },
    ]);
  });

  it('streams tool arguments and ignores the empty first piece', () => {
    const events = decode([
      start(),
      open(0, { type: 'tool_use', id: 'a', name: 'get', input: {} }),
      json(0, ''),
      json(0, '{"x"'),
      json(0, ':1}'),
      close(0),
      ending('tool_use'),
      stop,
    ]);

    expect(content(events)).toEqual([
      { type: 'tool-call-start', block: 0, id: 'a', name: 'get' },
      { type: 'tool-call-delta', block: 0, arguments: '{"x"' },
      { type: 'tool-call-delta', block: 0, arguments: ':1}' },
      { type: 'block-end', block: 0 },
    ]);
  });

  it('gives a call without arguments an empty object', () => {
    const events = decode([
      start(),
      open(0, { type: 'tool_use', id: 'a', name: 'list', input: {} }),
      json(0, ''),
      close(0),
      ending('tool_use'),
      stop,
    ]);

    expect(content(events)).toContainEqual({ type: 'tool-call-delta', block: 0, arguments: '{}' });
  });

  it('takes arguments that stand in the start of the block', () => {
    const events = decode([
      start(),
      open(0, { type: 'tool_use', id: 'a', name: 'get', input: { x: 1 } }),
      close(0),
      ending('tool_use'),
      stop,
    ]);

    expect(content(events)).toContainEqual({ type: 'tool-call-delta', block: 0, arguments: '{"x":1}' });
  });

  it('counts content inside message_start and content_block_start', () => {
    const events = decode([
      start({ content: [{ type: 'text', text: 'cached' }] }),
      open(0, { type: 'text', text: 'more' }),
      close(0),
      ending('end_turn'),
      stop,
    ]);

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: 'cached' },
      { type: 'block-end', block: 0 },
      { type: 'text-delta', block: 1, text: 'more' },
      { type: 'block-end', block: 1 },
    ]);
  });

  it('numbers blocks densely: an empty one takes no number', () => {
    const events = decode([
      start(),
      open(0, { type: 'text', text: '' }),
      close(0),
      open(1, { type: 'text', text: '' }),
      text(1, 'x'),
      close(1),
      ending('end_turn'),
      stop,
    ]);

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: 'x' },
      { type: 'block-end', block: 0 },
    ]);
  });

  it('keeps thinking, signature and redacted thinking', () => {
    const events = decode([
      start(),
      open(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'hm' }),
      delta(0, { type: 'signature_delta', signature: 'sig' }),
      close(0),
      open(1, { type: 'redacted_thinking', data: 'r' }),
      close(1),
      ending('end_turn'),
      stop,
    ]);

    expect(content(events)).toEqual([
      { type: 'reasoning-delta', block: 0, text: 'hm' },
      { type: 'reasoning-signature', block: 0, signature: 'sig' },
      { type: 'block-end', block: 0 },
      { type: 'reasoning-redacted', block: 1, data: 'r' },
      { type: 'block-end', block: 1 },
    ]);
  });

  it('passes on a signature whose thinking was not shown', () => {
    const events = decode([
      start(),
      open(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'signature_delta', signature: 's' }),
      close(0),
      ending('end_turn'),
      stop,
    ]);

    expect(content(events)).toEqual([
      { type: 'reasoning-signature', block: 0, signature: 's' },
      { type: 'block-end', block: 0 },
    ]);
  });

  it('carries tools that the provider ran itself as whole opaque blocks', () => {
    const found = { type: 'web_search_tool_result', tool_use_id: 'srv', content: [{ url: 'https://x.example' }] };
    const events = decode([
      start(),
      open(0, { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} }),
      json(0, '{"query":'),
      json(0, '"x"}'),
      close(0),
      open(1, found),
      close(1),
      ending('end_turn'),
      stop,
    ]);

    expect(content(events)).toEqual([
      {
        type: 'opaque',
        dialect: 'anthropic-messages',
        wire: { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } },
      },
      { type: 'opaque', dialect: 'anthropic-messages', wire: found },
    ]);
  });

  it('carries citations and the extras of the ending', () => {
    const events = decode([
      start(),
      open(0, { type: 'text', text: '', citations: [] }),
      delta(0, { type: 'citations_delta', citation: { url: 'u' } }),
      text(0, 'x'),
      close(0),
      {
        ...ending('refusal'),
        delta: { stop_reason: 'refusal', stop_details: { category: 'cyber' } },
        context_management: { applied_edits: [] },
        container: null,
      },
      stop,
    ]);

    expect(events.filter((event) => event.type === 'opaque').map((event) => event.wire)).toEqual([
      { type: 'block_fields', fields: { citations: [{ url: 'u' }] } },
      { type: 'message_delta', context_management: { applied_edits: [] }, delta: { stop_details: { category: 'cyber' } } },
    ]);
    expect(events).toContainEqual({ type: 'finish', reason: 'refusal' });
  });

  it('reads the type from the JSON first and from the event name otherwise', () => {
    const seen: ChatEvent[] = [];
    const decoder = createEventDecoder();
    for (const [event, data] of [
      ['', start()],
      ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'x' } }],
      ['nonsense', ending('end_turn')],
    ] as const) {
      decoder.push({ event, data: JSON.stringify(data) }, (out) => seen.push(out));
    }
    decoder.end((out) => seen.push(out));

    expect(seen.map((event) => event.type)).toEqual(['start', 'text-delta', 'block-end', 'finish', 'usage']);
  });

  it('is complete without message_stop, and deaf after it', () => {
    const whole = [start(), open(0, { type: 'text', text: '' }), text(0, 'x'), close(0), ending('end_turn')];

    expect(decode(whole)).toEqual(decode([...whole, stop, start({ id: 'msg_2' }), text(0, 'late')]));
  });

  it('ends blocks that the provider left open', () => {
    const events = decode([start(), open(0, { type: 'tool_use', id: 'a', name: 'get', input: {} }), ending('tool_use'), stop]);

    expect(content(events)).toEqual([
      { type: 'tool-call-start', block: 0, id: 'a', name: 'get' },
      { type: 'tool-call-delta', block: 0, arguments: '{}' },
      { type: 'block-end', block: 0 },
    ]);
  });

  it('ignores the repeated start of the same message', () => {
    const events = decode([start(), start(), open(0, { type: 'text', text: 'x' }), start(), close(0), ending('end_turn'), stop]);

    expect(events.filter((event) => event.type === 'start')).toHaveLength(1);
  });

  it.each<[string, string, Wire[]]>([
    ['a second message inside the first', 'upstream_bad_reply', [start(), text(0, 'x'), start({ id: 'msg_2' })]],
    ['content before the start', 'upstream_bad_reply', [text(0, 'x')]],
    ['content after the stop reason', 'upstream_bad_reply', [start(), ending('end_turn'), text(0, 'x')]],
    ['arguments outside a call', 'upstream_bad_reply', [start(), json(0, '{')]],
    ['text inside a call', 'upstream_bad_reply', [start(), open(0, { type: 'tool_use', id: 'a', name: 'b' }), text(0, 'x')]],
    ['no stop reason', 'upstream_truncated', [start(), text(0, 'x')]],
    ['message_stop without a stop reason', 'upstream_truncated', [start(), stop]],
    ['nothing at all', 'upstream_truncated', []],
    [
      'an overloaded error',
      'upstream_overloaded',
      [start(), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    ],
    ['an API error', 'upstream_error', [{ type: 'error', error: { type: 'api_error', message: 'x' } }]],
    ['a rate limit', 'upstream_rate_limited', [{ type: 'error', error: { type: 'rate_limit_error', message: 'x' } }]],
    ['an error without a type', 'upstream_error', [{ error: { message: 'x' } }]],
  ])('fails at %s', (_, code, events) => {
    expect(() => decode(events)).toThrow(expect.objectContaining({ code }));
  });

  it('fails at a frame that is not JSON', () => {
    const decoder = createEventDecoder();

    expect(() => decoder.push({ event: 'x', data: '{"type":' }, () => {})).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });

  it('judges a stream that was cut inside a frame by its stop reason', () => {
    const whole = [start(), text(0, 'x'), ending('end_turn')];
    const cut = { event: 'message_stop', data: '{"type":', cut: true } as const;
    const endOf = (events: typeof whole): (() => void) => {
      const decoder = createEventDecoder();
      for (const event of events) decoder.push({ event: '', data: JSON.stringify(event) }, () => {});
      decoder.push(cut, () => {});
      return () => decoder.end(() => {});
    };

    expect(endOf(whole)).not.toThrow();
    expect(endOf(whole.slice(0, 2))).toThrow(expect.objectContaining({ code: 'upstream_truncated' }));
  });

  it('gives tools their own names back', () => {
    const events = decode([start(), open(0, { type: 'tool_use', id: 'a', name: 'my_tool' }), ending('tool_use'), stop], {
      toolNames: new Map([['my_tool', 'my.tool']]),
    });

    expect(events).toContainEqual({ type: 'tool-call-start', block: 0, id: 'a', name: 'my.tool' });
  });
});

describe('JSON output played by a tool, streamed', () => {
  const options = { jsonTool: 'json' };
  const talk = [open(0, { type: 'text', text: '' }), text(0, 'Sure!'), close(0)];
  const answer = [open(1, { type: 'tool_use', id: 'a', name: 'json', input: {} }), json(1, ''), json(1, '{"a"'), json(1, ':1}'), close(1)];

  it('becomes the text of the answer, without the talk before it', () => {
    const events = decode([start(), ...talk, ...answer, ending('tool_use'), stop], options);

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: '{"a"' },
      { type: 'text-delta', block: 0, text: ':1}' },
      { type: 'block-end', block: 0 },
    ]);
    expect(events).toContainEqual({ type: 'finish', reason: 'stop' });
  });

  it('leaves another tool, called instead, and its talk as they are', () => {
    const events = decode(
      [start(), ...talk, open(1, { type: 'tool_use', id: 'a', name: 'other', input: {} }), close(1), ending('tool_use'), stop],
      options,
    );

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: 'Sure!' },
      { type: 'block-end', block: 0 },
      { type: 'tool-call-start', block: 1, id: 'a', name: 'other' },
      { type: 'tool-call-delta', block: 1, arguments: '{}' },
      { type: 'block-end', block: 1 },
    ]);
    expect(events).toContainEqual({ type: 'finish', reason: 'tool-calls' });
  });

  it('keeps the text when the model called no tool at all', () => {
    const events = decode([start(), ...talk, ending('end_turn'), stop], options);

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: 'Sure!' },
      { type: 'block-end', block: 0 },
    ]);
  });

  it('answers an empty object when the tool was called with nothing', () => {
    const events = decode(
      [start(), open(0, { type: 'tool_use', id: 'a', name: 'json', input: {} }), json(0, ''), close(0), ending('tool_use'), stop],
      options,
    );

    expect(content(events)).toEqual([
      { type: 'text-delta', block: 0, text: '{}' },
      { type: 'block-end', block: 0 },
    ]);
  });
});
