import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { EncodeTarget } from '../dialect.ts';
import { encodeRequest } from './encode-request.ts';

const claude = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const nova = 'amazon.nova-pro-v1:0';
const llama = 'meta.llama3-3-70b-instruct-v1:0';

const user = (...parts: (Part | string)[]): Message => ({ role: 'user', parts: parts.map(toPart) });
const assistant = (...parts: (Part | string)[]): Message => ({ role: 'assistant', parts: parts.map(toPart) });
const system = (text: string, more: object = {}): Message => ({ role: 'system', parts: [{ type: 'text', text, ...more }] });
const call = (id: string, name = 'get_weather', args = '{"city":"Bern"}'): Part => ({ type: 'tool-call', id, name, arguments: args });
const result = (callId: string, text = 'sunny', more: object = {}): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', callId, parts: [{ type: 'text', text }], ...more }],
});
const toPart = (part: Part | string): Part => (typeof part === 'string' ? { type: 'text', text: part } : part);
const weather = { name: 'get_weather', parameters: { type: 'object', properties: {} } };

interface Block {
  readonly text?: string;
  readonly toolUse: { readonly toolUseId: string; readonly name: string };
  readonly toolResult: { readonly toolUseId: string; readonly content: readonly unknown[] };
  readonly document?: { readonly name: string; readonly format: string };
  readonly cachePoint?: { readonly ttl?: string };
}

/** The body as the tests claim it to be; a wrong claim fails the assertion that uses it. */
interface Wire {
  readonly system: readonly Block[];
  readonly messages: readonly { readonly content: readonly Block[] }[];
  readonly inferenceConfig: unknown;
  readonly additionalModelRequestFields: unknown;
  readonly additionalModelResponseFieldPaths: unknown;
  readonly toolConfig: { readonly tools: readonly { readonly toolSpec: { readonly name: string } }[]; readonly toolChoice: unknown };
}

/** The blocks of one message. */
const contentOf = (body: Wire, message: number): readonly Block[] => body.messages[message]?.content ?? [];

function encode(request: Partial<ChatRequest>, model = claude, target: Partial<EncodeTarget> = {}) {
  const encoded = encodeRequest(
    { dialect: 'openai-chat', model: 'asked', messages: [user('Hello')], stream: false, includeUsage: false, ...request },
    { model, traits: new Set(), ...target },
  );
  return {
    ...encoded,
    body: encoded.body as unknown as Wire,
    fields: encoded.warnings.map((warning) => `${warning.kind} ${warning.field}`),
  };
}

describe('a plain request', () => {
  it('names neither the model nor the wish for a stream: both stand in the path', () => {
    expect(encode({ stream: true }).body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] });
  });

  it('puts limits and sampling where the grammar has them', () => {
    const { body, warnings } = encode({ maxOutputTokens: 100, temperature: 0.5, topP: 0.9, topK: 40, stop: ['END', ' \n'] });

    expect(body.inferenceConfig).toEqual({ maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] });
    expect(body.additionalModelRequestFields).toEqual({ top_k: 40 });
    expect(body.additionalModelResponseFieldPaths).toEqual(['/stop_sequence', '/delta/stop_sequence']);
    expect(warnings.map(({ field }) => field)).toEqual(['stop']);
  });

  it('keeps the temperature within the provider’s range and tells what it has no word for', () => {
    const { body, fields } = encode({ temperature: 1.5, frequencyPenalty: 1, presencePenalty: 1, seed: 7, count: 2 });

    expect(body.inferenceConfig).toEqual({ temperature: 1 });
    expect(fields).toEqual(
      expect.arrayContaining(['changed temperature', 'dropped frequency_penalty', 'dropped presence_penalty', 'dropped seed', 'dropped n']),
    );
  });

  it('respects what a model refuses', () => {
    const traits = new Set(['no-sampling', 'no-stop', 'no-prefill']);
    const { body, fields } = encode({ temperature: 0.5, topK: 5, stop: ['x'], messages: [user('Hi'), assistant('Well')] }, claude, {
      traits,
    });

    expect(body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Hi' }] }] });
    expect(fields).toEqual(expect.arrayContaining(['dropped temperature', 'dropped top_k', 'dropped stop', 'dropped messages']));
  });

  it('passes on what the caller says in Converse’s own words', () => {
    const own = {
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      performanceConfig: { latency: 'optimized' },
      additionalModelRequestFields: { anthropic_beta: ['x'] },
      service_tier: 'flex',
      metadata: { team: 'a b', bad: '{}' },
      logit_bias: { '5': 1 },
    };
    const { body, fields } = encode({ extensions: { 'openai-chat': own }, endUser: 'u-1' });

    expect(body).toMatchObject({
      guardrailConfig: own.guardrailConfig,
      performanceConfig: own.performanceConfig,
      additionalModelRequestFields: own.additionalModelRequestFields,
      serviceTier: { type: 'flex' },
      requestMetadata: { end_user: 'u-1', team: 'a b' },
    });
    expect(fields.toSorted()).toEqual(['dropped logit_bias', 'dropped metadata']);
  });
});

