import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatResponse } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeResponse } from './encode-response.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { createEventEncoder } from './event-encoder.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

const whole = (message: object, more: object = {}): Parameters<typeof decodeResponse>[0] =>
  ({ id: 'c', finish_reason: 'COMPLETE', message: { role: 'assistant', ...message }, ...more }) as Parameters<typeof decodeResponse>[0];

function codeOf(step: () => unknown): string {
  try {
    step();
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  return 'no error';
}

describe('a whole answer', () => {
  it.each(['null', '', ' ', undefined])('whose call has the arguments %j calls with an empty object', (args) => {
    const answer = decodeResponse(
      whole({ tool_calls: [{ id: 't', function: { name: 'clock', arguments: args } }] }, { finish_reason: 'TOOL_CALL' }),
    );

    expect(answer.choices[0]).toMatchObject({ finish: 'tool-calls', parts: [{ type: 'tool-call', arguments: '{}' }] });
  });

  it('keeps citations for its own dialect', () => {
    const citations = [{ start: 0, end: 1, text: 'a' }];
    const answer = decodeResponse(whole({ content: [{ type: 'text', text: 'a' }], citations }));

    expect(encodeResponse(answer, [])).toMatchObject({ message: { content: [{ type: 'text', text: 'a' }], citations } });
  });

  it('that is an error, or none at all, fails', () => {
    expect(codeOf(() => decodeResponse(whole({}, { finish_reason: 'ERROR' })))).toBe('upstream_error');
    expect(codeOf(() => decodeResponse(whole({}, { finish_reason: 'TIMEOUT' })))).toBe('upstream_timeout');
    expect(codeOf(() => decodeResponse({ message: 'too many requests' }))).toBe('upstream_error');
    expect(codeOf(() => decodeResponse({ choices: [] }))).toBe('upstream_bad_reply');
    expect(codeOf(() => decodeResponse('<html>'))).toBe('upstream_bad_reply');
    expect(codeOf(() => readAnswerFacts(whole({}, { finish_reason: 'ERROR' })))).toBe('upstream_error');
  });

  it('tells accounting what it holds', () => {
    const facts = readAnswerFacts(
      whole({
        content: [
          { type: 'thinking', thinking: 'ab' },
          { type: 'text', text: 'cde' },
        ],
        tool_plan: 'f',
      }),
    );

    expect(facts).toEqual({ id: 'c', finish: 'COMPLETE', outputChars: 6 });
  });

  it('of another provider is written without what has no place, and says so', () => {
    const warnings: Warning[] = [];
    const response: ChatResponse = {
      id: 'x',
      model: 'm',
      created: 1,
      choices: [
        {
          index: 0,
          finish: 'refusal',
          annotations: [{}],
          parts: [
            { type: 'reasoning', text: 'hm', signature: 's', origin: 'anthropic-messages' },
            { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'server_tool_use' } },
            { type: 'refusal', text: 'no' },
          ],
        },
        { index: 1, finish: 'stop', parts: [] },
      ],
    };

    const body = encodeResponse(response, warnings);

    expect(body).toEqual({
      id: 'x',
      finish_reason: 'COMPLETE',
      message: {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'no' },
        ],
      },
    });
    expect(warnings.map(({ field }) => field)).toEqual(['n', 'annotations', 'finish_reason', 'content.thinking', 'content']);
  });
});

describe('usage', () => {
  const wire = {
    billed_units: { input_tokens: 2406, output_tokens: 7, search_units: 2 },
    tokens: { input_tokens: 2935, output_tokens: 10 },
    cached_tokens: 2928,
  };

  it('reports tokens and keeps what is billed, though more is cached than billed', () => {
    const usage = decodeUsage(wire);

    expect(usage).toEqual({
      input: 7,
      cachedInput: 2928,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: 10,
      reasoning: 0,
      source: 'upstream',
      billed: { input: 2406, output: 7 },
      units: [{ unit: 'search', count: 2 }],
    });
    expect(usage && encodeUsage(usage)).toEqual({
      billed_units: { input_tokens: 2406, output_tokens: 7 },
      tokens: { input_tokens: 2935, output_tokens: 10 },
      cached_tokens: 2928,
    });
  });

  it('is clamped where the numbers are impossible', () => {
    expect(decodeUsage({ tokens: { input_tokens: 5, output_tokens: 1 }, cached_tokens: 9 })).toMatchObject({
      input: 0,
      cachedInput: 5,
      anomaly: 'cached > input',
    });
  });

  it('is unknown where there are no numbers', () => {
    expect([decodeUsage(undefined), decodeUsage({}), decodeUsage({ tokens: null })]).toEqual([undefined, undefined, undefined]);
  });
});

