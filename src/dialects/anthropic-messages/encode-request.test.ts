import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part } from '../../canonical/chat.ts';
import { encodeRequest } from './encode-request.ts';

const messages: ChatRequest['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'go' }] }];
const schema = { type: 'object', properties: { a: { type: 'string', maxLength: 5 } }, required: ['a'] };

function encode(fields: Partial<ChatRequest>, traits: readonly string[] = []) {
  const request: ChatRequest = { model: 'asked', messages, stream: false, includeUsage: false, ...fields };
  return encodeRequest(request, { model: 'claude-x', traits: new Set(traits) });
}

describe('encodeRequest', () => {
  it('writes the upstream id of the model and nothing that was not asked for', () => {
    expect(encode({}).body).toEqual({
      model: 'claude-x',
      max_tokens: 4096,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
    });
  });

  it('carries stream, stop, user and extensions of its own dialect', () => {
    const { body, warnings } = encode({
      stream: true,
      stop: ['END', ' '],
      endUser: 'u1',
      extensions: { 'anthropic-messages': { context_management: { edits: [] }, metadata: { more: 1 } } },
    });

    expect(body).toMatchObject({
      stream: true,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1', more: 1 },
      context_management: { edits: [] },
    });
    expect(warnings).toMatchObject([{ field: 'stop_sequences', kind: 'dropped' }]);
  });

  it('warns of every setting the dialect lacks, and only of those that say something', () => {
    const { warnings } = encode({
      frequencyPenalty: 1,
      presencePenalty: 0,
      seed: 7,
      count: 2,
      extensions: { 'openai-chat': { logit_bias: { 1: 2 }, logprobs: false, store: null, service_tier: 'auto', verbosity: 'low' } },
    });

    expect(warnings.map((warning) => warning.field)).toEqual(['frequency_penalty', 'seed', 'n', 'logit_bias', 'verbosity']);
    expect(warnings.every((warning) => warning.kind === 'dropped')).toBe(true);
  });

  it('does not warn of wishes that it has carried', () => {
    const extensions = {
      'openai-chat': { reasoning: { effort: 'low' }, thinking: { type: 'enabled' }, stream_options: { include_obfuscation: false } },
    };

    expect(encode({ reasoning: { effort: 'low' }, extensions }, ['adaptive-thinking']).warnings).toEqual([]);
  });

  it('translates the service tier', () => {
    expect(encode({ extensions: { 'openai-chat': { service_tier: 'default' } } }).body.service_tier).toBe('standard_only');
  });
});

describe('tools', () => {
  it('gives a tool without parameters an empty object schema', () => {
    expect(encode({ tools: [{ name: 't', description: 'd' }] }).body.tools).toEqual([
      { name: 't', description: 'd', input_schema: { type: 'object', properties: {} } },
    ]);
  });

  it.each([
    [{ kind: 'auto' as const }, { type: 'auto' }],
    [{ kind: 'required' as const }, { type: 'any' }],
    [{ kind: 'none' as const }, { type: 'none' }],
    [
      { kind: 'tool' as const, name: 't' },
      { type: 'tool', name: 't' },
    ],
  ])('writes the choice %j', (toolChoice, expected) => {
    expect(encode({ tools: [{ name: 't' }], toolChoice }).body.tool_choice).toEqual(expected);
  });

  it('hangs "no parallel calls" on a choice, made up where there is none', () => {
    expect(encode({ tools: [{ name: 't' }], parallelToolCalls: false }).body.tool_choice).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
  });

  it('sends its own provider tools verbatim and warns of others', () => {
    const wire = { type: 'web_search_20250305', name: 'web_search' };
    const { body, warnings } = encode({
      tools: [
        { name: 'web_search', providerTool: { dialect: 'anthropic-messages', wire } },
        { name: 'other', providerTool: { dialect: 'openai-chat', wire: { type: 'x' } } },
      ],
    });

    expect(body.tools).toEqual([wire]);
    expect(warnings).toMatchObject([{ field: 'tools', kind: 'dropped' }]);
  });

  it('mends names outside the alphabet and tells how to undo it', () => {
    const { body, rewrites } = encode({
      tools: [{ name: 'my.tool' }, { name: 'my_tool' }],
      toolChoice: { kind: 'tool', name: 'my.tool' },
    });

    expect(body).toMatchObject({ tools: [{ name: 'my_tool_2' }, { name: 'my_tool' }], tool_choice: { name: 'my_tool_2' } });
    expect(rewrites?.toolNames).toEqual(new Map([['my_tool_2', 'my.tool']]));
  });

  it('sends strict only where the vendor can keep it', () => {
    const tool = { name: 't', strict: true, parameters: schema };

    expect(encode({ tools: [tool] }, ['native-json-schema']).body.tools).toMatchObject([
      { strict: true, input_schema: { additionalProperties: false } },
    ]);
    const optional = encode({ tools: [{ ...tool, parameters: { ...schema, required: [] } }] }, ['native-json-schema']);
    expect(optional.body.tools).not.toMatchObject([{ strict: true }]);
    expect(optional.warnings).toMatchObject([{ field: 'tools[].strict', kind: 'dropped' }]);
  });
});

describe('JSON output', () => {
  const output = { kind: 'json-schema' as const, name: 'answer', schema };

  it('uses the native format with a sanitised schema', () => {
    const { body, warnings, rewrites } = encode({ output }, ['native-json-schema']);

    expect(body.output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { a: { type: 'string', description: '{maxLength: 5}' } },
          required: ['a'],
          additionalProperties: false,
        },
      },
    });
    expect(warnings).toMatchObject([{ kind: 'changed' }]);
    expect(rewrites).toBeUndefined();
  });

  it('forces a tool where there is no native format', () => {
    const { body, warnings, rewrites } = encode({ output });

    expect(body).toMatchObject({
      tools: [{ name: 'json', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'json', disable_parallel_tool_use: true },
    });
    expect(rewrites).toEqual({ jsonTool: 'json' });
    expect(warnings).toMatchObject([{ kind: 'emulated' }]);
  });

  it('lets the model call a tool of the caller instead, and avoids its name', () => {
    const { body, rewrites } = encode({ output, tools: [{ name: 'json' }] });

    expect(body).toMatchObject({ tools: [{ name: 'json' }, { name: 'json_answer' }], tool_choice: { type: 'any' } });
    expect(rewrites).toEqual({ jsonTool: 'json_answer' });
  });

  it('leaves a forced tool of the caller alone', () => {
    const { body, rewrites } = encode({ output, tools: [{ name: 't' }], toolChoice: { kind: 'tool', name: 't' } });

    expect(body).toMatchObject({ tools: [{ name: 't' }], tool_choice: { type: 'tool', name: 't' } });
    expect(rewrites).toBeUndefined();
  });

  it('gives up thinking for the forced tool, with a warning', () => {
    const { body, warnings } = encode({ output, reasoning: { effort: 'low' } }, ['thinking-budget']);

    expect(body).not.toHaveProperty('thinking');
    expect(warnings).toMatchObject([{ kind: 'emulated' }, { field: 'thinking', kind: 'dropped' }]);
  });

  it('asks by an instruction for plain JSON and for schemas that are no object', () => {
    expect(encode({ output: { kind: 'json' } }).body.system).toContain('JSON object');
    expect(encode({ output: { ...output, schema: { type: 'array' } } }).body.system).toContain('{"type":"array"}');
  });
});

