import { expect, it } from 'vitest';
import { decodeUpstreamError } from '../dialects/upstream-error.ts';
import { findProvider } from '../providers/index.ts';
import { applyErrorRules } from './error-rules.ts';

function failure(provider: string, status: number, body: object) {
  const text = JSON.stringify(body);
  return applyErrorRules(
    decodeUpstreamError({ status, header: () => undefined, body: JSON.parse(text), text }),
    findProvider(provider)?.errors,
  );
}

it.each([
  ['groq', 498, { error: { message: 'no flex capacity' } }, 'upstream_overloaded', 503, 'again'],
  [
    'openai',
    429,
    { error: { message: 'no', type: 'insufficient_quota', code: 'insufficient_quota' } },
    'upstream_quota_exhausted',
    429,
    'next',
  ],
  [
    'openai',
    400,
    { error: { message: 'no', type: 'invalid_request_error', code: 'billing_hard_limit_reached' } },
    'upstream_quota_exhausted',
    429,
    'next',
  ],
  ['litellm', 400, { error: { message: 'spent', type: 'budget_exceeded', code: '400' } }, 'upstream_quota_exhausted', 429, 'next'],
  ['litellm', 401, { error: { message: 'spent', type: 'ExceededBudget', code: '401' } }, 'upstream_quota_exhausted', 429, 'next'],
  ['novita', 403, { code: 403, reason: 'NOT_ENOUGH_BALANCE', message: 'top up' }, 'upstream_quota_exhausted', 429, 'next'],
  ['cometapi', 403, { error: { message: 'no', code: 'insufficient_user_quota' } }, 'upstream_quota_exhausted', 429, 'next'],
  ['cerebras', 400, { message: 'pay first', type: 'payment_required' }, 'upstream_quota_exhausted', 429, 'next'],
  ['elevenlabs', 401, { detail: { status: 'quota_exceeded', message: 'sk_123456789 is out' } }, 'upstream_quota_exhausted', 429, 'next'],
  ['anthropic', 529, { error: { type: 'overloaded_error', message: 'busy' } }, 'upstream_overloaded', 503, 'again'],
] as const)('%s: %i %j is %s', (provider, status, body, code, answered, retry) => {
  expect(failure(provider, status, body)).toMatchObject({ code, status: answered, retry, details: { upstreamStatus: status } });
});

it('leaves the same words of a provider without such a rule as they are', () => {
  expect(failure('openai', 498, { error: { message: 'no flex capacity' } })).toMatchObject({ code: 'upstream_rejected', status: 498 });
  expect(failure('elevenlabs', 401, { detail: { status: 'invalid_api_key', message: 'no' } }).code).toBe('upstream_auth_failed');
});

it('shows nothing of a text that was hidden for the sake of a key', () => {
  const { message } = failure('elevenlabs', 401, { detail: { status: 'quota_exceeded', message: 'sk_123456789 is out' } });

  expect(message).toBe("the gateway's account at the provider has no credit left");
});