describe('errors', () => {
  const reply = (status: number, body: object): Parameters<typeof decodeError>[0] => ({
    status,
    header: () => undefined,
    body: body as Parameters<typeof decodeError>[0]['body'],
    text: '',
  });

  it.each([
    [401, 'upstream_auth_failed'],
    [498, 'upstream_auth_failed'],
    [402, 'upstream_quota_exhausted'],
    [404, 'upstream_not_found'],
    [422, 'upstream_rejected'],
    [429, 'upstream_rate_limited'],
    [503, 'upstream_overloaded'],
  ])('of status %i are %s', (status, code) => {
    expect(decodeError(reply(status, { message: 'no' })).code).toBe(code);
  });

  it('of ours name the field and the code', () => {
    const error = new GatewayError('invalid_request', 'bad', { param: 'p' });

    expect(encodeError(error, 'req_1')).toEqual({ id: 'req_1', message: 'bad', code: 'invalid_request', param: 'p' });
    expect(encodeErrorFrame(error, 'req_1')).toMatch(/^event: message-end\ndata: .*"finish_reason":"ERROR","error":"bad".*\n\n$/);
  });
});

describe('a stream', () => {
  const write = (events: readonly ChatEvent[], warnings: Warning[] = []): string[] => {
    const encoder = createEventEncoder({ model: 'm', includeUsage: true, warnings });
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
    return text.split('\n\n').filter((frame) => frame !== '');
  };
  const start: ChatEvent = { type: 'start', id: 'x', model: 'm', created: 1 };
  const finish: ChatEvent = { type: 'finish', reason: 'stop' };

  it('closes each block before the next kind of content begins', () => {
    const frames = write([
      start,
      { type: 'reasoning-delta', block: 0, text: 'a' },
      { type: 'text-delta', block: 1, text: 'b' },
      { type: 'tool-call-start', block: 2, id: 'i', name: 'n' },
      { type: 'tool-call-delta', block: 2, arguments: '{}' },
      { type: 'finish', reason: 'tool-calls' },
    ]);

    expect(frames.map((frame) => frame.split('\n')[0]?.slice(7))).toEqual([
      'message-start',
      'content-start',
      'content-delta',
      'content-end',
      'content-start',
      'content-delta',
      'content-end',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
      'message-end',
    ]);
    for (const frame of frames) expect(() => JSON.parse(frame.split('\n')[1]?.slice(6) ?? '')).not.toThrow();
  });

  it('without a finish reason has no end', () => {
    expect(codeOf(() => write([start, { type: 'text-delta', block: 0, text: 'a' }]))).toBe('upstream_truncated');
  });

  it('says once what it cannot show', () => {
    const warnings: Warning[] = [];
    const signed: ChatEvent = { type: 'reasoning-signature', block: 0, signature: 's' };
    write(
      [start, signed, signed, { type: 'text-delta', block: 1, text: 'a', choice: 1 }, { ...finish, reason: 'content-filter' }],
      warnings,
    );

    expect(warnings.map(({ field }) => field)).toEqual(['content.thinking', 'n', 'finish_reason']);
  });

  it('replays the citations of a whole answer as events', () => {
    const wire = { type: 'citations', citations: [{ text: 'a' }] };
    const frames = write([start, { type: 'opaque', dialect: 'cohere-v2', wire }, finish]);

    expect(frames.map((frame) => frame.split('\n')[0]?.slice(7))).toEqual([
      'message-start',
      'citation-start',
      'citation-end',
      'message-end',
    ]);
  });
});
