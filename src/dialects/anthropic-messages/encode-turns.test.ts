import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { EncodeTarget } from '../dialect.ts';
import { encodeRequest } from './encode-request.ts';

const target: EncodeTarget = { model: 'claude-x', traits: new Set() };
const text = (value: string): Part => ({ type: 'text', text: value });
const call = (id: string, args = '{}'): Part => ({ type: 'tool-call', id, name: 'get', arguments: args });
const result = (callId: string, value: string): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', callId, parts: [text(value)] }],
});
const user = (...parts: Part[]): Message => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts });
const system = (...parts: Part[]): Message => ({ role: 'system', parts });

function encode(messages: readonly Message[], traits: readonly string[] = []) {
  const request: ChatRequest = { model: 'x', messages, stream: false, includeUsage: false };
  const { body, warnings } = encodeRequest(request, { ...target, traits: new Set(traits) });
  return { system: body.system, messages: body.messages, warnings };
}

describe('turns of an encoded request', () => {
  it('puts two results that arrived in reverse order, then user text, into one user message in call order', () => {
    const { messages, warnings } = encode([
      user(text('go')),
      assistant(call('a'), call('b')),
      result('b', 'B'),
      result('a', 'A'),
      user(text('next')),
    ]);

    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'get', input: {} },
          { type: 'tool_use', id: 'b', name: 'get', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
          { type: 'text', text: 'next' },
        ],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it('makes up an error result for a call without one, also at the end', () => {
    const { messages, warnings } = encode([user(text('go')), assistant(call('a'))]);

    expect(messages).toMatchObject([{}, {}, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true }] }]);
    expect(warnings).toMatchObject([{ field: 'messages', kind: 'changed' }]);
  });

  it('sends a result without its call as text', () => {
    const { messages, warnings } = encode([user(text('go')), result('lost', 'R')]);

    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Result of the tool call lost:' },
          { type: 'text', text: 'R' },
          { type: 'text', text: 'go' },
        ],
      },
    ]);
    expect(warnings).toMatchObject([{ field: 'messages', kind: 'changed' }]);
  });

  it('extracts the leading system messages with their cache mark', () => {
    const { system: prompt } = encode([system(text('one')), system({ type: 'text', text: 'two', cache: { ttl: '1h' } }), user(text('go'))]);

    expect(prompt).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ]);
  });

  it('sends a lone unmarked system message as a string', () => {
    expect(encode([system(text('one')), user(text('go'))]).system).toBe('one');
  });

  it('wraps a system message in the middle into user text', () => {
    const { messages, warnings } = encode([user(text('go')), assistant(text('ok')), system(text('be kind')), user(text('more'))]);

    expect(messages).toMatchObject([
      {},
      {},
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system>\nbe kind\n</system>' },
          { type: 'text', text: 'more' },
        ],
      },
    ]);
    expect(warnings).toMatchObject([{ field: 'messages[].role', kind: 'changed' }]);
  });

  it('merges neighbours of one role', () => {
    const { messages } = encode([user(text('a')), user(text('b')), assistant(text('c')), assistant(text('d')), user(text('e'))]);

    expect(messages).toMatchObject([{ role: 'user', content: [{}, {}] }, { role: 'assistant', content: [{}, {}] }, { role: 'user' }]);
  });

  it('begins with a placeholder when the history begins with the assistant', () => {
    const { messages, warnings } = encode([assistant(text('hello')), user(text('go'))]);

    expect(messages).toMatchObject([{ role: 'user', content: [{ type: 'text', text: '.' }] }, { role: 'assistant' }, { role: 'user' }]);
    expect(warnings).toHaveLength(1);
  });

  it('sends a placeholder turn when there is only a system message', () => {
    expect(encode([system(text('only'))])).toMatchObject({ system: 'only', messages: [{ role: 'user', content: [{ text: '.' }] }] });
  });

  it('trims the end of a prefill', () => {
    const { messages } = encode([user(text('go')), assistant(text('So: \n'))]);

    expect(messages).toMatchObject([{}, { role: 'assistant', content: [{ type: 'text', text: 'So:' }] }]);
  });

  it('leaves a prefill out with a warning where the model refuses it', () => {
    const { messages, warnings } = encode([user(text('go')), assistant(text('So:'))], ['no-prefill']);

    expect(messages).toHaveLength(1);
    expect(warnings).toMatchObject([{ kind: 'dropped' }]);
  });

  it('drops blank text and puts a dot where nothing remains', () => {
    const { messages } = encode([user(text('  '), text('go')), assistant(text('')), user(text('\n'))]);

    expect(messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'go' }] },
      { role: 'assistant', content: [{ type: 'text', text: '.' }] },
      { role: 'user', content: [{ type: 'text', text: '.' }] },
    ]);
  });

  it('puts tool calls behind the text of their turn', () => {
    const { messages } = encode([user(text('go')), assistant(call('a'), text('calling')), result('a', 'A')]);

    expect(messages).toMatchObject([{}, { content: [{ type: 'text' }, { type: 'tool_use' }] }, {}]);
  });

  it('mends tool ids the same way in call and result', () => {
    const { messages } = encode([
      user(text('go')),
      assistant(call('functions.get:0'), call('functions_get_0')),
      result('functions.get:0', 'A'),
      result('functions_get_0', 'B'),
    ]);

    expect(messages).toMatchObject([
      {},
      { content: [{ id: 'functions_get_0_2' }, { id: 'functions_get_0' }] },
      {
        content: [
          { tool_use_id: 'functions_get_0_2', content: 'A' },
          { tool_use_id: 'functions_get_0', content: 'B' },
        ],
      },
    ]);
  });

  it('keeps apart two turns that used the same tool id', () => {
    const { messages } = encode([
      user(text('go')),
      assistant(call('call_0')),
      result('call_0', 'A'),
      assistant(call('call_0')),
      result('call_0', 'B'),
    ]);

    expect(messages).toMatchObject([
      {},
      { content: [{ id: 'call_0' }] },
      { content: [{ tool_use_id: 'call_0', content: 'A' }] },
      { content: [{ id: 'call_0_2' }] },
      { content: [{ tool_use_id: 'call_0_2', content: 'B' }] },
    ]);
  });

  it.each([
    ['', {}],
    ['null', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { rawInvalidInput: '{"a":' }],
    ['[1]', { rawInvalidInput: '[1]' }],
  ])('turns the arguments %j into an object', (args, input) => {
    const { messages } = encode([user(text('go')), assistant(call('a', args)), result('a', 'A')]);

    expect(messages).toMatchObject([{}, { content: [{ input }] }, {}]);
    expect((messages as { content: { input?: unknown }[] }[])[1]?.content[0]?.input).toEqual(input);
  });

  it('replays only thinking of its own dialect that is signed or redacted', () => {
    const { messages, warnings } = encode([
      user(text('go')),
      assistant(
        { type: 'reasoning', text: 'mine', signature: 's', origin: 'anthropic-messages' },
        { type: 'reasoning', text: '', redacted: 'r', origin: 'anthropic-messages' },
        { type: 'reasoning', text: 'foreign' },
        { type: 'reasoning', text: 'foreign', signature: 's', origin: 'openai-chat' },
        text('done'),
      ),
      user(text('more')),
    ]);

    expect(messages).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'mine', signature: 's' }, { type: 'redacted_thinking', data: 'r' }, { type: 'text' }] },
      {},
    ]);
    expect(warnings).toMatchObject([{ field: 'messages[].reasoning', kind: 'dropped' }]);
  });

  it('keeps images, errors and cache marks of tool results', () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n........', 'latin1').toString('base64');
    const { messages } = encode([
      user(text('go')),
      assistant(call('a')),
      {
        role: 'tool',
        parts: [
          {
            type: 'tool-result',
            callId: 'a',
            parts: [text('see'), { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: png } }],
            isError: true,
            cache: {},
          },
        ],
      },
    ]);

    expect(messages).toMatchObject([
      {},
      {},
      {
        content: [
          {
            type: 'tool_result',
            is_error: true,
            cache_control: { type: 'ephemeral' },
            content: [
              { type: 'text', text: 'see' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            ],
          },
        ],
      },
    ]);
  });

  it('sends opaque content of its own dialect verbatim and warns of that of others', () => {
    const wire = { type: 'server_tool_use', id: 'srv', name: 'web_search', input: {} };
    const { messages, warnings } = encode([
      user(text('go')),
      assistant(
        { type: 'opaque', dialect: 'anthropic-messages', wire },
        { type: 'opaque', dialect: 'openai-chat', wire: { type: 'x' } },
        text('found'),
      ),
      user(text('more')),
    ]);

    expect(messages).toMatchObject([{}, { content: [wire, { type: 'text' }] }, {}]);
    expect(warnings).toMatchObject([{ kind: 'dropped' }]);
  });

  it('refuses audio by the name of the field', () => {
    const audio: Part = { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } };

    expect(() => encode([user(text('go'), audio)])).toThrow(
      expect.objectContaining({ code: 'unsupported_capability', details: { param: 'messages[0].content[1]' } }),
    );
  });
});
