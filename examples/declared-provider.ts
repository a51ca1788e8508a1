// A provider of one's own, declared: an OpenAI-compatible service with a header of its own for the key. Set ACME_API_KEY.
import { LLMRouter } from 'mpc-api';
import { defineProvider, maxTokens, models, openaiChat } from 'mpc-api/providers';

const acme = defineProvider({
  id: 'acme',
  name: 'Acme Inference',
  docs: 'https://docs.acme.example/api',
  baseUrl: 'https://api.acme.example/v1',
  auth: { kind: 'header', name: 'x-acme-key' },
  openEnded: true,
  chat: [openaiChat({ rename: maxTokens })],
  models,
});

const router = new LLMRouter({
  adapters: [acme],
  // USD per million tokens; without this the cost would be unknown.
  catalog: {
    models: { 'rocket-1': { quality: 'strong' } },
    offers: [{ provider: 'acme', id: 'rocket-1', price: { input: 0.5, output: 1.5 } }],
  },
});
console.log(await router.quick('Hello!', { model: 'acme/rocket-1' }));
