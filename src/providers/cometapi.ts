// An aggregator that passes every vendor's parameters and quirks through.
import { bearer, defineProvider } from './provider.ts';
import { models, openaiChat, openaiTasks, rerank } from './openai-endpoints.ts';

export const cometapi = defineProvider({
  id: 'cometapi',
  name: 'CometAPI',
  docs: 'https://api.cometapi.com/doc',
  baseUrl: 'https://api.cometapi.com/v1',
  auth: bearer,
  env: { apiKey: ['COMETAPI_KEY'] },
  openEnded: true,
  chat: [openaiChat(), { dialect: 'anthropic-messages', path: '/messages', ownAddressOnly: true }],
  tasks: { ...openaiTasks, rerank: [rerank] },
  models,
  errors: { quotaCodes: ['insufficient_user_quota'] },
});
