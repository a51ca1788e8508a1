import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import { encodeRequest } from './encode-request.ts';

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });

function encode(request: Partial<ChatRequest> = {}, model = 'gemini-2.5-flash', maxOutputTokens?: number) {
  const full: ChatRequest = {
    dialect: 'openai-chat',
    model: 'asked',
    messages: [user('hi')],
    stream: false,
    includeUsage: true,
    ...request,
  };
  const encoded = encodeRequest(full, { model, traits: new Set(), ...(maxOutputTokens !== undefined && { maxOutputTokens }) });
  const body = encoded.body as MutableJson;
  return {
    ...encoded,
    contents: body.contents as { role: string; parts: MutableJson[] }[],
    config: (body.generationConfig ?? {}) as MutableJson,
    warned: encoded.warnings.map(({ field }) => field),
  };
}

const call = (id: string, more: object = {}) => ({ type: 'tool-call', id, name: `f_${id}`, arguments: '{"x":1}', ...more }) as const;
const result = (callId: string, text: string, more: object = {}): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', callId, parts: [{ type: 'text', text }], ...more }],
});

describe('turns', () => {
  it('puts leading system messages apart and a later one into the user’s turn', () => {
    const system = (text: string): Message => ({ role: 'system', parts: [{ type: 'text', text }] });
    const { body, contents, warned } = encode({ messages: [system('a'), system('b'), user('hi'), system('late'), user('ho')] });

    expect(body.systemInstruction).toEqual({ parts: [{ text: 'a' }, { text: 'b' }] });
    expect(contents).toEqual([{ role: 'user', parts: [{ text: 'hi' }, { text: '<system>\nlate\n</system>' }, { text: 'ho' }] }]);
    expect(warned).toEqual(['messages[].role']);
  });

  it('gives a Gemma model its system prompt in the first turn', () => {
    const { body, contents } = encode(
      { messages: [{ role: 'system', parts: [{ type: 'text', text: 'sys' }] }, user('hi')] },
      'gemma-4-31b-it',
    );

    expect(body.systemInstruction).toBeUndefined();
    expect(contents[0]?.parts).toEqual([{ text: 'sys' }, { text: 'hi' }]);
  });

  it('begins with the user and leaves no turn empty', () => {
    const { contents } = encode({ messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }, user('')] });

    expect(contents).toEqual([
      { role: 'user', parts: [{ text: '.' }] },
      { role: 'model', parts: [{ text: 'a' }] },
      { role: 'user', parts: [{ text: '.' }] },
    ]);
  });

  it('answers calls in their order, makes up a missing answer and turns an orphan into text', () => {
    const { contents, warned } = encode({
      messages: [
        user('hi'),
        { role: 'assistant', parts: [call('a'), call('b'), call('c')] },
        result('b', '{"n":2}'),
        result('zz', 'lost'),
        result('a', 'one', { isError: true }),
        user('go on'),
      ],
    });

    expect(contents[2]?.parts).toEqual([
      { functionResponse: { id: 'a', name: 'f_a', response: { error: 'one' } } },
      { functionResponse: { id: 'b', name: 'f_b', response: { n: 2 } } },
      { functionResponse: { id: 'c', name: 'f_c', response: { error: 'No result was recorded for this call.' } } },
      { text: 'Result of the tool call zz:' },
      { text: 'lost' },
      { text: 'go on' },
    ]);
    expect(warned).toEqual(['messages', 'messages']);
  });

  it('signs only the first of parallel calls, and only for models that check it', () => {
    const messages: Message[] = [user('hi'), { role: 'assistant', parts: [{ type: 'text', text: 't' }, call('a'), call('b')] }];
    const signatures = (model: string): unknown[] =>
      encode({ messages }, model).contents[1]?.parts.map((part) => part.thoughtSignature) ?? [];

    expect(signatures('gemini-3-pro-preview')).toEqual([undefined, 'skip_thought_signature_validator', undefined]);
    expect(signatures('gemini-2.5-pro')).toEqual([undefined, undefined, undefined]);
  });

  it('sends its own signatures back where they were, also those that another grammar carried', () => {
    const { contents } = encode(
      {
        messages: [
          user('hi'),
          { role: 'assistant', parts: [{ type: 'reasoning', text: '', redacted: 'gemini:c2ln', origin: 'gemini' }, call('a'), call('b')] },
          result('a', '1'),
          result('b', '2'),
          {
            role: 'assistant',
            parts: [
              { type: 'reasoning', text: 'hm', origin: 'gemini' },
              { type: 'text', text: 'x', signature: 'dGV4dA' },
            ],
          },
        ],
      },
      'gemini-3-pro-preview',
    );

    expect(contents[1]?.parts.map((part) => part.thoughtSignature)).toEqual(['c2ln', undefined]);
    expect(contents[3]?.parts).toEqual([
      { text: 'hm', thought: true },
      { text: 'x', thoughtSignature: 'dGV4dA' },
    ]);
  });

  it('leaves the reasoning of other models out and says so', () => {
    const { contents, warned } = encode({
      messages: [
        user('hi'),
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm', signature: 's', origin: 'anthropic-messages' },
            { type: 'text', text: 'a' },
          ],
        },
      ],
    });

    expect(contents[1]?.parts).toEqual([{ text: 'a' }]);
    expect(warned).toEqual(['messages']);
  });

  it('sends media as data or by address, and no file ids of others', () => {
    const { contents, warned } = encode({
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'image', source: { kind: 'base64', mediaType: 'image/jpg;charset=x', data: 'AAAA' } },
            { type: 'image', source: { kind: 'url', url: 'https://host.example/a.png?x=1' } },
            { type: 'file', source: { kind: 'url', url: 'https://host.example/b', mediaType: 'application/pdf' } },
            { type: 'file', source: { kind: 'file-id', id: 'file-123' } },
          ],
        },
      ],
    });

    expect(contents[0]?.parts).toEqual([
      { inlineData: { mimeType: 'image/jpeg', data: 'AAAA' } },
      { fileData: { mimeType: 'image/png', fileUri: 'https://host.example/a.png?x=1' } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://host.example/b' } },
    ]);
    expect(warned).toEqual(['messages[0].content[3]']);
  });

  it('puts what a tool showed where the generation looks for it', () => {
    const messages: Message[] = [
      user('hi'),
      { role: 'assistant', parts: [call('a')] },
      {
        role: 'tool',
        parts: [
          { type: 'tool-result', callId: 'a', parts: [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } }] },
        ],
      },
    ];
    const image = { inlineData: { mimeType: 'image/png', data: 'AA' } };

    expect(encode({ messages }, 'gemini-3-pro-preview').contents[2]?.parts).toMatchObject([{ functionResponse: { parts: [image] } }]);
    expect(encode({ messages }, 'gemini-2.5-pro').contents[2]?.parts[2]).toEqual(image);
  });
});

