import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message } from '../../canonical/chat.ts';
import type { EncodeTarget } from '../dialect.ts';
import { encodeRequest } from './encode-request.ts';

const user: Message = { role: 'user', parts: [{ type: 'text', text: 'hi' }] };
const target: EncodeTarget = { model: 'command-a', traits: new Set() };

function encode(
  more: Partial<ChatRequest> = {},
  on: EncodeTarget = target,
): { readonly body: Record<string, unknown>; readonly warned: readonly string[] } {
  const { body, warnings } = encodeRequest(
    { dialect: 'openai-chat', model: 'x', messages: [user], stream: false, includeUsage: false, ...more },
    on,
  );
  return { body: body as Record<string, unknown>, warned: warnings.map(({ field, kind }) => `${field} ${kind}`) };
}
const messagesOf = (...messages: readonly Message[]): ReturnType<typeof encode> => encode({ messages });

describe('sampling', () => {
  it('is brought into the ranges of the provider, each change said in the words of the caller', () => {
    const { body, warned } = encode({ temperature: 1.5, topP: 1, topK: 900, frequencyPenalty: -2, presencePenalty: 2, seed: 3 });

    expect(body).toMatchObject({ temperature: 1, p: 0.99, k: 500, frequency_penalty: 0, presence_penalty: 1, seed: 3 });
    expect(warned).toEqual([
      'temperature changed',
      'top_p changed',
      'top_k changed',
      'frequency_penalty changed',
      'presence_penalty changed',
    ]);
  });

  it('within the ranges goes as it is, without a word', () => {
    expect(encode({ temperature: 0.3, topP: 0.9 })).toMatchObject({ body: { temperature: 0.3, p: 0.9 }, warned: [] });
  });
});

describe('limits', () => {
  it('keep five stop sequences of six', () => {
    const { body, warned } = encode({ stop: ['1', '2', '3', '4', '5', '6'] });

    expect(body['stop_sequences']).toEqual(['1', '2', '3', '4', '5']);
    expect(warned).toEqual(['stop changed']);
  });

  it('are lowered to what the model can write', () => {
    const { body, warned } = encode({ maxOutputTokens: 9000 }, { ...target, maxOutputTokens: 4000 });

    expect([body['max_tokens'], warned]).toEqual([4000, ['max_completion_tokens changed']]);
  });
});

describe('tools', () => {
  const tools = [{ name: 'clock' }, { name: 'weather', parameters: { type: 'object', properties: {} }, strict: true }];

  it('without parameters get empty ones', () => {
    expect(encode({ tools }).body['tools']).toMatchObject([
      { type: 'function', function: { name: 'clock', parameters: { type: 'object', properties: {} } } },
      { function: { name: 'weather' } },
    ]);
  });

  it('are strict all together or not at all', () => {
    const mixed = encode({ tools });
    const all = encode({ tools: tools.map((tool) => ({ ...tool, strict: true })) });

    expect([mixed.body['strict_tools'], mixed.warned]).toEqual([undefined, ['tools.strict dropped']]);
    expect([all.body['strict_tools'], all.warned]).toEqual([true, []]);
  });

  it.each([
    ['auto', undefined],
    ['required', 'REQUIRED'],
    ['none', 'NONE'],
  ] as const)('choice %s is %s', (kind, wire) => {
    expect(encode({ tools: [{ name: 'clock' }], toolChoice: { kind } }).body['tool_choice']).toBe(wire);
  });

  it('named one is forced by being sent alone', () => {
    const { body, warned } = encode({ tools: [{ name: 'clock' }, { name: 'weather' }], toolChoice: { kind: 'tool', name: 'weather' } });

    expect(body).toMatchObject({ tool_choice: 'REQUIRED', tools: [{ function: { name: 'weather' } }] });
    expect(body['tools']).toHaveLength(1);
    expect(warned).toEqual(['tool_choice emulated']);
  });

  it('that another provider runs itself are left out', () => {
    const wire = { type: 'web_search' };
    const { body, warned } = encode({ tools: [{ name: 'search', providerTool: { dialect: 'openai-responses', wire } }] });

    expect([body['tools'], warned]).toEqual([undefined, ['tools dropped']]);
  });

  it('one at a time cannot be asked for', () => {
    expect(encode({ tools: [{ name: 'clock' }], parallelToolCalls: false }).warned).toEqual(['parallel_tool_calls dropped']);
  });
});

describe('JSON output', () => {
  const output = { kind: 'json-schema', name: 'n', schema: { type: 'object' }, description: 'why' } as const;

  it('is the provider’s own mode, with the description inside the schema', () => {
    expect(encode({ output }).body['response_format']).toEqual({
      type: 'json_object',
      json_schema: { type: 'object', description: 'why' },
    });
  });

  it('beside tools, where the provider refuses it, is asked for in words', () => {
    const { body, warned } = encode({ output, tools: [{ name: 'clock' }] });

    expect(body['response_format']).toBeUndefined();
    expect(body['messages']).toMatchObject([{ role: 'system', content: expect.stringContaining('"description":"why"') }, { role: 'user' }]);
    expect(warned).toEqual(['response_format emulated']);
  });
});

