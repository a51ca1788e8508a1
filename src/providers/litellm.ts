// A LiteLLM proxy: keys and model names live there, ids pass through unchanged.
import { bearer, defineProvider } from './provider.ts';
import { completions, models, openaiChat, openaiTasks, rerank } from './openai-endpoints.ts';

export const litellm = defineProvider({
  id: 'litellm',
  name: 'LiteLLM proxy',
  docs: 'https://docs.litellm.ai/docs/simple_proxy',
  baseUrl: 'http://localhost:4000/v1',
  defaultPath: '/v1',
  auth: bearer,
  env: { baseUrl: ['LITELLM_PROXY_API_BASE'], apiKey: ['LITELLM_PROXY_API_KEY'] },
  keyless: true,
  openEnded: true,
  layer: 'litellm',
  resells: true,
  chat: [openaiChat()],
  completions,
  tasks: { ...openaiTasks, rerank: [rerank] },
  models,
  // 400 with this code is its own budget, not a mistake of the caller.
  errors: { quotaCodes: ['budget_exceeded', 'ExceededBudget'] },
});
