import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message } from '../../canonical/chat.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import type { EncodeTarget } from '../dialect.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';

const target = (more: Partial<EncodeTarget> = {}): EncodeTarget => ({ model: 'gpt', traits: new Set(), ...more });
const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] });
const request = (more: Partial<ChatRequest> = {}): ChatRequest => ({
  dialect: 'openai-chat',
  model: 'asked',
  messages: [user('hi')],
  stream: false,
  includeUsage: false,
  ...more,
});
const fieldsOf = (encoded: { readonly warnings: readonly { readonly field: string }[] }): readonly string[] =>
  encoded.warnings.map(({ field }) => field);

describe('a request for an upstream of the Responses API', () => {
  it('stores nothing at the provider, and names its functions flat and loose', () => {
    const { body, warnings } = encodeRequest(
      request({
        tools: [
          { name: 'f', parameters: { type: 'object' } },
          { name: 'g', strict: true },
        ],
        toolChoice: { kind: 'tool', name: 'f' },
      }),
      target(),
    );

    expect(body).toEqual({
      model: 'gpt',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      store: false,
      tools: [
        { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
        { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: true },
      ],
      tool_choice: { type: 'function', name: 'f' },
    });
    expect(warnings).toEqual([]);
  });

  it('asks a reasoning model for what it needs to go on after a tool call', () => {
    expect(encodeRequest(request({ reasoning: { effort: 'low' } }), target({ reasoning: true })).body).toMatchObject({
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'low' },
    });
    expect(encodeRequest(request(), target()).body).not.toHaveProperty('include');
  });

  it.each([
    [{ maxOutputTokens: 5 }, { max_output_tokens: 16 }, ['max_completion_tokens']],
    [{ maxOutputTokens: 900 }, { max_output_tokens: 500 }, ['max_completion_tokens']],
    [{ stop: ['x'], seed: 1, count: 2, topK: 3, frequencyPenalty: 1 }, {}, ['top_k', 'frequency_penalty', 'stop', 'seed', 'n']],
    [{ reasoning: { budgetTokens: 5_000 } }, { reasoning: { effort: 'medium' } }, ['reasoning_effort']],
    [{ reasoning: { enabled: false } }, {}, ['reasoning_effort']],
    [
      { extensions: { 'openai-chat': { logit_bias: { 1: 2 }, service_tier: 'flex', verbosity: 'low' } } },
      { service_tier: 'flex', text: { verbosity: 'low' } },
      ['logit_bias'],
    ],
  ] as readonly (readonly [Partial<ChatRequest>, object, readonly string[]])[])(
    '%j: what does not fit is a warning',
    (more, body, fields) => {
      const encoded = encodeRequest(request(more), target({ maxOutputTokens: 500 }));

      expect(encoded.body).toMatchObject(body);
      expect(fieldsOf(encoded)).toEqual(fields);
    },
  );

  it('leaves sampling out where the model refuses it', () => {
    const encoded = encodeRequest(request({ temperature: 1, topP: 0.5 }), target({ traits: new Set(['no-sampling']) }));

    expect(encoded.body).not.toHaveProperty('temperature');
    expect(fieldsOf(encoded)).toEqual(['temperature', 'top_p']);
  });

  it('carries a tool loop with parallel calls, an image as result and an error', () => {
    const { body } = encodeRequest(
      request({
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'rules' }] },
          user('q'),
          {
            role: 'assistant',
            parts: [
              { type: 'text', text: 'Let me see' },
              { type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{}' },
              { type: 'tool-call', id: 'x'.repeat(80), name: 'mcp.tool', arguments: '' },
            ],
          },
          {
            role: 'tool',
            parts: [{ type: 'tool-result', callId: 'x'.repeat(80), isError: true, parts: [{ type: 'text', text: 'no' }] }],
          },
          {
            role: 'tool',
            parts: [
              {
                type: 'tool-result',
                callId: 'toolu_1',
                parts: [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } }],
              },
            ],
          },
        ],
      }),
      target({ traits: new Set(['developer-role']) }),
    );

    const short = `call_0_${'x'.repeat(40)}`;
    expect(body.input).toEqual([
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'rules' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'q' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see', annotations: [] }] },
      { type: 'function_call', call_id: 'toolu_1', name: 'f', arguments: '{}' },
      { type: 'function_call', call_id: short, name: 'mcp_tool', arguments: '{}' },
      { type: 'function_call_output', call_id: short, output: 'Error: no' },
      {
        type: 'function_call_output',
        call_id: 'toolu_1',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'auto' }],
      },
    ]);
  });

  it('never shows it the proofs of another provider', () => {
    const encoded = encodeRequest(
      request({
        messages: [
          user('q'),
          { role: 'assistant', parts: [{ type: 'reasoning', text: 'hm', signature: 'EqQB', origin: 'anthropic-messages' }] },
        ],
      }),
      target(),
    );

    expect(JSON.stringify(encoded.body)).not.toContain('EqQB');
    expect(fieldsOf(encoded)).toEqual(['messages[].reasoning']);
  });

  it('warns of settings and marks of the other grammars', () => {
    const chat = openaiChat.decodeRequest({
      messages: [{ role: 'user', content: 'x' }],
      logprobs: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    const messages = anthropicMessages.decodeRequest({
      max_tokens: 20,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }],
      context_management: { edits: [] },
    });

    expect(fieldsOf(encodeRequest(chat, target()))).toEqual(['logprobs']);
    expect(fieldsOf(encodeRequest(messages, target()))).toEqual(['cache_control', 'context_management']);
  });

  it('says again what this grammar said: tools of its own, free text, replayed items', () => {
    const tools = [{ type: 'web_search' }, { type: 'custom', name: 'sql', description: 'Runs it' }];
    const input = [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'q' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
      { type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'SELECT 1' },
      { type: 'custom_tool_call_output', call_id: 'c', output: '1' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    ];

    const { body, warnings } = encodeRequest(decodeRequest({ model: 'm', input, tools, max_tool_calls: 3 }), target());

    expect(body).toEqual({ model: 'gpt', input, tools, max_tool_calls: 3 });
    expect(warnings).toEqual([]);
  });
});