describe('reasoning', () => {
  it.each([
    [{ enabled: false }, { type: 'disabled' }, []],
    [{ effort: 'none' }, { type: 'disabled' }, []],
    [{ budgetTokens: 500 }, { type: 'enabled', token_budget: 500 }, []],
    [{ effort: 'high' }, { type: 'enabled', token_budget: 24_576 }, ['reasoning_effort changed']],
    [{ effort: 'max' }, { type: 'enabled' }, []],
    [{ enabled: true, adaptive: true }, { type: 'enabled' }, []],
  ] as const)('wish %j is %j', (reasoning, wire, warned) => {
    expect(encode({ reasoning })).toMatchObject({ body: { thinking: wire }, warned });
  });

  it('leaves room for the answer when the effort sets the budget', () => {
    expect(encode({ reasoning: { effort: 'high' }, maxOutputTokens: 1000 }).body['thinking']).toEqual({
      type: 'enabled',
      token_budget: 500,
    });
  });

  it('is not asked of a model that cannot', () => {
    const on = { ...target, reasoning: false };

    expect(encode({ reasoning: { effort: 'low' } }, on)).toMatchObject({ body: {}, warned: ['reasoning_effort dropped'] });
    expect(encode({ reasoning: { enabled: false } }, on)).toEqual({
      body: { model: 'command-a', messages: [expect.anything()] },
      warned: [],
    });
  });
});

describe('messages', () => {
  it('keep system messages where they stand', () => {
    const { body } = messagesOf(user, { role: 'system', parts: [{ type: 'text', text: 'later' }] }, user);

    expect(body['messages']).toMatchObject([{ role: 'user' }, { role: 'system', content: 'later' }, { role: 'user' }]);
  });

  it('put results directly behind their calls, before what the user says', () => {
    const { body } = messagesOf(user, { role: 'assistant', parts: [{ type: 'tool-call', id: 'c1', name: 'clock', arguments: '' }] }, user, {
      role: 'tool',
      parts: [{ type: 'tool-result', callId: 'c1', parts: [{ type: 'text', text: 'noon' }], isError: true }],
    });

    expect(body['messages']).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'Error: noon' },
      { role: 'user', content: 'hi' },
    ]);
  });

  it('turn text beside calls into their plan: such a turn has no content', () => {
    const { body, warned } = messagesOf(user, {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'own', origin: 'cohere-v2' },
        { type: 'text', text: 'said' },
        { type: 'tool-call', id: 'c1', name: 'clock', arguments: '{}' },
      ],
    });

    expect(body['messages']).toMatchObject([{}, { tool_plan: 'own\nsaid', tool_calls: [{ id: 'c1' }] }]);
    expect((body['messages'] as object[])[1]).not.toHaveProperty('content');
    expect(warned).toEqual(['messages changed']);
  });

  it('send thinking back to its own family only', () => {
    const thought = (origin: 'cohere-v2' | 'anthropic-messages'): Message => ({
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm', origin },
        { type: 'text', text: 'yes' },
      ],
    });

    expect(messagesOf(user, thought('cohere-v2'), user)).toMatchObject({
      body: {
        messages: [
          {},
          {
            content: [
              { type: 'thinking', thinking: 'hm' },
              { type: 'text', text: 'yes' },
            ],
          },
          {},
        ],
      },
      warned: [],
    });
    expect(messagesOf(user, thought('anthropic-messages'), user)).toMatchObject({
      body: { messages: [{}, { content: 'yes' }, {}] },
      warned: ['messages dropped'],
    });
  });

  it('give text files to the provider as documents, each under an id of its own', () => {
    const file = (text: string): Message['parts'][number] => ({
      type: 'file',
      filename: 'a.txt',
      source: { kind: 'base64', mediaType: 'text/plain', data: Buffer.from(text).toString('base64') },
    });
    const { body, warned } = messagesOf({ role: 'user', parts: [file('one'), file('two'), { type: 'text', text: 'which?' }] });

    expect(body).toMatchObject({
      documents: [
        { id: 'a.txt', data: { text: 'one' } },
        { id: 'a.txt-2', data: { text: 'two' } },
      ],
      messages: [{ role: 'user', content: 'which?' }],
    });
    expect(warned).toEqual([]);
  });

  it('drop what the provider cannot read, each kind said once', () => {
    const pdf: Message['parts'][number] = { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } };
    const audio: Message['parts'][number] = { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } };
    const { body, warned } = messagesOf({ role: 'user', parts: [pdf, pdf, audio, { type: 'text', text: 'hi' }], name: 'Ann' });

    expect(body['messages']).toEqual([{ role: 'user', content: 'hi' }]);
    expect(warned).toEqual(['messages[].name dropped', 'messages dropped', 'messages dropped']);
  });

  it('carry pictures by address or as data', () => {
    const { body } = messagesOf({
      role: 'user',
      parts: [
        { type: 'image', source: { kind: 'url', url: 'https://pictures.example/a.png' } },
        { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' },
      ],
    });

    expect(body['messages']).toMatchObject([
      {
        content: [
          { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'high' } },
        ],
      },
    ]);
  });
});

describe('the rest', () => {
  it('is named in warnings: cache marks, several answers, end users, members of other grammars', () => {
    const { warned } = encode({
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi', cache: {} }] }],
      count: 2,
      endUser: 'ann',
      extensions: { 'openai-chat': { logit_bias: { 1: 2 }, store: false } },
    });

    expect(warned).toEqual(['cache_control dropped', 'n dropped', 'user dropped', 'logit_bias dropped']);
  });

  it('gives back names that the grammar refuses', () => {
    const { rewrites } = encodeRequest(
      { model: 'x', messages: [user], tools: [{ name: 'my tool' }], stream: false, includeUsage: false },
      target,
    );

    expect([...(rewrites?.toolNames ?? [])]).toEqual([['my_tool', 'my tool']]);
  });
});
