import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../core/json.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';

const base = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 3, output_tokens: 7 },
};

describe('decodeResponse', () => {
  it('reads a plain answer', () => {
    expect(decodeResponse(base)).toEqual({
      id: 'msg_1',
      model: 'claude-x',
      created: 0,
      choices: [{ index: 0, parts: [{ type: 'text', text: 'Hello' }], finish: 'stop' }],
      usage: { input: 10, cachedInput: 5, cacheWrite: 3, cacheWrite1h: 0, output: 7, reasoning: 0, source: 'upstream' },
    });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['something_new', 'stop'],
  ])('reads the stop reason %s', (wire, finish) => {
    expect(decodeResponse({ ...base, stop_reason: wire }).choices[0]?.finish).toBe(finish);
  });

  it('tells which stop sequence matched', () => {
    expect(decodeResponse({ ...base, stop_reason: 'stop_sequence', stop_sequence: 'END' }).choices[0]?.stopSequence).toBe('END');
  });

  it('reads thinking with its signature, tool calls, and a call without arguments as an empty object', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'redacted_thinking', data: 'r' },
      { type: 'tool_use', id: 'a', name: 'get', input: { x: 1 } },
      { type: 'tool_use', id: 'b', name: 'list' },
    ];

    expect(decodeResponse({ ...base, content, stop_reason: 'tool_use' }).choices[0]?.parts).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'sig', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'r', origin: 'anthropic-messages' },
      { type: 'tool-call', id: 'a', name: 'get', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'b', name: 'list', arguments: '{}' },
    ]);
  });

  it.each(['server_tool_use', 'mcp_tool_use'])('does not take %s for a call of the client', (type) => {
    const block = { type, id: 'srv', name: 'web_search', input: { query: 'x' } };
    const { choices } = decodeResponse({ ...base, content: [block, ...base.content] });

    expect(choices[0]).toMatchObject({ parts: [{ type: 'opaque', wire: block }, { type: 'text' }], finish: 'stop' });
  });

  it('keeps citations as annotations and beside their text', () => {
    const citations = [{ type: 'web_search_result_location', url: 'https://x.example' }];
    const { choices } = decodeResponse({ ...base, content: [{ type: 'text', text: 'Hello', citations }] });

    expect(choices[0]).toMatchObject({
      annotations: citations,
      parts: [
        { type: 'text', text: 'Hello' },
        { type: 'opaque', wire: { type: 'block_fields', fields: { citations } } },
      ],
    });
  });

  it('keeps members it has no word for', () => {
    expect(decodeResponse({ ...base, stop_details: { type: 'refusal' }, container: null }).extensions).toEqual({
      'anthropic-messages': { stop_details: { type: 'refusal' } },
    });
  });

  it('gives tools their own names back', () => {
    const content = [{ type: 'tool_use', id: 'a', name: 'my_tool', input: {} }];
    const { choices } = decodeResponse({ ...base, content }, { toolNames: new Map([['my_tool', 'my.tool']]) });

    expect(choices[0]?.parts).toMatchObject([{ name: 'my.tool' }]);
  });

  it.each<[string, JsonValue]>([
    ['text', 'oops'],
    ['null', null],
    ['no content', { type: 'message', id: 'msg_1' }],
    ['a block that is no object', { ...base, content: ['hi'] }],
    ['a tool call without a name', { ...base, content: [{ type: 'tool_use', id: 'a' }] }],
  ])('refuses %s as a bad reply', (_, body) => {
    expect(() => decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });

  it('throws the error that a 200 carries', () => {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

    expect(() => decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_overloaded', message: 'Overloaded' }));
  });
});

describe('JSON output played by a tool', () => {
  const json = { type: 'tool_use', id: 'a', name: 'json', input: { a: 1 } };
  const options = { jsonTool: 'json' };

  it('becomes the text of the answer, without the talk before it', () => {
    const body = { ...base, content: [{ type: 'text', text: 'Sure!' }, json], stop_reason: 'tool_use' };

    expect(decodeResponse(body, options).choices[0]).toMatchObject({ parts: [{ type: 'text', text: '{"a":1}' }], finish: 'stop' });
  });

  it('leaves another tool, called instead, as it is', () => {
    const body = {
      ...base,
      content: [
        { type: 'text', text: 'Wait.' },
        { ...json, name: 'other' },
      ],
      stop_reason: 'tool_use',
    };

    expect(decodeResponse(body, options).choices[0]).toMatchObject({
      parts: [{ type: 'text' }, { type: 'tool-call', name: 'other' }],
      finish: 'tool-calls',
    });
  });

  it('is a tool like any other when nobody played it', () => {
    const body = { ...base, content: [json], stop_reason: 'tool_use' };

    expect(decodeResponse(body).choices[0]).toMatchObject({ parts: [{ type: 'tool-call', name: 'json' }], finish: 'tool-calls' });
  });
});

describe('readAnswerFacts', () => {
  it('reads what accounting needs', () => {
    const content = [
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 'a', name: 'get', input: { x: 1 } },
    ];

    expect(readAnswerFacts({ ...base, content })).toMatchObject({
      id: 'msg_1',
      model: 'claude-x',
      finish: 'end_turn',
      usage: { output: 7 },
      outputChars: 5 + 7,
    });
  });

  it('throws as decoding does', () => {
    expect(() => readAnswerFacts({})).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });
});
