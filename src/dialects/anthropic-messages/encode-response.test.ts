import { describe, expect, it } from 'vitest';
import type { ChatResponse, Choice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { decodeResponse } from './decode-response.ts';
import { encodeResponse } from './encode-response.ts';

function encode(choice: Partial<Choice>, fields: Partial<ChatResponse> = {}) {
  const warnings: Warning[] = [];
  const body = encodeResponse(
    {
      id: 'chatcmpl-1A',
      model: 'gpt-x',
      created: 1,
      choices: [{ index: 0, parts: [{ type: 'text', text: 'Hi' }], finish: 'stop', ...choice }],
      ...fields,
    },
    warnings,
  );
  return { body, warnings };
}

describe('encodeResponse', () => {
  it('writes a whole message, with zeros where the provider told no usage', () => {
    expect(encode({})).toEqual({
      body: {
        id: 'msg_chatcmpl1A',
        type: 'message',
        role: 'assistant',
        model: 'gpt-x',
        content: [{ type: 'text', text: 'Hi' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
      },
      warnings: [],
    });
  });

  it("keeps an id that is the vendor's own and makes one up where there is none", () => {
    expect(encode({}, { id: 'msg_9' }).body.id).toBe('msg_9');
    expect(encode({}, { id: '' }).body.id).toMatch(/^msg_[0-9a-z]{20}$/);
  });

  it('counts input without cache reads and writes, and output with thinking', () => {
    const usage = { input: 10, cachedInput: 5, cacheWrite: 3, cacheWrite1h: 1, output: 7, reasoning: 2, source: 'upstream' as const };

    expect(encode({}, { usage }).body.usage).toEqual({
      input_tokens: 10,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 2 },
    });
  });

  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool-calls', 'tool_use'],
    ['content-filter', 'refusal'],
    ['refusal', 'refusal'],
    ['pause', 'pause_turn'],
  ] as const)('ends %s with %s', (finish, stopReason) => {
    expect(encode({ finish }).body.stop_reason).toBe(stopReason);
  });

  it('tells the stop sequence', () => {
    expect(encode({ stopSequence: 'END' }).body).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  });

  it('ends a spoken refusal with refusal, whatever the provider called it', () => {
    expect(encode({ parts: [{ type: 'refusal', text: 'No.' }] }).body).toMatchObject({
      content: [{ type: 'text', text: 'No.' }],
      stop_reason: 'refusal',
    });
  });

  it('throws instead of selling a broken answer as a whole one', () => {
    expect(() => encode({ finish: 'error' })).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });

  it('writes reasoning, calls with their own ids, and wraps broken arguments with a warning', () => {
    const { body, warnings } = encode({
      finish: 'tool-calls',
      parts: [
        { type: 'reasoning', text: 'hm' },
        { type: 'tool-call', id: 'functions.get:0', name: 'get', arguments: '{"a":1}' },
        { type: 'tool-call', id: 'call_2', name: 'get', arguments: '' },
        { type: 'tool-call', id: 'call_3', name: 'get', arguments: '{"a"' },
      ],
    });

    expect(body.content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'tool_use', id: 'functions.get:0', name: 'get', input: { a: 1 } },
      { type: 'tool_use', id: 'call_2', name: 'get', input: {} },
      { type: 'tool_use', id: 'call_3', name: 'get', input: { rawInvalidInput: '{"a"' } },
    ]);
    expect(warnings).toMatchObject([{ kind: 'changed' }]);
  });

  it("does not show the proof of another provider as the vendor's own", () => {
    const { body, warnings } = encode({
      parts: [
        { type: 'reasoning', text: 'hm', signature: 'x', origin: 'openai-chat' },
        { type: 'reasoning', text: '', redacted: 'y', origin: 'openai-chat' },
      ],
    });

    expect(body.content).toEqual([{ type: 'thinking', thinking: 'hm', signature: '' }]);
    expect(warnings).toMatchObject([{ kind: 'dropped' }]);
  });

  it('warns of further choices, foreign blocks and foreign annotations', () => {
    const { warnings } = encode(
      {},
      {
        choices: [
          {
            index: 0,
            parts: [{ type: 'opaque', dialect: 'openai-chat', wire: {} }],
            finish: 'stop',
            annotations: [{ type: 'url_citation' }],
          },
          { index: 1, parts: [], finish: 'stop' },
        ],
      },
    );

    expect(warnings.map((warning) => warning.field)).toEqual(['n', 'content', 'annotations']);
  });

  it('gives back what was decoded: thinking, server tools, citations, usage, unknown members', () => {
    const wire = {
      stop_details: { type: 'refusal' },
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        { type: 'redacted_thinking', data: 'r' },
        { type: 'server_tool_use', id: 'srv', name: 'web_search', input: { query: 'x' } },
        { type: 'text', text: 'Hi', citations: [{ type: 'web_search_result_location', url: 'https://x.example' }] },
        { type: 'tool_use', id: 'a', name: 'get', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 4, cache_creation_input_tokens: 0, cache_read_input_tokens: 2, output_tokens: 9 },
    };
    const warnings: Warning[] = [];

    expect(encodeResponse(decodeResponse(wire), warnings)).toEqual(wire);
    expect(warnings).toEqual([]);
  });
});
