// A caller over budget in each grammar: the status at which its tools stop instead of trying again.
import { expect, it } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import { grammarOf } from '../../src/server/router.ts';

const error = new GatewayError('budget_exceeded', 'Budget has been exceeded!', { extra: { budget: { limit_usd: 1 } } });

it.each([
  ['/v1/chat/completions', 402, { error: { type: 'insufficient_quota', code: 'budget_exceeded' } }],
  ['/v1/messages', 402, { type: 'error', error: { type: 'billing_error' } }],
  ['/v1/responses', 429, { error: { type: 'insufficient_quota', code: 'budget_exceeded' } }],
  ['/responses', 429, { error: { type: 'insufficient_quota' } }],
  ['/api/chat/completions', 402, { error: 'budget_exceeded', budget: { limit_usd: 1 } }],
])('%s answers %i', (path, status, body) => {
  const answer = grammarOf(path)(error, 'req_1');

  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject(body);
});