describe('settings', () => {
  it('keeps five stop sequences, clamps what is too high and names each change', () => {
    const { config, warned } = encode(
      { stop: ['1', '2', '3', '4', '5', '6'], temperature: 2.5, maxOutputTokens: 100_000 },
      'gemini-2.5-flash',
      64_000,
    );

    expect(config).toEqual({ stopSequences: ['1', '2', '3', '4', '5'], temperature: 2, maxOutputTokens: 64_000 });
    expect(warned).toEqual(['max_completion_tokens', 'temperature', 'stop']);
  });

  it.each([
    ['gemini-2.5-flash', { effort: 'high' }, { thinkingBudget: 24_576, includeThoughts: true }, []],
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-pro', { enabled: false }, { thinkingBudget: 128 }, ['reasoning_effort']],
    ['gemini-2.5-pro', { effort: 'max' }, { thinkingBudget: 32_768, includeThoughts: true }, []],
    ['gemini-2.5-flash', { enabled: true, budgetTokens: 90_000 }, { thinkingBudget: 24_576, includeThoughts: true }, ['reasoning_effort']],
    ['gemini-2.5-flash', { enabled: true, adaptive: true }, { thinkingBudget: -1, includeThoughts: true }, []],
    ['gemini-3-pro-preview', { effort: 'none' }, { thinkingLevel: 'low' }, ['reasoning_effort']],
    ['gemini-3-flash-preview', { effort: 'minimal' }, { thinkingLevel: 'minimal', includeThoughts: true }, []],
    ['gemini-3.7-flash', { effort: 'minimal' }, { thinkingLevel: 'low', includeThoughts: true }, ['reasoning_effort']],
    [
      'gemini-3.1-pro-preview',
      { enabled: true, budgetTokens: 8_000 },
      { thinkingLevel: 'medium', includeThoughts: true },
      ['reasoning_effort'],
    ],
    ['gemini-3.5-flash', { effort: 'xhigh' }, { thinkingLevel: 'high', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-2.0-flash', { effort: 'low' }, undefined, ['reasoning_effort']],
  ] as const)('%s thinks as asked: %j', (model, reasoning, thinkingConfig, fields) => {
    const { config, warned } = encode({ reasoning }, model);

    expect(config.thinkingConfig).toEqual(thinkingConfig);
    expect(warned).toEqual(fields);
  });

  it('asks for JSON by schema, in the instruction where an older model has tools too', () => {
    const request: Partial<ChatRequest> = {
      output: {
        kind: 'json-schema',
        name: 'x',
        schema: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      },
    };
    const tools = [{ name: 't', parameters: { type: 'object', properties: {} } }];

    expect(encode(request).config).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'object', properties: { a: { type: 'string' } } },
    });
    const both = encode({ ...request, tools });
    expect(both.config).toEqual({});
    expect(JSON.stringify(both.body.systemInstruction)).toContain('JSON schema');
    expect(both.warned).toEqual(['response_format']);
    expect(encode({ ...request, tools }, 'gemini-3-pro-preview').config.responseSchema).toBeDefined();
  });
});