describe('turns', () => {
  it('alternate and begin with the user', () => {
    const { body } = encode({ messages: [system('Be brief'), assistant('Hi'), user('a'), user('b')] });

    expect(body.system).toEqual([{ text: 'Be brief' }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: '.' }] },
      { role: 'assistant', content: [{ text: 'Hi' }] },
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
    ]);
  });

  it('have no blank text and no white space at the end of a prefill', () => {
    const { body } = encode({ messages: [user('Hi', '  \n', ''), assistant('Well, \n')] });

    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Hi' }] },
      { role: 'assistant', content: [{ text: 'Well,' }] },
    ]);
  });

  it('answer calls first and in their order, whatever order the results came in', () => {
    const { body } = encode({
      tools: [weather],
      messages: [user('Both?'), assistant(call('a'), call('b')), result('b', 'rain'), result('a', 'sun', { isError: true }), user('Well?')],
    });

    expect(contentOf(body, 2)).toEqual([
      { toolResult: { toolUseId: 'a', content: [{ text: 'sun' }], status: 'error' } },
      { toolResult: { toolUseId: 'b', content: [{ text: 'rain' }] } },
      { text: 'Well?' },
    ]);
  });

  it('give a call without a result an error, and say an orphan as text', () => {
    const { body } = encode({
      tools: [weather],
      messages: [user('?'), assistant(call('a')), user('Never mind'), assistant('ok'), result('gone')],
    });

    expect(contentOf(body, 2)[0]).toMatchObject({ toolResult: { toolUseId: 'a', status: 'error' } });
    expect(contentOf(body, 4)).toEqual([{ text: 'Result of the tool call gone:' }, { text: 'sunny' }]);
  });

  it('tell tool calls as text where the request has no tools, which the grammar would refuse', () => {
    const history = [user('?'), assistant(call('a')), result('a')];

    for (const request of [{ messages: history }, { messages: history, tools: [weather], toolChoice: { kind: 'none' as const } }]) {
      const { body, fields } = encode(request);
      expect(JSON.stringify(body)).not.toMatch(/toolUse|toolResult|toolConfig/);
      expect(contentOf(body, 1)[0]?.text).toContain('get_weather');
      expect(contentOf(body, 2).map(({ text }) => text)).toEqual(['[the tool answered:]', 'sunny']);
      expect(fields).toContain('changed messages');
    }
  });

  it('mend ids and names of other providers, and tell the decoder which', () => {
    const long = 'x'.repeat(80);
    const { body, rewrites } = encode({
      tools: [{ name: 'get.weather' }, { name: long }],
      messages: [user('?'), assistant(call('call:1/2', 'get.weather')), result('call:1/2')],
    });

    const toolUse = contentOf(body, 1)[0]?.toolUse;
    expect(toolUse?.toolUseId).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(contentOf(body, 2)[0]?.toolResult.toolUseId).toBe(toolUse?.toolUseId);
    const names = body.toolConfig.tools.map(({ toolSpec }) => toolSpec.name);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(rewrites?.toolNames?.get(toolUse?.name ?? '')).toBe('get.weather');
    expect([...(rewrites?.toolNames?.values() ?? [])]).toContain(long);
  });

  it('give Mistral’s models the nine letters and digits they insist on', () => {
    const { body } = encode(
      {
        tools: [weather],
        messages: [user('?'), assistant(call('tooluse_abc'), call('abc123DEF')), result('tooluse_abc'), result('abc123DEF')],
      },
      'mistral.mistral-large-2407-v1:0',
    );

    const ids = contentOf(body, 1).map(({ toolUse }) => toolUse.toolUseId);
    expect(ids).toEqual(['call00001', 'abc123DEF']);
  });
});

