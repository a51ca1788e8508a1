import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodePrompt, decodeRequest } from './decode-request.ts';

const base = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] } as const;

function paramOf(body: JsonObject): string | undefined {
  try {
    decodeRequest(body);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request') return error.details.param;
    throw error;
  }
  return undefined;
}

describe('decodeRequest', () => {
  it('reads a plain request', () => {
    const request = decodeRequest({ ...base, system: 'Be brief.', stream: true, stop_sequences: ['END'], metadata: { user_id: 'u1' } });

    expect(request).toEqual({
      model: 'claude-x',
      messages: [
        { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
      ],
      maxOutputTokens: 100,
      stream: true,
      includeUsage: true,
      stop: ['END'],
      endUser: 'u1',
    });
  });

  it('keeps the cache marks of system blocks, tools and content', () => {
    const request = decodeRequest({
      ...base,
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      tools: [{ name: 't', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }],
    });

    expect(request.messages[0]?.parts).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cache: { ttl: '1h' } },
    ]);
    expect(request.tools?.[0]).toEqual({ name: 't', parameters: { type: 'object' }, cache: {} });
  });

  it('accepts a system message between the turns', () => {
    const request = decodeRequest({ ...base, messages: [...base.messages, { role: 'system', content: 'note' }] });

    expect(request.messages.map((message) => message.role)).toEqual(['user', 'system']);
  });

  it('puts tool results into messages of their own before the rest of the turn', () => {
    const request = decodeRequest({
      ...base,
      messages: [
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            { type: 'redacted_thinking', data: 'xyz' },
            { type: 'tool_use', id: 'a', name: 'get', input: { city: 'Rome' } },
            { type: 'tool_use', id: 'b', name: 'get', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'cold' }], is_error: true },
            { type: 'tool_result', tool_use_id: 'a', content: 'warm' },
            { type: 'text', text: 'and now?' },
          ],
        },
      ],
    });

    expect(request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm', signature: 'sig', origin: 'anthropic-messages' },
          { type: 'reasoning', text: '', redacted: 'xyz', origin: 'anthropic-messages' },
          { type: 'tool-call', id: 'a', name: 'get', arguments: '{"city":"Rome"}' },
          { type: 'tool-call', id: 'b', name: 'get', arguments: '{}' },
        ],
      },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'b', parts: [{ type: 'text', text: 'cold' }], isError: true }] },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', parts: [{ type: 'text', text: 'warm' }] }] },
      { role: 'user', parts: [{ type: 'text', text: 'and now?' }] },
    ]);
  });

  it('gives unsigned thinking no origin, so that it is never replayed to the vendor', () => {
    const request = decodeRequest({
      ...base,
      messages: [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }] }],
    });

    expect(request.messages[0]?.parts).toEqual([{ type: 'reasoning', text: 'hm' }]);
  });

  it('reads images and documents of every source', () => {
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'Paper' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' }, citations: { enabled: true } },
    ];

    const request = decodeRequest({ ...base, messages: [{ role: 'user', content }] });

    expect(request.messages[0]?.parts).toEqual([
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { kind: 'url', url: 'https://x.example/a.png' } },
      { type: 'image', source: { kind: 'file-id', id: 'file_1' } },
      { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'BBBB' }, filename: 'Paper' },
      { type: 'file', source: { kind: 'base64', mediaType: 'text/plain', data: Buffer.from('plain').toString('base64') } },
      { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'block_fields', fields: { citations: { enabled: true } } } },
    ]);
  });

  it('keeps blocks it has no word for untouched', () => {
    const block = { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'x' } };

    const request = decodeRequest({ ...base, messages: [{ role: 'assistant', content: [block] }] });

    expect(request.messages[0]?.parts).toEqual([{ type: 'opaque', dialect: 'anthropic-messages', wire: block }]);
  });

  it('keeps tools that the vendor runs itself verbatim', () => {
    const tool = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };

    expect(decodeRequest({ ...base, tools: [tool] }).tools).toEqual([
      { name: 'web_search', providerTool: { dialect: 'anthropic-messages', wire: tool } },
    ]);
  });

  it.each([
    [{ type: 'auto' }, { toolChoice: { kind: 'auto' } }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { toolChoice: { kind: 'required' }, parallelToolCalls: false },
    ],
    [{ type: 'tool', name: 't' }, { toolChoice: { kind: 'tool', name: 't' } }],
    [{ type: 'none' }, { toolChoice: { kind: 'none' } }],
  ])('reads tool_choice %j', (choice, expected) => {
    expect(decodeRequest({ ...base, tool_choice: choice })).toMatchObject(expected);
  });

  it.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, { enabled: true, budgetTokens: 2000 }],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      { enabled: true, adaptive: true, effort: 'high' },
    ],
    [{ thinking: { type: 'disabled' } }, { enabled: false }],
  ])('reads the thinking wish of %j', (fields, expected) => {
    expect(decodeRequest({ ...base, ...fields }).reasoning).toEqual(expected);
  });

  it('reads what an agent client sends and keeps the fields it does not know', () => {
    const request = decodeRequest({
      ...base,
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'medium', task_budget: 5 },
      context_management: { edits: [] },
      service_tier: 'auto',
    });

    expect(request.extensions).toEqual({
      'anthropic-messages': {
        thinking: { display: 'summarized' },
        output_config: { task_budget: 5 },
        context_management: { edits: [] },
        service_tier: 'auto',
      },
    });
  });

  it.each([['output_config'], ['output_format']])('reads the JSON schema of %s', (field) => {
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const body = { ...base, [field]: field === 'output_config' ? { format } : format };

    expect(decodeRequest(body).output).toEqual({ kind: 'json-schema', name: 'answer', schema: { type: 'object' }, strict: true });
  });

  it('keeps a __proto__ member as plain data', () => {
    const body = JSON.parse('{"max_tokens":1,"messages":[{"role":"user","content":"x"}],"__proto__":{"polluted":true}}') as JsonObject;

    const request = decodeRequest(body);

    expect(Object.hasOwn(request.extensions?.['anthropic-messages'] ?? {}, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each<[string, JsonObject]>([
    ['max_tokens', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }],
    ['max_tokens', { ...base, max_tokens: 'many' }],
    ['max_tokens', { ...base, max_tokens: 0 }],
    ['model', { ...base, model: 5 }],
    ['messages', { ...base, messages: [] }],
    ['messages', { ...base, messages: 'hi' }],
    ['messages[0]', { ...base, messages: ['hi'] }],
    ['messages[0].role', { ...base, messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { ...base, messages: [{ role: 'user', content: 5 }] }],
    ['messages[0].content[0].type', { ...base, messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ['messages[0].content[0].text', { ...base, messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] }],
    ['messages[0].content[0].source', { ...base, messages: [{ role: 'user', content: [{ type: 'image' }] }] }],
    ['messages[0].content[0].source.type', { ...base, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x' } }] }] }],
    [
      'messages[0].content[0].input',
      { ...base, messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b', input: 'x' }] }] },
    ],
    ['messages[0].content[0].tool_use_id', { ...base, messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }],
    ['system', { ...base, system: 7 }],
    ['temperature', { ...base, temperature: 'hot' }],
    ['stop_sequences[0]', { ...base, stop_sequences: [1] }],
    ['tools[0].name', { ...base, tools: [{ input_schema: {} }] }],
    ['tools[0].input_schema', { ...base, tools: [{ name: 't' }] }],
    ['tool_choice.type', { ...base, tool_choice: { type: 'maybe' } }],
    ['thinking.type', { ...base, thinking: { type: 'deep' } }],
    ['thinking.budget_tokens', { ...base, thinking: { type: 'enabled' } }],
    ['stream', { ...base, stream: 'yes' }],
    ['metadata', { ...base, metadata: 'me' }],
    ['output_config.format.type', { ...base, output_config: { format: { type: 'xml' } } }],
  ])('refuses a wrong %s by its name', (param, body) => {
    expect(paramOf(body)).toBe(param);
  });
});

describe('decodePrompt', () => {
  it('needs no max_tokens: counting tokens generates none', () => {
    expect(decodePrompt({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }).maxOutputTokens).toBeUndefined();
  });
});
