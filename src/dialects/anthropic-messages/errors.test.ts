import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../core/errors.ts';
import { anthropicMessages } from './dialect.ts';

describe('encodeError', () => {
  it("writes the vendor's shape with what more is known inside error", () => {
    const error = new GatewayError('invalid_request', 'max_tokens: expected a number', {
      param: 'max_tokens',
      extra: { hint: 'send 1 or more' },
    });

    expect(anthropicMessages.encodeError(error, 'req_1')).toEqual({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'max_tokens: expected a number',
        code: 'invalid_request',
        param: 'max_tokens',
        hint: 'send 1 or more',
        details: { error_code: 'invalid_request' },
      },
      request_id: 'req_1',
    });
  });

  it('never lets more facts replace type and message', () => {
    const error = new GatewayError('upstream_error', 'it failed', { extra: { type: 'x', message: 'y' } });

    expect(anthropicMessages.encodeError(error, 'req_1')).toMatchObject({ error: { type: 'api_error', message: 'it failed' } });
  });
});

describe('encodeErrorFrame', () => {
  it('is an error event', () => {
    const frame = anthropicMessages.encodeErrorFrame(new GatewayError('upstream_overloaded', 'busy'), 'req_1');

    expect(frame).toMatch(/^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error",.*\}\n\n$/);
  });
});

describe('decodeError', () => {
  const header = (): string | undefined => undefined;

  it.each([
    [529, 'overloaded_error', 'upstream_overloaded'],
    [500, 'api_error', 'upstream_error'],
    [429, 'rate_limit_error', 'upstream_rate_limited'],
    [401, 'authentication_error', 'upstream_auth_failed'],
    [403, 'permission_error', 'upstream_auth_failed'],
    [402, 'billing_error', 'upstream_quota_exhausted'],
    [404, 'not_found_error', 'upstream_not_found'],
    [413, 'request_too_large', 'upstream_rejected'],
    [504, 'timeout_error', 'upstream_timeout'],
    [400, 'invalid_request_error', 'upstream_rejected'],
  ])('reads HTTP %i %s', (status, type, code) => {
    const body = { type: 'error', error: { type, message: 'because' }, request_id: 'req_up' };

    expect(anthropicMessages.decodeError({ status, header, body, text: '' })).toMatchObject({ code });
  });

  it('knows a prompt that is too long by its text', () => {
    const body = { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' } };

    expect(anthropicMessages.decodeError({ status: 400, header, body, text: '' })).toMatchObject({ code: 'context_length_exceeded' });
  });
});
