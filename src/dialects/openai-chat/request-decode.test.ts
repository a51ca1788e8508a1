import { describe, expect, it } from 'vitest';
import type { Part } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../core/json.ts';
import { decodeRequest } from './request-decode.ts';

const user = { role: 'user', content: 'hi' };
const body = (more: JsonObject): JsonObject => ({ model: 'm', messages: [user], ...more });
const contentOf = (content: JsonValue): readonly Part[] =>
  decodeRequest(body({ messages: [{ role: 'user', content }] })).messages[0]?.parts ?? [];

function paramOf(wire: JsonObject): string | undefined {
  try {
    decodeRequest(wire);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'invalid_request') return thrown.details.param;
    throw thrown;
  }
  return 'accepted';
}

describe('decodeRequest: parameters', () => {
  it('reads every parameter it has a word for', () => {
    const request = decodeRequest(
      body({
        max_tokens: 5,
        temperature: 0,
        top_p: 0.5,
        top_k: 40,
        frequency_penalty: 0.1,
        presence_penalty: -0.1,
        seed: 7,
        stop: ['a', 'b'],
        n: 2,
        user: 'u',
        stream: true,
        stream_options: { include_usage: true },
        parallel_tool_calls: false,
        reasoning_effort: 'low',
      }),
    );

    expect(request).toEqual({
      model: 'm',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
      maxOutputTokens: 5,
      temperature: 0,
      topP: 0.5,
      topK: 40,
      frequencyPenalty: 0.1,
      presencePenalty: -0.1,
      seed: 7,
      stop: ['a', 'b'],
      count: 2,
      endUser: 'u',
      stream: true,
      includeUsage: true,
      parallelToolCalls: false,
      reasoning: { effort: 'low' },
      extensions: { 'openai-chat': {} },
    });
  });

  it('prefers max_completion_tokens, takes stop as a text, and null for absent', () => {
    const request = decodeRequest(
      body({ max_completion_tokens: 9, max_tokens: 5, stop: 'x', temperature: null, tools: null, stream: null }),
    );

    expect(request).toMatchObject({ maxOutputTokens: 9, stop: ['x'], stream: false, includeUsage: false });
    expect(request).not.toHaveProperty('temperature');
    expect(request).not.toHaveProperty('tools');
  });

  it('keeps unknown members, one called __proto__ included', () => {
    const wire = parseJson(
      '{"messages":[{"role":"user","content":"x"}],"min_p":0.1,"store":null,"__proto__":{"a":1},"stream_options":{"include_usage":true,"x":1}}',
    );

    const extensions = decodeRequest(wire as JsonObject).extensions?.['openai-chat'];

    expect(Object.keys(extensions ?? {}).sort()).toEqual(['__proto__', 'min_p', 'stream_options']);
    expect(extensions?.stream_options).toEqual({ x: 1 });
  });

  it.each<[string, JsonObject, object]>([
    ['an object of OpenRouter', { reasoning: { max_tokens: 2_000, enabled: true } }, { budgetTokens: 2_000, enabled: true }],
    ['its effort', { reasoning: { effort: 'high' } }, { effort: 'high' }],
    ['a thinking budget', { thinking: { type: 'enabled', budget_tokens: 1_024 } }, { enabled: true, budgetTokens: 1_024 }],
    ['adaptive thinking', { thinking: { type: 'adaptive' } }, { adaptive: true }],
    ['thinking switched off', { thinking: { type: 'disabled' } }, { enabled: false }],
  ])('reads a reasoning wish from %s and keeps the object', (_name, wire, wish) => {
    const request = decodeRequest(body(wire));

    expect(request.reasoning).toEqual(wish);
    expect(request.extensions?.['openai-chat']).toEqual(wire);
  });

  it('leaves an effort it does not know to the upstream (Groq: default)', () => {
    const request = decodeRequest(body({ reasoning_effort: 'default' }));

    expect(request.reasoning).toBeUndefined();
    expect(request.extensions?.['openai-chat']).toEqual({ reasoning_effort: 'default' });
  });

  it('takes safety_identifier for the user where user is absent', () => {
    expect(decodeRequest(body({ safety_identifier: 's' })).endUser).toBe('s');
    expect(decodeRequest(body({ user: 'u', safety_identifier: 's' }))).toMatchObject({
      endUser: 'u',
      extensions: { 'openai-chat': { safety_identifier: 's' } },
    });
  });

  it.each<[JsonObject, object | undefined]>([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, { kind: 'json' }],
    [
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true, description: 'd' } },
      { kind: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'd' },
    ],
    [
      { type: 'json_schema', schema: { type: 'object' } },
      { kind: 'json-schema', name: 'response', schema: { type: 'object' } },
    ],
  ])('reads response_format %j', (format, output) => {
    expect(decodeRequest(body({ response_format: format })).output).toEqual(output);
  });

  it.each<[JsonValue, object | undefined]>([
    ['auto', { kind: 'auto' }],
    ['none', { kind: 'none' }],
    ['required', { kind: 'required' }],
    ['any', { kind: 'required' }],
    [
      { type: 'function', function: { name: 'f' } },
      { kind: 'tool', name: 'f' },
    ],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } }, { kind: 'required' }],
  ])('reads tool_choice %j', (choice, expected) => {
    expect(decodeRequest(body({ tool_choice: choice })).toolChoice).toEqual(expected);
  });

  it('reads tools: nested, flat, old functions, and those the provider runs', () => {
    const { tools } = decodeRequest(
      body({
        tools: [
          {
            type: 'function',
            function: { name: 'a', description: 'd', parameters: { type: 'object' }, strict: true },
            cache_control: { type: 'ephemeral', ttl: '1h' },
          },
          { type: 'function', name: 'b' },
          { type: 'web_search' },
        ],
        functions: [{ name: 'c' }],
      }),
    );

    expect(tools).toEqual([
      { name: 'a', description: 'd', parameters: { type: 'object' }, strict: true, cache: { ttl: '1h' } },
      { name: 'b' },
      { name: 'web_search', providerTool: { dialect: 'openai-chat', wire: { type: 'web_search' } } },
      { name: 'c' },
    ]);
  });
});

