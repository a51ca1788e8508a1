import { describe, expect, it } from 'vitest';
import { failures, GatewayError, type ErrorCode } from '../../core/errors.ts';
import { encodeError, encodeErrorFrame, findError } from './errors.ts';

describe('encodeError', () => {
  it.each(Object.keys(failures) as ErrorCode[])('writes all four members for %s', (code) => {
    expect(encodeError(new GatewayError(code, 'what to do'), 'req_1')).toEqual({
      error: { message: 'what to do', type: failures[code].openai, code, param: null, request_id: 'req_1' },
    });
  });

  it("keeps the provider's code and param, and more facts beside them", () => {
    const error = new GatewayError('upstream_rejected', 'too hot', {
      param: 'temperature',
      upstreamCode: 'bad_value',
      upstreamType: 'invalid_value_error',
      extra: { suggestions: ['a'], message: 'never this' },
    });

    expect(encodeError(error, 'r')).toEqual({
      error: {
        message: 'too hot',
        type: 'invalid_value_error',
        code: 'bad_value',
        param: 'temperature',
        request_id: 'r',
        suggestions: ['a'],
      },
    });
  });

  it("does not blame the caller's key for the gateway's own", () => {
    const error = new GatewayError('upstream_auth_failed', 'm', { upstreamCode: 'invalid_api_key', upstreamType: 'authentication_error' });

    expect(encodeError(error, 'r')).toMatchObject({ error: { type: 'api_error', code: 'upstream_auth_failed' } });
  });

  it('ends a failed stream without [DONE]', () => {
    const frame = encodeErrorFrame(new GatewayError('upstream_truncated', 'm'), 'r');

    expect(frame.startsWith('data: {"error":{')).toBe(true);
    expect(frame.endsWith('}}\n\n')).toBe(true);
    expect(frame).not.toContain('[DONE]');
  });
});

describe('findError', () => {
  it.each([
    [{ error: { message: 'm' } }],
    [{ error: 'text' }],
    [{ code: 'x', error: 'text' }],
    [{ object: 'error', message: 'm' }],
    [{ message: 'm', code: 'c', type: 't', param: null }],
    [{ detail: 'm' }],
    [{ choices: [{ error: { code: 502, message: 'm' } }] }],
    [{ error: { message: 'm' }, user_id: 'u' }],
  ])('finds %j', (body) => {
    expect(findError(body)).toBeInstanceOf(GatewayError);
  });

  it.each([
    [{ choices: [], error: null }],
    [{ choices: [{ delta: {} }] }],
    [{ choices: [{ delta: {} }], message: 'fine', code: 1 }],
    [{ id: 'x', usage: {} }],
    [{ error: '' }],
  ])('takes %j for no error', (body) => {
    expect(findError(body)).toBeUndefined();
  });
});
