// Whole answers, usage and errors, both ways.
import { describe, expect, it } from 'vitest';
import type { ChatResponse } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeError } from './errors.ts';
import { readResponse, writeResponse } from './function-response.ts';
import { decodeUsage } from './usage.ts';

const answer = (candidate: object, more: object = {}) => ({ candidates: [candidate], responseId: 'r', ...more }) as never;

describe('usage', () => {
  it('adds thinking to the output and the input of its own tools to the input', () => {
    const wire = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      toolUsePromptTokenCount: 10,
      thoughtsTokenCount: 20,
      totalTokenCount: 130,
    };

    expect(decodeUsage(wire)).toMatchObject({ input: 50, cachedInput: 60, output: 0, reasoning: 20 });
  });

  it('counts thinking once where a server counted it among the candidates', () => {
    expect(decodeUsage({ promptTokenCount: 10, candidatesTokenCount: 30, thoughtsTokenCount: 20, totalTokenCount: 40 })).toMatchObject({
      output: 10,
      reasoning: 20,
    });
  });

  it('is unknown where there are no numbers', () => {
    expect(decodeUsage({ promptTokenCount: null, trafficType: 'ON_DEMAND' })).toBeUndefined();
    expect(decodeUsage(undefined)).toBeUndefined();
  });
});

describe('decodeResponse', () => {
  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['BLOCKLIST', 'content-filter'],
    ['SPII', 'content-filter'],
    ['IMAGE_SAFETY', 'content-filter'],
    ['A_WORD_OF_TOMORROW', 'stop'],
  ])('reads %s as %s', (finishReason, finish) => {
    expect(decodeResponse(answer({ content: { parts: [{ text: 'x' }] }, finishReason })).choices[0]?.finish).toBe(finish);
  });

  it('takes a missing finish reason for an end where there is content', () => {
    expect(decodeResponse(answer({ content: { parts: [{ text: 'x' }] } })).choices[0]?.finish).toBe('stop');
    expect(() => decodeResponse(answer({ content: { role: 'model' } }))).toThrow(expect.objectContaining({ code: 'upstream_truncated' }));
  });

  it('is an empty answer where thinking used up all tokens', () => {
    expect(decodeResponse(answer({ content: { role: 'model' }, finishReason: 'MAX_TOKENS' })).choices).toEqual([
      { index: 0, parts: [], finish: 'length' },
    ]);
  });

  it('keeps pictures the model made, and what stands beside the content', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'AA' } }];

    expect(
      decodeResponse(answer({ content: { parts }, finishReason: 'STOP', groundingMetadata: { a: 1 }, safetyRatings: [] })).choices[0]
        ?.parts,
    ).toEqual([
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } },
      { type: 'opaque', dialect: 'gemini', wire: { candidate: { groundingMetadata: { a: 1 } } } },
    ]);
  });

  it('reads a stream that came as one list', () => {
    const list = [
      answer({ content: { parts: [{ text: 'a' }] } }),
      answer({ content: { parts: [{ text: 'b' }] }, finishReason: 'STOP' }),
    ] as never;

    expect(decodeResponse(list).choices[0]?.parts).toEqual([{ type: 'text', text: 'ab' }]);
    expect(readAnswerFacts(list)).toMatchObject({ finish: 'STOP', outputChars: 2 });
  });

  it.each([
    ['the error of a 200', { error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } }, 'upstream_rate_limited'],
    ['the error of a list', [{ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } }], 'upstream_rejected'],
    ['another grammar', { choices: [] }, 'upstream_bad_reply'],
    ['no object', 'hello', 'upstream_bad_reply'],
  ])('throws at %s', (_what, body, code) => {
    expect(() => decodeResponse(body)).toThrow(expect.objectContaining({ code }));
    expect(() => readAnswerFacts(body)).toThrow(expect.objectContaining({ code }));
  });
});

describe('encodeResponse', () => {
  const response: ChatResponse = { id: 'x', model: 'm', created: 0, choices: [] };

  it('says what it cannot show, and shows no proof of another vendor’s', () => {
    const warnings: Warning[] = [];
    const parts = [
      { type: 'reasoning', text: 'hm', signature: 'sig', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'xx', origin: 'anthropic-messages' },
      { type: 'opaque', dialect: 'anthropic-messages', wire: {} },
      { type: 'tool-call', id: 'c', name: 'f', arguments: 'broken' },
    ] as const;

    const body = encodeResponse({ ...response, choices: [{ index: 0, parts, finish: 'tool-calls' }] }, warnings);

    expect(body.candidates).toEqual([
      {
        content: {
          parts: [{ text: 'hm', thought: true }, { functionCall: { id: 'c', name: 'f', args: { rawInvalidInput: 'broken' } } }],
          role: 'model',
        },
        finishReason: 'STOP',
        index: 0,
      },
    ]);
    expect(warnings.map(({ kind }) => kind)).toEqual(['dropped', 'dropped', 'changed']);
  });

  it.each([
    ['content-filter', 'SAFETY'],
    ['refusal', 'SAFETY'],
    ['length', 'MAX_TOKENS'],
    ['pause', 'STOP'],
    ['error', 'OTHER'],
  ] as const)('ends %s with %s', (finish, finishReason) => {
    expect(encodeResponse({ ...response, choices: [{ index: 0, parts: [], finish }] }, []).candidates).toMatchObject([{ finishReason }]);
  });
});

describe('a function’s answer', () => {
  it.each([{ output: 'x' }, { error: 'x' }, { output: '{"a":1}' }, { result: 'x' }, { a: 1, b: [2] }, {}, { output: { deep: 1 } }])(
    'comes back as it was: %j',
    (response) => {
      expect(writeResponse(readResponse(response))).toEqual(response);
    },
  );
});

it('writes errors as google.rpc.Status', () => {
  const error = new GatewayError('upstream_rate_limited', 'slow down', { retryAfterMs: 1_500, param: 'model' });

  expect(encodeError(error, 'req_1')).toEqual({
    error: {
      code: 429,
      message: 'slow down',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'UPSTREAM_RATE_LIMITED',
          domain: 'mpc-api',
          metadata: { request_id: 'req_1', param: 'model' },
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' },
      ],
    },
  });
});
