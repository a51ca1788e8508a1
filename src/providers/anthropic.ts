// The reference of the anthropic-messages dialect.
import { defineProvider } from './provider.ts';
import { thinkingAsBudget, thinkingAsEffort } from './reshapes/thinking-form.ts';

export const anthropic = defineProvider({
  id: 'anthropic',
  name: 'Anthropic',
  docs: 'https://docs.anthropic.com/en/api/messages',
  baseUrl: 'https://api.anthropic.com/v1',
  basePathEnd: '/v1',
  auth: { kind: 'header', name: 'x-api-key' },
  env: { bearerToken: ['ANTHROPIC_AUTH_TOKEN'] },
  headers: { 'anthropic-version': '2023-06-01' },
  chat: [{ dialect: 'anthropic-messages', path: '/messages', rules: { reshapes: [thinkingAsBudget, thinkingAsEffort] } }],
  countTokens: { path: '/messages/count_tokens' },
  models: { path: '/models' },
  errors: { statuses: { 529: 'upstream_overloaded' } },
});