describe('reasoning', () => {
  const signed: Part = { type: 'reasoning', text: 'hm', signature: 'c2ln', origin: 'anthropic-messages' };

  it('goes back signed and untouched, redacted blocks too', () => {
    const { body, fields } = encode({
      messages: [
        user('?'),
        assistant(signed, { type: 'reasoning', text: '', redacted: 'b3BhcXVl', origin: 'anthropic-messages' }, 'So'),
        user('!'),
      ],
    });

    expect(contentOf(body, 1).slice(0, 2)).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'b3BhcXVl' } },
    ]);
    expect(fields).toEqual([]);
  });

  it.each<[string, Part, string]>([
    ['unsigned', { type: 'reasoning', text: 'hm' }, claude],
    ['made by another provider', { type: 'reasoning', text: 'hm', signature: 'x', origin: 'gemini' }, claude],
    [
      'sealed for another grammar',
      { type: 'reasoning', text: 'hm', signature: 'openai-responses:x', origin: 'anthropic-messages' },
      claude,
    ],
    ['signed by Claude, to another model', signed, nova],
  ])('is left out with a warning where it is %s', (_what, part, model) => {
    const { body, fields } = encode({ messages: [user('?'), assistant(part, 'So'), user('!')] }, model);

    expect(JSON.stringify(body)).not.toContain('reasoningContent');
    expect(fields).toContain('dropped messages[].reasoning');
  });

  it('is asked for in the words of the model’s vendor', () => {
    const wish = { reasoning: { effort: 'high' as const }, maxOutputTokens: 1000 };

    expect(encode(wish).body).toMatchObject({
      inferenceConfig: { maxTokens: 25_576 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 24_576 } },
    });
    expect(encode(wish, claude, { traits: new Set(['adaptive-thinking']) }).body.additionalModelRequestFields).toEqual({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
    expect(encode(wish, 'openai.gpt-oss-120b-1:0').body.additionalModelRequestFields).toEqual({ reasoning_effort: 'high' });
    expect(encode(wish, 'global.amazon.nova-2-lite-v1:0').body.additionalModelRequestFields).toEqual({
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' },
    });
    expect(encode(wish, llama).fields).toEqual(['dropped reasoning_effort']);
  });

  it('stays off in the middle of a tool loop whose thinking is lost', () => {
    const { body, fields } = encode({
      reasoning: { effort: 'low' },
      tools: [weather],
      messages: [user('?'), assistant(call('a')), result('a')],
    });

    expect(body).not.toHaveProperty('additionalModelRequestFields');
    expect(fields).toContain('dropped reasoning_effort');
  });
});

describe('tools', () => {
  it('have an object schema always and a description only where it says something', () => {
    const { body, fields } = encode({ tools: [{ name: 'now', description: ' ', strict: true }] });

    expect(body.toolConfig).toEqual({ tools: [{ toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } }] });
    expect(fields).toEqual(['dropped tools[].strict']);
  });

  it('are chosen as far as the model’s family allows', () => {
    const named = { tools: [weather], toolChoice: { kind: 'tool' as const, name: 'get_weather' } };

    expect(encode(named).body.toolConfig.toolChoice).toEqual({ tool: { name: 'get_weather' } });
    expect(encode({ ...named, toolChoice: { kind: 'required' } }).body.toolConfig.toolChoice).toEqual({ any: {} });
    expect(encode({ ...named, toolChoice: { kind: 'auto' } }).body.toolConfig.toolChoice).toEqual({ auto: {} });
    expect(encode(named, 'mistral.mistral-large-2407-v1:0').body.toolConfig.toolChoice).toEqual({ any: {} });
    expect(encode(named, llama)).toMatchObject({ fields: ['dropped tool_choice'] });
    expect(encode(named, llama).body.toolConfig).not.toHaveProperty('toolChoice');
  });

  it('are called one at a time where only Claude’s own words can say so', () => {
    const single = { tools: [weather], parallelToolCalls: false };

    expect(encode(single).body.additionalModelRequestFields).toEqual({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } });
    expect(encode(single, nova).fields).toEqual(['dropped parallel_tool_calls']);
  });

  it('play a JSON schema, and the decoder is told', () => {
    const output = { kind: 'json-schema' as const, name: 'city', schema: { type: 'object', properties: { city: { type: 'string' } } } };
    const alone = encode({ output, reasoning: { effort: 'low' } });
    const beside = encode({ output, tools: [{ name: 'json' }] });

    expect(alone.rewrites?.jsonTool).toBe('json');
    expect(alone.body.toolConfig).toMatchObject({
      tools: [{ toolSpec: { name: 'json', inputSchema: { json: output.schema } } }],
      toolChoice: { tool: { name: 'json' } },
    });
    expect(alone.fields).toEqual(expect.arrayContaining(['emulated response_format', 'dropped reasoning_effort']));
    expect(beside.rewrites?.jsonTool).toBe('json_answer');
    expect(beside.body.toolConfig.toolChoice).toEqual({ any: {} });
    expect(encode({ output }, llama).body.system[0]?.text).toContain('JSON Schema');
  });
});

