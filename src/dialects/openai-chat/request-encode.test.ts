import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message } from '../../canonical/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { decodeRequest } from './request-decode.ts';
import { encodeRequest } from './request-encode.ts';

const hi: Message = { role: 'user', parts: [{ type: 'text', text: 'hi' }] };

/** A request as the other dialect's decoder leaves it: without our mark in the extensions. */
function foreign(more: Partial<ChatRequest> = {}): ChatRequest {
  return { model: 'claude', messages: [hi], stream: false, includeUsage: true, ...more };
}

function encode(request: ChatRequest, target: Partial<EncodeTarget> & { trait?: string } = {}) {
  const { trait, ...rest } = target;
  const encoded = encodeRequest(request, { model: 'wire-id', traits: new Set(trait === undefined ? [] : [trait]), ...rest });
  return { ...encoded, messages: encoded.body.messages as readonly JsonObject[], fields: encoded.warnings.map((warning) => warning.field) };
}

const messagesOf = (messages: readonly Message[], target = {}): readonly JsonObject[] => encode(foreign({ messages }), target).messages;

describe('encodeRequest: messages', () => {
  it('joins leading system blocks, and keeps them apart where one carries a cache mark', () => {
    const system = (cache: boolean): Message => ({
      role: 'system',
      parts: [
        { type: 'text', text: 'a', ...(cache && { cache: { ttl: '1h' } }) },
        { type: 'text', text: 'b' },
      ],
    });

    expect(messagesOf([system(false)])[0]).toEqual({ role: 'system', content: 'a\n\nb' });
    expect(messagesOf([system(true)])[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'text', text: 'b' },
      ],
    });
  });

  it('calls the system developer for models that want it', () => {
    expect(messagesOf([{ role: 'system', parts: [{ type: 'text', text: 'a' }] }], { trait: 'developer-role' })[0]?.role).toBe('developer');
  });

  it('puts tool results directly after the turn that asked, before other content of the same message', () => {
    const messages = messagesOf([
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'let me see' },
          { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}' },
          { type: 'tool-call', id: 'b', name: 'g', arguments: '' },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'well?' },
          { type: 'tool-result', callId: 'a', parts: [{ type: 'text', text: 'A' }] },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'b', parts: [{ type: 'text', text: 'B' }], isError: true }] },
    ]);

    expect(messages).toEqual([
      {
        role: 'assistant',
        content: 'let me see',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: B' },
      { role: 'user', content: 'well?' },
    ]);
  });

  it('moves an image inside a tool result into a user message after all results', () => {
    const image = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } } as const;
    const { messages, warnings } = encode(
      foreign({
        messages: [
          {
            role: 'user',
            parts: [
              { type: 'tool-result', callId: 'a', parts: [image] },
              { type: 'tool-result', callId: 'b', parts: [{ type: 'text', text: 'B' }] },
            ],
          },
        ],
      }),
    );

    expect(messages.map((message) => message.role)).toEqual(['tool', 'tool', 'user']);
    expect(messages[2]?.content).toEqual([
      { type: 'text', text: 'Returned by tool call a:' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ]);
    expect(warnings).toMatchObject([{ kind: 'emulated' }]);
  });

  it('writes images, audio and files in their forms', () => {
    const [message] = messagesOf([
      {
        role: 'user',
        parts: [
          { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'high' },
          { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AAAA' } },
          { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'BBBB' } },
          { type: 'file', source: { kind: 'base64', mediaType: 'text/plain', data: 'aGk=' }, filename: 'a.txt' },
        ],
      },
    ]);

    expect(message?.content).toEqual([
      { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'high' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
      { type: 'text', text: 'a.txt:\nhi' },
    ]);
  });

  it('warns about parts that cannot be carried, once a kind', () => {
    const lost: Message = {
      role: 'user',
      parts: [
        { type: 'text', text: 'x' },
        { type: 'image', source: { kind: 'file-id', id: 'f' } },
        { type: 'file', source: { kind: 'url', url: 'https://x' } },
        { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'search_result' } },
      ],
    };

    const { messages, warnings } = encode(foreign({ messages: [lost, lost] }));

    expect(messages).toEqual([
      { role: 'user', content: 'x' },
      { role: 'user', content: 'x' },
    ]);
    expect(warnings.map((warning) => warning.kind)).toEqual(['dropped', 'dropped', 'dropped']);
  });

  it('drops reasoning of earlier turns with one warning', () => {
    const turn: Message = {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'why', signature: 'S' },
        { type: 'text', text: 'a' },
      ],
    };

    const { messages, warnings } = encode(foreign({ messages: [turn, hi, turn, hi] }));

    expect(messages[0]).toEqual({ role: 'assistant', content: 'a' });
    expect(warnings).toEqual([{ field: 'messages', kind: 'dropped', message: 'reasoning of earlier turns is not sent to this model' }]);
  });

  it('sends reasoning back to models that demand it on every turn, empty where there was none', () => {
    const messages = messagesOf(
      [
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'why' },
            { type: 'tool-call', id: 'a', name: 'f', arguments: '{}' },
          ],
        },
        { role: 'assistant', parts: [{ type: 'text', text: 'b' }] },
      ],
      { trait: 'reasoning-replay-always' },
    );

    expect(messages.map((message) => message.reasoning_content)).toEqual(['why', '']);
  });

  it('keeps a turn of which nothing is left', () => {
    expect(messagesOf([{ role: 'assistant', parts: [{ type: 'reasoning', text: 'x' }] }])[0]).toEqual({ role: 'assistant', content: '' });
  });
});