describe('cache marks', () => {
  const marked = (text: string, ttl?: '5m' | '1h'): Part => ({ type: 'text', text, cache: ttl === undefined ? {} : { ttl } });
  const marksOf = (body: unknown): number => JSON.stringify(body).split('"cache_control"').length - 1;

  it('stay on tools, system and messages', () => {
    const { body, warnings } = encode({
      tools: [{ name: 't', cache: { ttl: '1h' } }],
      messages: [
        { role: 'system', parts: [marked('s')] },
        { role: 'user', parts: [marked('u')] },
      ],
    });

    expect(body).toMatchObject({
      tools: [{ cache_control: { type: 'ephemeral', ttl: '1h' } }],
      system: [{ cache_control: { type: 'ephemeral' } }],
      messages: [{ content: [{ cache_control: { type: 'ephemeral' } }] }],
    });
    expect(warnings).toEqual([]);
  });

  it('are at most four; the last ones stay', () => {
    const { body, warnings } = encode({ messages: [{ role: 'user', parts: ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => marked(text)) }] });

    expect(marksOf(body)).toBe(4);
    expect(body.messages).toMatchObject([{ content: [{ type: 'text', text: 'a' }, {}, {}, {}, {}, { text: 'f', cache_control: {} }] }]);
    expect(warnings).toMatchObject([{ field: 'cache_control', kind: 'dropped' }]);
  });

  it('never grow longer along the prompt', () => {
    const { body, warnings } = encode({ messages: [{ role: 'user', parts: [marked('a', '5m'), marked('b', '1h')] }] });

    expect(body.messages).toMatchObject([{ content: [{ cache_control: { ttl: '5m' } }, { cache_control: { ttl: '5m' } }] }]);
    expect(warnings).toMatchObject([{ field: 'cache_control.ttl', kind: 'changed' }]);
  });
});