describe('tools', () => {
  it('leaves empty parameters out, and gives names back that had to change', () => {
    const { body, rewrites } = encode({ tools: [{ name: 'a b', description: 'd', parameters: { type: 'object', properties: {} } }] });

    expect(body.tools).toEqual([{ functionDeclarations: [{ name: 'a_b', description: 'd' }] }]);
    expect(rewrites?.toolNames?.get('a_b')).toBe('a b');
  });

  it.each([
    [{ kind: 'auto' }, { mode: 'AUTO' }],
    [{ kind: 'none' }, { mode: 'NONE' }],
    [{ kind: 'required' }, { mode: 'ANY' }],
    [
      { kind: 'tool', name: 't' },
      { mode: 'ANY', allowedFunctionNames: ['t'] },
    ],
  ] as const)('says the choice %j', (toolChoice, functionCallingConfig) => {
    expect(encode({ tools: [{ name: 't' }], toolChoice }).body.toolConfig).toEqual({ functionCallingConfig });
  });

  it('has strict tools validated', () => {
    expect(encode({ tools: [{ name: 't', strict: true }] }).body.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
  });

  it('warns of tools that another provider would run, and of settings it has no word for', () => {
    const { warned, body } = encode({
      tools: [{ name: 'web', providerTool: { dialect: 'anthropic-messages', wire: {} } }],
      parallelToolCalls: false,
      endUser: 'u',
      extensions: { 'openai-chat': { logit_bias: { 1: 2 }, store: false, service_tier: 'flex' } },
    });

    expect(warned).toEqual(['tools[0]', 'parallel_tool_calls', 'user', 'logit_bias']);
    expect(body.serviceTier).toBe('flex');
  });
});
