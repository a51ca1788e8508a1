// OpenRouter takes the parameters of every vendor and passes on what the model behind knows.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, models, openaiChat, openaiResponses } from './openai-endpoints.ts';
import { costInUsd } from './provider-costs.ts';

export const openrouter = defineProvider({
  id: 'openrouter',
  name: 'OpenRouter',
  docs: 'https://openrouter.ai/docs/api-reference/overview',
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: bearer,
  openEnded: true,
  headers: { 'x-openrouter-title': 'MPC-API' },
  chat: [
    openaiChat(),
    { dialect: 'anthropic-messages', path: '/messages', ownAddressOnly: true },
    openaiResponses({ ownAddressOnly: true, rules: { drop: ['store'] } }),
  ],
  completions,
  tasks: { embed: [embeddings] },
  models,
  usage: { cost: costInUsd },
});
