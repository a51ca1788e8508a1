// The reference of the openai-chat dialect. Reasoning models want other members; that is data (model traits), not rules.
import { bearer, defineProvider } from './provider.ts';
import { completions, models, openaiChat, openaiResponses, openaiTasks } from './openai-endpoints.ts';
import { strictHistory } from './reshapes/foreign-history.ts';

export const openai = defineProvider({
  id: 'openai',
  name: 'OpenAI',
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  baseUrl: 'https://api.openai.com/v1',
  auth: bearer,
  env: {
    baseUrl: ['OPENAI_API_BASE'],
    headers: { 'openai-organization': 'OPENAI_ORG_ID', 'openai-project': 'OPENAI_PROJECT_ID' },
  },
  chat: [
    openaiChat({ drop: ['top_k', 'min_p', 'repetition_penalty'], reshapes: [strictHistory()] }),
    openaiResponses({ keepsAnswers: true }),
  ],
  completions,
  tasks: openaiTasks,
  models,
  errors: { quotaCodes: ['insufficient_quota', 'billing_hard_limit_reached'] },
});
