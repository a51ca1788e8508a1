import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { DecodeOptions, ErrorReply } from '../dialect.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { decodeError } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';

const answer = (content: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
  ...more,
});
const partsOf = (content: readonly JsonObject[], options?: DecodeOptions) => decodeResponse(answer(content), options).choices[0]?.parts;

describe('decodeResponse', () => {
  it('reads text, signed reasoning and tool calls', () => {
    expect(
      partsOf([
        { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
        { reasoningContent: { redactedContent: 'b3BhcXVl' } },
        { reasoningContent: { reasoningText: { text: 'plain' } } },
        { text: 'So' },
        { toolUse: { toolUseId: 't1', name: 'now', input: {} } },
      ]),
    ).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'c2ln', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'b3BhcXVl', origin: 'anthropic-messages' },
      { type: 'reasoning', text: 'plain' },
      { type: 'text', text: 'So' },
      { type: 'tool-call', id: 't1', name: 'now', arguments: '{}' },
    ]);
  });

  it('reads cited text, and keeps what it does not know for its own dialect', () => {
    const cited = { citationsContent: { content: [{ text: 'As ' }, { text: 'said' }], citations: [{ title: 'a' }] } };
    const decoded = decodeResponse(answer([cited, { video: { format: 'mp4' } }])).choices[0];

    expect(decoded?.parts).toEqual([
      { type: 'text', text: 'As said' },
      { type: 'opaque', dialect: 'bedrock-converse', wire: { video: { format: 'mp4' } } },
    ]);
    expect(decoded?.annotations).toEqual([{ title: 'a' }]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['malformed_tool_use', 'error'],
    ['a newer word', 'stop'],
  ])('understands the stop reason %s', (stopReason, finish) => {
    expect(decodeResponse(answer([{ text: 'x' }], { stopReason })).choices[0]?.finish).toBe(finish);
  });

  it('tells which stop sequence matched, under both names it may come', () => {
    const with1 = decodeResponse(answer([{ text: 'x' }], { additionalModelResponseFields: { stop_sequence: 'END' } }));
    const with2 = decodeResponse(answer([{ text: 'x' }], { additionalModelResponseFields: { delta: { stop_sequence: 'END' } } }));

    expect([with1, with2].map(({ choices }) => choices[0]?.stopSequence)).toEqual(['END', 'END']);
  });

  it('counts each token once: its input leaves cache reads and writes out', () => {
    const usage = {
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 132,
      cacheReadInputTokens: 100,
      cacheWriteInputTokens: 17,
      cacheDetails: [
        { ttl: '1h', inputTokens: 7 },
        { ttl: '5m', inputTokens: 10 },
      ],
    };

    expect(decodeResponse(answer([{ text: 'x' }], { usage })).usage).toEqual({
      input: 10,
      cachedInput: 100,
      cacheWrite: 17,
      cacheWrite1h: 7,
      output: 5,
      reasoning: 0,
      source: 'upstream',
    });
    expect(decodeResponse(answer([{ text: 'x' }], { usage: {} }))).not.toHaveProperty('usage');
  });

  it('makes the answer of the tool that played JSON the text, and lets talk around it go', () => {
    const content = [{ text: 'Here:' }, { toolUse: { toolUseId: 'a', name: 'json', input: { a: 1 } } }];
    const decoded = decodeResponse(answer(content, { stopReason: 'tool_use' }), { jsonTool: 'json' }).choices[0];

    expect(decoded).toMatchObject({ parts: [{ type: 'text', text: '{"a":1}' }], finish: 'stop' });
  });

  it('passes another tool on when the model called that instead', () => {
    const content = [{ text: 'First' }, { toolUse: { toolUseId: 'a', name: 'look', input: {} } }];
    const decoded = decodeResponse(answer(content, { stopReason: 'tool_use' }), { jsonTool: 'json' }).choices[0];

    expect(decoded?.parts.map(({ type }) => type)).toEqual(['text', 'tool-call']);
    expect(decoded?.finish).toBe('tool-calls');
  });

  it('counts what was written, for answers without usage', () => {
    expect(readAnswerFacts(answer([{ text: 'four' }, { toolUse: { name: 'x', input: { a: 1 } } }])).outputChars).toBe(11);
  });

  it.each<[string, JsonValue]>([
    ['a list', []],
    ['no content', { stopReason: 'end_turn' }],
    ['content that is none', answer([], { output: { message: { content: ['x'] } } })],
    ['a call without a name', answer([{ toolUse: { toolUseId: 'a' } }])],
  ])('refuses %s', (_what, body) => {
    expect(() => decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });

  it('finds the error in a 200 that is none', () => {
    expect(() => decodeResponse({ __type: 'ThrottlingException', message: 'slow' })).toThrow(
      expect.objectContaining({ code: 'upstream_rate_limited' }),
    );
  });
});

