import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import { decodeUpstreamError, decodeUpstreamFault } from './upstream-error.ts';

function decode(status: number, body: JsonValue | undefined, text = ''): GatewayError {
  return decodeUpstreamError({ status, header: () => undefined, body, text });
}

describe('decodeUpstreamError', () => {
  it.each<[string, number, JsonValue, string, string]>([
    ['OpenAI', 400, { error: { message: 'bad n', type: 'invalid_request_error', param: 'n', code: null } }, 'upstream_rejected', 'bad n'],
    ['Anthropic', 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'upstream_overloaded', 'Overloaded'],
    ['Google', 400, { error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } }, 'upstream_rejected', 'bad'],
    ['Google as an array', 503, [{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }], 'upstream_overloaded', 'busy'],
    [
      'text error',
      404,
      { error: 'model "x" not found, try pulling it first' },
      'upstream_not_found',
      'model "x" not found, try pulling it first',
    ],
    ['xAI code and text', 400, { code: 'Client specified an invalid argument', error: 'bad input' }, 'upstream_rejected', 'bad input'],
    [
      'flat message',
      422,
      { message: 'no such field', type: 'x', param: 'foo', code: 'wrong_api_format' },
      'upstream_rejected',
      'no such field',
    ],
    ['Mistral object', 400, { object: 'error', message: 'bad role', type: 'invalid_request_error' }, 'upstream_rejected', 'bad role'],
    [
      'Mistral nested list',
      422,
      { object: 'error', message: { detail: [{ loc: ['body', 'x'], msg: 'extra' }] } },
      'upstream_rejected',
      'x: extra',
    ],
    ['detail text', 429, { detail: 'slow down' }, 'upstream_rate_limited', 'slow down'],
    [
      'detail list',
      422,
      { detail: [{ loc: ['body', 'messages', 0, 'role'], msg: 'bad', type: 'e' }] },
      'upstream_rejected',
      'messages[0].role: bad',
    ],
    ['detail object with error', 500, { detail: { error: 'oops' } }, 'upstream_error', 'oops'],
    ['detail object with message', 401, { detail: { status: 'bad', message: 'no' } }, 'upstream_auth_failed', ''],
    ['problem JSON', 404, { title: 'Not found', detail: 'no such model', status: 404 }, 'upstream_not_found', 'no such model'],
    ['title only', 500, { title: 'Broken', status: 500 }, 'upstream_error', 'Broken'],
    ['Portkey', 446, { status: 'failure', message: 'guardrail' }, 'content_filtered', 'guardrail'],
  ])('reads the %s shape', (_name, status, body, code, message) => {
    const error = decode(status, body);

    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.details.upstreamStatus).toBe(status);
  });

  it.each<[number, string]>([
    [400, 'upstream_rejected'],
    [401, 'upstream_auth_failed'],
    [402, 'upstream_quota_exhausted'],
    [403, 'upstream_auth_failed'],
    [404, 'upstream_not_found'],
    [408, 'upstream_timeout'],
    [409, 'upstream_error'],
    [410, 'upstream_not_found'],
    [413, 'upstream_rejected'],
    [422, 'upstream_rejected'],
    [424, 'upstream_error'],
    [425, 'upstream_error'],
    [429, 'upstream_rate_limited'],
    [500, 'upstream_error'],
    [502, 'upstream_error'],
    [503, 'upstream_overloaded'],
    [504, 'upstream_timeout'],
    [520, 'upstream_error'],
    [524, 'upstream_timeout'],
    [529, 'upstream_overloaded'],
    [302, 'upstream_bad_reply'],
  ])('an empty %i is %s', (status, code) => {
    expect(decode(status, undefined).code).toBe(code);
  });

  it.each<[string, number, JsonValue, string]>([
    ['insufficient_quota as 429', 429, { error: { code: 'insufficient_quota', message: 'm' } }, 'upstream_quota_exhausted'],
    ['Anthropic billing_error', 402, { error: { type: 'billing_error', message: 'm' } }, 'upstream_quota_exhausted'],
    ['no balance as 403', 403, { reason: 'NOT_ENOUGH_BALANCE', code: 403, message: 'not enough balance' }, 'upstream_quota_exhausted'],
    ['credit text as 400', 400, { error: { message: 'Your credit balance is too low' } }, 'upstream_quota_exhausted'],
    ['LiteLLM budget', 400, { error: { type: 'budget_exceeded', message: 'ExceededBudget', code: '400' } }, 'upstream_quota_exhausted'],
    [
      'LiteLLM without a database',
      400,
      { error: { type: 'no_db_connection', message: 'No connected db.', code: '400' } },
      'upstream_auth_failed',
    ],
    [
      'LiteLLM without the model',
      400,
      {
        error: { type: 'invalid_request_error', message: '/chat/completions: Invalid model name passed in model=m. Call ...', code: '400' },
      },
      'upstream_not_found',
    ],
    ['context code', 400, { error: { code: 'context_length_exceeded', message: 'm' } }, 'context_length_exceeded'],
    [
      'Anthropic prompt length',
      400,
      { error: { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' } },
      'context_length_exceeded',
    ],
    ['Gemini prompt length', 400, { error: { message: 'exceeds the maximum number of tokens allowed' } }, 'context_length_exceeded'],
    ['Together 403 length', 403, { error: { message: 'exceeds the context length of the model' } }, 'context_length_exceeded'],
    ['Azure filter', 400, { error: { code: 'content_filter', message: 'm' } }, 'content_filtered'],
    ['Azure inner filter', 400, { error: { message: 'm', innererror: { code: 'ResponsibleAIPolicyViolation' } } }, 'content_filtered'],
    [
      'OpenRouter moderation',
      403,
      { error: { code: 403, message: 'm', metadata: { reasons: ['x'], flagged_input: 'y' } } },
      'content_filtered',
    ],
    [
      'Google bad key as 400',
      400,
      { error: { status: 'INVALID_ARGUMENT', message: 'm', details: [{ reason: 'API_KEY_INVALID' }] } },
      'upstream_auth_failed',
    ],
    ['xAI bad key as 400', 400, { error: 'Incorrect API key provided: xai-abc' }, 'upstream_auth_failed'],
    [
      'xAI bad key beside a code',
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***bc. You can obtain one at the console.' },
      'upstream_auth_failed',
    ],
    [
      'a bad key as 400, by code',
      400,
      { error: { message: 'no', type: 'invalid_request_error', code: 'invalid_api_key' } },
      'upstream_auth_failed',
    ],
    ['a bad key as 400, spelt otherwise', 400, { error: { message: 'Invalid api_key: check it' } }, 'upstream_auth_failed'],
    ['Groq tokens a minute as 413', 413, { error: { code: 'rate_limit_exceeded', message: 'm' } }, 'upstream_rate_limited'],
    [
      'Gemini quota with a delay',
      429,
      { error: { message: 'You exceeded your current quota', details: [{ '@type': 'x/google.rpc.RetryInfo', retryDelay: '3s' }] } },
      'upstream_rate_limited',
    ],
    ['Gemini quota without one', 429, { error: { message: 'You exceeded your current quota' } }, 'upstream_quota_exhausted'],
  ])('%s', (_name, status, body, code) => {
    expect(decode(status, body).code).toBe(code);
  });

  it('keeps status, message, param and code of a refused request', () => {
    const error = decode(422, { error: { message: 'too hot', type: 'invalid_request_error', param: 'temperature', code: 'bad_value' } });

    expect(error.status).toBe(422);
    expect(error.message).toBe('too hot');
    expect(error.details).toMatchObject({ param: 'temperature', upstreamCode: 'bad_value', upstreamType: 'invalid_request_error' });
  });

  it('never repeats what the provider said about the key', () => {
    const error = decode(401, { error: { message: 'Incorrect API key provided: sk-proj-abcdef123456', code: 'invalid_api_key' } });

    expect(error.code).toBe('upstream_auth_failed');
    expect(error.status).toBe(502);
    expect(error.message).not.toContain('sk-');
  });

  it('hides organisation ids and keys in other texts', () => {
    const error = decode(429, { error: { message: 'Rate limit reached in organization org-abcDEF1234567 for sk-abcdef1234' } });

    expect(error.message).toBe('Rate limit reached in organization org-... for sk-...');
  });

  it('adds the raw text that OpenRouter hides in metadata', () => {
    expect(decode(502, { error: { code: 502, message: 'Provider returned error', metadata: { raw: 'upstream said no' } } }).message).toBe(
      'Provider returned error: upstream said no',
    );
  });

  it('shows the title of a page and the beginning of a text', () => {
    expect(decode(502, undefined, '<html><head><title>502 Bad Gateway</title></head>').message).toContain('502 Bad Gateway');
    expect(decode(500, undefined, `no ${'x'.repeat(900)}`).message).toHaveLength(500);
  });

  it('says so when the provider said nothing', () => {
    expect(decode(500, {}).message).toBe('the provider answered HTTP 500 without an explanation');
  });

  it('carries the delay of the headers, but never that of a success', () => {
    const header = (name: string) => (name === 'retry-after' ? '3' : undefined);

    expect(decodeUpstreamError({ status: 429, header, body: undefined, text: '' }).details.retryAfterMs).toBe(3_000);
    expect(decodeUpstreamError({ status: 200, header, body: { error: 'x' }, text: '' }).details.retryAfterMs).toBeUndefined();
  });

  it('gives a GatewayError for any JSON and any status', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, body) => {
        const error = decode(status, body as JsonValue, 'text');

        expect(error).toBeInstanceOf(GatewayError);
        expect(error.message).not.toBe('');
        expect(error.status).toBeGreaterThanOrEqual(400);
      }),
    );
  });
});