describe('cache marks', () => {
  it('are blocks of their own behind what they cover', () => {
    const cache = { ttl: '1h' as const };
    const { body } = encode({
      tools: [{ ...weather, cache }],
      messages: [
        system('Long', { cache }),
        user({ type: 'text', text: 'Q', cache: {} }),
        assistant(call('a')),
        result('a', 'sun', { cache: {} }),
      ],
    });

    expect(body.toolConfig.tools[1]).toEqual({ cachePoint: { type: 'default', ttl: '1h' } });
    expect(body.system).toEqual([{ text: 'Long' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
    expect(contentOf(body, 0)[1]).toEqual({ cachePoint: { type: 'default' } });
    expect(contentOf(body, 2)[1]).toEqual({ cachePoint: { type: 'default' } });
  });

  it('are four at most, the last ones, and none lasts longer than one before it', () => {
    const marked = (ttl: '5m' | '1h'): Part => ({ type: 'text', text: 'x', cache: { ttl } });
    const { body, fields } = encode({ messages: [user(marked('1h'), marked('5m'), marked('1h'), marked('5m'), marked('5m'))] });

    const points = contentOf(body, 0).flatMap((block) => (block.cachePoint ? [block.cachePoint.ttl] : []));
    expect(points).toEqual(['5m', '5m', '5m', '5m']);
    expect(fields).toEqual(['dropped cache_control', 'changed cache_control.ttl']);
  });

  it('are left out for models that know none', () => {
    const marked = { messages: [user({ type: 'text' as const, text: 'x', cache: {} })], tools: [{ ...weather, cache: {} }] };

    expect(JSON.stringify(encode(marked, llama).body)).not.toContain('cachePoint');
    expect(encode(marked, llama).fields).toContain('dropped cache_control');
    expect(encode(marked, nova).body.toolConfig.tools).toHaveLength(1);
  });
});

describe('media', () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1').toString('base64');
  const image = (mediaType: string, data = png): Part => ({ type: 'image', source: { kind: 'base64', mediaType, data } });
  const file = (filename: string | undefined, mediaType = 'application/pdf'): Part => ({
    type: 'file',
    source: { kind: 'base64', mediaType, data: 'AAAA' },
    ...(filename !== undefined && { filename }),
  });

  it('is sent as bytes, an image as what its bytes say', () => {
    const { body, fields } = encode({ messages: [user('Look', image('image/jpg'))] });

    expect(contentOf(body, 0)[1]).toEqual({ image: { format: 'png', source: { bytes: png } } });
    expect(fields).toEqual(['changed messages[0].content[1]']);
  });

  it('is taken out of data URLs, and from S3 by its address', () => {
    const at = (url: string): Part => ({ type: 'image', source: { kind: 'url', url } });
    const { body } = encode({ messages: [user(at(`data:image/png;base64,${png}`), at('s3://bucket/cat.webp'))] });

    expect(contentOf(body, 0)).toEqual([
      { image: { format: 'png', source: { bytes: png } } },
      { image: { format: 'webp', source: { s3Location: { uri: 's3://bucket/cat.webp' } } } },
    ]);
  });

  it.each<[string, Part]>([
    ['a web address', { type: 'image', source: { kind: 'url', url: 'https://example.com/cat.png' } }],
    ['another provider’s file', { type: 'image', source: { kind: 'file-id', id: 'file-1' } }],
    ['an image form it does not know', image('image/svg+xml', 'PHN2Zz4=')],
    ['a file form it does not know', file('a.bin', 'application/octet-stream')],
  ])('is refused by name: %s', (_what, part) => {
    expect(() => encode({ messages: [user('Look', part)] })).toThrow(
      expect.objectContaining({ code: 'unsupported_capability', details: expect.objectContaining({ param: 'messages[0].content[1]' }) }),
    );
  });

  it('names documents plainly and each differently, with some text beside them', () => {
    const { body } = encode({
      messages: [user(file('Bericht_2026 (ä).pdf'), file('Bericht_2026 (ö).pdf'), file(undefined), file('notes.md', 'text/plain'))],
    });

    const content = contentOf(body, 0);
    const names = content.flatMap((block) => (block.document ? [block.document.name] : []));
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9 ()[\]-]+$/);
    expect(new Set(names).size).toBe(4);
    expect(content[3]?.document?.format).toBe('md');
    expect(content.at(-1)).toEqual({ text: '.' });
  });

  it('that sounds goes only to models that hear', () => {
    const sound: Part = { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AAAA' } };

    expect(contentOf(encode({ messages: [user(sound)] }, nova).body, 0)[0]).toEqual({
      audio: { format: 'wav', source: { bytes: 'AAAA' } },
    });
    expect(() => encode({ messages: [user(sound)] })).toThrow('takes no audio');
  });

  it('comes back inside tool results', () => {
    const { body } = encode({
      tools: [weather],
      messages: [
        user('?'),
        assistant(call('a')),
        { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', parts: [image('image/png')] }] },
      ],
    });

    expect(contentOf(body, 2)[0]?.toolResult.content).toEqual([{ image: { format: 'png', source: { bytes: png } } }]);
  });
});
