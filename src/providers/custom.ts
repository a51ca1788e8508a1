// Any other server with OpenAI's API. The operator gives the address; nothing is assumed about its quirks.
import { bearer, defineProvider } from './provider.ts';
import { completions, models, openaiChat, openaiTasks, rerank } from './openai-endpoints.ts';

export const custom = defineProvider({
  id: 'custom',
  name: 'OpenAI-compatible server',
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  auth: bearer,
  keyless: true,
  openEnded: true,
  chat: [openaiChat()],
  completions,
  tasks: { ...openaiTasks, rerank: [rerank] },
  models,
});