describe('decodeRequest: messages', () => {
  it('takes developer for system', () => {
    const { messages } = decodeRequest(body({ messages: [{ role: 'developer', content: 'be brief' }, user] }));

    expect(messages[0]).toEqual({ role: 'system', parts: [{ type: 'text', text: 'be brief' }] });
  });

  it('reads an assistant turn with calls, and their results', () => {
    const { messages } = decodeRequest(
      body({
        messages: [
          { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
          { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'ok' }] },
        ],
      }),
    );

    expect(messages).toEqual([
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}' }] },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', parts: [{ type: 'text', text: 'ok' }] }] },
    ]);
  });

  it('gives old function calls ids that their results refer to', () => {
    const { messages } = decodeRequest(
      body({
        messages: [
          { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"x":1}' } },
          { role: 'function', name: 'f', content: 'ok' },
        ],
      }),
    );

    const call = messages[0]?.parts[0];
    const result = messages[1]?.parts[0];
    expect(call).toMatchObject({ type: 'tool-call', name: 'f', arguments: '{"x":1}' });
    expect(result?.type === 'tool-result' && call?.type === 'tool-call' && result.callId === call.id).toBe(true);
  });

  it.each<[string, JsonObject]>([
    [
      'details',
      {
        reasoning_content: 'why',
        reasoning_details: [{ type: 'reasoning.text', text: 'why', signature: 'S', format: 'anthropic-claude-v1', index: 0 }],
      },
    ],
    [
      'details whose text is elsewhere',
      {
        reasoning_content: 'why',
        reasoning_details: [{ type: 'reasoning.text', signature: 'S', format: 'anthropic-claude-v1', index: 0 }],
      },
    ],
    [
      'collected deltas',
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'wh', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.text', text: 'y', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.text', signature: 'S', format: 'anthropic-claude-v1', index: 0 },
        ],
      },
    ],
    ['thinking blocks', { thinking_blocks: [{ type: 'thinking', thinking: 'why', signature: 'S' }] }],
  ])('reads signed reasoning of earlier turns from %s', (_name, fields) => {
    const { messages } = decodeRequest(body({ messages: [{ role: 'assistant', content: 'a', ...fields }, user] }));

    expect(messages[0]?.parts).toEqual([
      { type: 'reasoning', text: 'why', signature: 'S', origin: 'anthropic-messages' },
      { type: 'text', text: 'a' },
    ]);
  });

  it('keeps the name of a participant and a refusal', () => {
    const { messages } = decodeRequest(
      body({
        messages: [
          { role: 'user', name: 'Ann', content: 'x' },
          { role: 'assistant', content: null, refusal: 'no' },
        ],
      }),
    );

    expect(messages[0]?.name).toBe('Ann');
    expect(messages[1]?.parts).toEqual([{ type: 'refusal', text: 'no' }]);
  });

  it('reads cache marks on parts and on messages', () => {
    const { messages } = decodeRequest(
      body({
        messages: [
          { role: 'system', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
          { role: 'user', content: 'b', cache_control: { type: 'ephemeral' } },
          { role: 'tool', tool_call_id: 'x', content: 'c', cache_control: { type: 'ephemeral' } },
        ],
      }),
    );

    expect(messages.map((message) => message.parts[0])).toMatchObject([
      { cache: { ttl: '1h' } },
      { cache: {} },
      { type: 'tool-result', cache: {} },
    ]);
  });
});