describe('encodeRequest: parameters', () => {
  it('writes the parameters of a request from another dialect', () => {
    const { body, warnings } = encode(
      foreign({
        maxOutputTokens: 10,
        temperature: 0.5,
        topP: 0.9,
        topK: 5,
        stop: ['x'],
        endUser: 'u',
        stream: true,
        tools: [{ name: 'f', description: 'd' }],
        toolChoice: { kind: 'tool', name: 'f' },
        parallelToolCalls: false,
        output: { kind: 'json-schema', name: 'my schema', schema: { type: 'object' } },
      }),
    );

    expect(body).toMatchObject({
      model: 'wire-id',
      max_tokens: 10,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      stop: ['x'],
      user: 'u',
      stream: true,
      stream_options: { include_usage: true },
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'my_schema', schema: { type: 'object' } } },
    });
    expect(warnings).toEqual([]);
  });

  it('lowers max_tokens to what the model can write, with a warning', () => {
    const { body, warnings } = encode(foreign({ maxOutputTokens: 32_000 }), { maxOutputTokens: 4_096 });

    expect(body.max_tokens).toBe(4_096);
    expect(warnings).toMatchObject([{ field: 'max_tokens', kind: 'changed' }]);
  });

  it('uses the newer name where the model wants it', () => {
    expect(encode(foreign({ maxOutputTokens: 10 }), { trait: 'max-completion-tokens' }).body).toMatchObject({ max_completion_tokens: 10 });
  });

  it('drops sampling for models that refuse it, each field with a warning', () => {
    const request = decodeRequest({
      messages: [{ role: 'user', content: 'x' }],
      temperature: 1,
      presence_penalty: 1,
      logprobs: true,
    });

    const { body, fields } = encode(request, { trait: 'no-sampling' });

    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('logprobs');
    expect(fields).toEqual(['temperature', 'presence_penalty', 'logprobs']);
  });

  it("names dropped stop sequences in the caller's words", () => {
    expect(encode(foreign({ stop: ['x'] }), { trait: 'no-stop' }).fields).toEqual(['stop_sequences']);
    expect(encode(decodeRequest({ messages: [{ role: 'user', content: 'x' }], stop: 'x' }), { trait: 'no-stop' }).fields).toEqual(['stop']);
  });

  it.each([
    [1_024, 'low'],
    [2_048, 'low'],
    [8_192, 'medium'],
    [12_000, 'medium'],
    [24_576, 'high'],
  ])('turns a thinking budget of %i into effort %s', (budgetTokens, effort) => {
    const { body, warnings } = encode(foreign({ reasoning: { enabled: true, budgetTokens } }));

    expect(body.reasoning_effort).toBe(effort);
    expect(warnings).toMatchObject([{ field: 'thinking', kind: 'changed' }]);
  });

  it('leaves adaptive thinking to the model, and an effort as it is', () => {
    expect(encode(foreign({ reasoning: { adaptive: true } })).body).not.toHaveProperty('reasoning_effort');
    expect(encode(foreign({ reasoning: { adaptive: true, effort: 'xhigh' } })).body.reasoning_effort).toBe('xhigh');
  });

  it('sends no reasoning wish to a model that cannot reason', () => {
    const { body, fields } = encode(foreign({ reasoning: { effort: 'high' } }), { reasoning: false });

    expect(body).not.toHaveProperty('reasoning_effort');
    expect(fields).toEqual(['thinking']);
    expect(encode(foreign({ reasoning: { enabled: false } }), { reasoning: false }).warnings).toEqual([]);
  });

  it('warns about fields and tools of the other dialect', () => {
    const { body, fields } = encode(
      foreign({
        extensions: { 'anthropic-messages': { context_management: {} } },
        tools: [{ name: 'web_search', providerTool: { dialect: 'anthropic-messages', wire: { type: 'web_search_20250305' } } }],
        toolChoice: { kind: 'auto' },
      }),
    );

    expect(fields).toEqual(['tools[0]', 'context_management']);
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
  });

  it('changes tool names that do not fit the same way everywhere, and says how to undo it', () => {
    const long = 'mcp__'.padEnd(80, 'x');
    const { body, messages, rewrites } = encode(
      foreign({
        tools: [{ name: 'a.b' }, { name: 'a_b' }, { name: long }],
        toolChoice: { kind: 'tool', name: 'a.b' },
        messages: [{ role: 'assistant', parts: [{ type: 'tool-call', id: 'i', name: 'a.b', arguments: '{}' }] }],
      }),
    );

    const names = (body.tools as { function: { name: string } }[]).map((tool) => tool.function.name);
    expect(new Set(names).size).toBe(3);
    expect(names.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(body.tool_choice).toMatchObject({ function: { name: names[0] } });
    expect(messages[0]).toMatchObject({ tool_calls: [{ function: { name: names[0] } }] });
    expect(rewrites?.toolNames?.get(names[0] ?? '')).toBe('a.b');
    expect(rewrites?.toolNames?.get(names[2] ?? '')).toBe(long);
    expect(rewrites?.toolNames?.has('a_b')).toBe(false);
  });
});

describe('a request of this dialect, decoded and encoded', () => {
  it('says the same, extensions included', () => {
    const wire: JsonObject = {
      model: 'wire-id',
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          name: 'Ann',
          content: [
            { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } },
            { type: 'video_url', video_url: { url: 'u' } },
          ],
        },
        { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }] },
        { role: 'tool', tool_call_id: 'a', content: 'ok' },
        { role: 'assistant', content: 'done', audio: { id: 'audio_1' } },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }, { type: 'web_search' }],
      tool_choice: 'required',
      max_tokens: 5,
      temperature: 0.1,
      seed: 1,
      n: 2,
      min_p: 0.1,
      metadata: { a: 'b' },
      reasoning: { effort: 'high', exclude: true },
      response_format: { type: 'json_object' },
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    };

    const { body, warnings } = encode(decodeRequest(wire));

    expect(body).toEqual(wire);
    expect(warnings).toEqual([]);
  });
});
