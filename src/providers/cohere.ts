// Cohere's own API, version 2. Its OpenAI-compatible facade is not used: it loses citations and the billed units.
import { asArray, asObject, asString } from '../core/json.ts';
import { bearer, defineProvider } from './provider.ts';

export const cohere = defineProvider({
  id: 'cohere',
  name: 'Cohere',
  docs: 'https://docs.cohere.com/reference/about',
  baseUrl: 'https://api.cohere.com',
  auth: bearer,
  env: { apiKey: ['CO_API_KEY'], baseUrl: ['CO_API_URL'] },
  chat: [{ dialect: 'cohere-v2', path: '/v2/chat' }],
  tasks: {
    embed: [{ dialect: 'cohere-embed', path: '/v2/embed', maxInputs: 96 }],
    rerank: [{ dialect: 'cohere-rerank', path: '/v2/rerank' }],
  },
  // One page holds them all; without the size it has 20.
  models: {
    path: '/v1/models?page_size=1000',
    readIds: (body) =>
      (asArray(asObject(body)?.['models']) ?? []).map((model) => asString(asObject(model)?.['name'])).filter((name) => name !== undefined),
  },
});