describe('createEventDecoder', () => {
  function decode(frames: readonly (readonly [event: string, payload: JsonValue])[], options?: DecodeOptions): ChatEvent[] {
    const events: ChatEvent[] = [];
    const decoder = createEventDecoder(options);
    for (const [event, payload] of frames) decoder.push({ event, data: JSON.stringify(payload) }, (one) => events.push(one));
    decoder.end((one) => events.push(one));
    return events;
  }
  const begun = ['messageStart', { role: 'assistant' }] as const;
  const text = (index: number, said: string) =>
    ['contentBlockDelta', { contentBlockIndex: index, delta: { text: said }, p: 'abc' }] as const;
  const over = ['messageStop', { stopReason: 'end_turn' }] as const;

  it('begins text with its first delta, and drops padding and events it does not know', () => {
    expect(decode([['initial-response', {}], begun, text(0, 'Hi'), ['somethingNew', { a: 1 }], over])).toEqual([
      { type: 'start', id: '', model: '', created: 0 },
      { type: 'text-delta', block: 0, text: 'Hi' },
      { type: 'block-end', block: 0 },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('calls a tool without parameters with an empty object', () => {
    const start = ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'a', name: 'now' } } }] as const;

    expect(
      decode([begun, start, ['contentBlockStop', { contentBlockIndex: 0 }], ['messageStop', { stopReason: 'tool_use' }]]),
    ).toContainEqual({
      type: 'tool-call-delta',
      block: 0,
      arguments: '{}',
    });
  });

  it('shows no tool that the provider ran itself', () => {
    const start = [
      'contentBlockStart',
      { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'a', name: 'search', type: 'server_tool_use' } } },
    ] as const;
    const input = ['contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } }] as const;

    expect(decode([begun, start, input, ['contentBlockStop', { contentBlockIndex: 0 }], over]).map(({ type }) => type)).toEqual([
      'start',
      'finish',
    ]);
  });

  it.each<[string, readonly (readonly [string, JsonValue])[]]>([
    ['a second beginning', [begun, begun]],
    ['content after the stop reason', [begun, over, text(0, 'more')]],
    ['arguments outside a call', [begun, ['contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } }]]],
    ['text inside a call', [begun, ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { name: 'x' } } }], text(0, 'x')]],
    ['a payload that is no object', [begun, ['contentBlockDelta', 'x']]],
  ])('refuses %s', (_what, frames) => {
    expect(() => decode(frames)).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });

  it.each([
    ['throttlingException', 'upstream_rate_limited'],
    ['serviceUnavailableException', 'upstream_overloaded'],
    ['modelTimeoutException', 'upstream_timeout'],
    ['internalServerException', 'upstream_error'],
    ['modelStreamErrorException', 'upstream_error'],
    ['validationException', 'upstream_rejected'],
    ['AccessDeniedException', 'upstream_auth_failed'],
    ['InternalFailure: broken', 'upstream_error'],
  ])('makes the exception %s a failure', (name, code) => {
    expect(() => decode([begun, [`exception:${name}`, { message: 'no' }]])).toThrow(expect.objectContaining({ code }));
  });
});

describe('decodeError', () => {
  function reply(status: number, body: JsonValue | undefined, type?: string): ErrorReply {
    return {
      status,
      header: (name) => (name === 'x-amzn-errortype' ? type : undefined),
      body,
      text: body === undefined ? 'not JSON' : JSON.stringify(body),
    };
  }

  it.each<[number, JsonValue, string | undefined, string]>([
    [429, { message: 'Too many tokens per day, please wait' }, 'ThrottlingException', 'upstream_rate_limited'],
    [400, { message: 'quota' }, 'ServiceQuotaExceededException:http://x/', 'upstream_rate_limited'],
    [429, { message: 'loading' }, 'ModelNotReadyException', 'upstream_overloaded'],
    [403, { Message: 'The security token is invalid' }, 'UnrecognizedClientException', 'upstream_auth_failed'],
    [400, { __type: 'com.amazon.coral.service#ExpiredTokenException', message: 'expired' }, undefined, 'upstream_auth_failed'],
    [404, { message: 'no such profile' }, 'ResourceNotFoundException', 'upstream_not_found'],
    [400, { message: "Invocation of model ID x with on-demand throughput isn't supported." }, 'ValidationException', 'upstream_not_found'],
    [400, { message: 'prompt is too long: 250000 tokens' }, 'ValidationException', 'context_length_exceeded'],
    [424, { message: 'the model failed' }, 'ModelErrorException', 'upstream_error'],
    [500, { message: 'oops' }, 'InternalServerException', 'upstream_error'],
    [503, { message: 'busy' }, 'ServiceUnavailableException', 'upstream_overloaded'],
  ])('reads %i %j %s', (status, body, type, code) => {
    const error = decodeError(reply(status, body, type));

    expect(error.code).toBe(code);
    expect(error.details.upstreamType ?? type).toBeDefined();
  });

  it('copes with an answer that is not JSON', () => {
    expect(decodeError(reply(502, undefined)).code).toBe('upstream_error');
  });
});