describe('decodeRequest: parts', () => {
  it.each<[string, JsonValue, object]>([
    ['an address', { url: 'https://x/y.png', detail: 'low' }, { source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' }],
    ['a plain address (Mistral)', 'https://x/y.png', { source: { kind: 'url', url: 'https://x/y.png' } }],
    ['a data URL', { url: 'data:image/png;base64,AAAA' }, { source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } }],
    [
      'one with parameters',
      { url: 'data:image/JPG;charset=utf-8;base64,AAAA' },
      { source: { kind: 'base64', mediaType: 'image/jpeg', data: 'AAAA' } },
    ],
    [
      'one without the base64 mark',
      { url: 'data:image/svg+xml,%3Csvg%2F%3E' },
      { source: { kind: 'base64', mediaType: 'image/svg+xml', data: 'PHN2Zy8+' } },
    ],
  ])('reads an image given as %s', (_name, image, expected) => {
    expect(contentOf([{ type: 'image_url', image_url: image }])).toEqual([{ type: 'image', ...expected }]);
  });

  it('reads audio and files', () => {
    expect(
      contentOf([
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ]),
    ).toEqual([
      { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'AAAA' } },
      { type: 'file', filename: 'a.pdf', source: { kind: 'base64', mediaType: 'application/pdf', data: 'BBBB' } },
      { type: 'file', source: { kind: 'file-id', id: 'file-1' } },
    ]);
  });

  it('carries parts it does not know', () => {
    const wire = { type: 'video_url', video_url: { url: 'https://x' } };

    expect(contentOf([wire])).toEqual([{ type: 'opaque', dialect: 'openai-chat', wire }]);
  });
});

describe('decodeRequest: wrong types', () => {
  it.each<[string, JsonObject]>([
    ['messages', { model: 'm' }],
    ['messages', { model: 'm', messages: [] }],
    ['messages', { model: 'm', messages: 'hi' }],
    ['messages[0]', { messages: ['hi'] }],
    ['messages[0].role', { messages: [{ content: 'x' }] }],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 5 }] }],
    ['messages[0].content[1].text', { messages: [{ role: 'user', content: ['a', { type: 'text' }] }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ['messages[0].content[0].image_url', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['messages[0].content[0].image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 5 } }] }] }],
    [
      'messages[0].content[0].image_url.url',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png' } }] }] },
    ],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].tool_calls[0].id', { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] }],
    ['messages[0].tool_calls[0].function.name', { messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] }],
    ['model', body({ model: 5 })],
    ['temperature', body({ temperature: 'hot' })],
    ['max_tokens', body({ max_tokens: 0 })],
    ['max_tokens', body({ max_tokens: 1.5 })],
    ['stream', body({ stream: 'yes' })],
    ['stream_options', body({ stream_options: true })],
    ['stream_options.include_usage', body({ stream_options: { include_usage: 1 } })],
    ['stop', body({ stop: [1] })],
    ['tools', body({ tools: {} })],
    ['tools[0].function.name', body({ tools: [{ type: 'function', function: {} }] })],
    ['tools[0].function.parameters', body({ tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] })],
    ['tool_choice', body({ tool_choice: 'sometimes' })],
    ['tool_choice.function.name', body({ tool_choice: { type: 'function', function: {} } })],
    ['response_format.type', body({ response_format: { type: 'xml' } })],
    ['response_format.json_schema.schema', body({ response_format: { type: 'json_schema', json_schema: { name: 'n' } } })],
    ['reasoning_effort', body({ reasoning_effort: 3 })],
  ])('names %s', (param, wire) => {
    expect(paramOf(wire)).toBe(param);
  });
});