describe('decodeUpstreamFault', () => {
  it.each<[JsonValue, string]>([
    [{ error: { code: 400, message: 'm' } }, 'upstream_rejected'],
    [{ error: { code: '429', message: 'litellm.RateLimitError: m' } }, 'upstream_rate_limited'],
    [{ error: { type: 'overloaded_error', message: 'm' } }, 'upstream_overloaded'],
    [{ error: { type: 'server_error', message: 'm', code: null } }, 'upstream_error'],
    [{ error: { message: 'tool', code: 'tool_use_failed', status_code: 400 } }, 'upstream_rejected'],
    [{ error: { type: 'rate_limit_error', message: 'm' } }, 'upstream_rate_limited'],
    [{ error: 'something broke' }, 'upstream_error'],
    [{ code: 'internal', error: 'x' }, 'upstream_error'],
    [{ status_code: 503, error: 'x' }, 'upstream_overloaded'],
  ])('classifies an error inside a stream: %j', (body, code) => {
    expect(decodeUpstreamFault(body).code).toBe(code);
  });

  it('keeps the tool call that the provider rejected', () => {
    const error = decodeUpstreamFault({ error: { message: 'm', code: 'tool_use_failed', failed_generation: '<tool>' } });

    expect(error.details.extra).toEqual({ failed_generation: '<tool>' });
  });
});
