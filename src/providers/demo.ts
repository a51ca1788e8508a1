// The built-in simulator: always there, needs no key, answers inside the process in both dialects.
import { defineProvider } from './provider.ts';
import { completions, models, openaiChat, openaiTasks, rerank } from './openai-endpoints.ts';

export const demo = defineProvider({
  id: 'demo',
  name: 'Demo simulator',
  docs: 'docs/demo.md',
  baseUrl: 'http://demo.invalid/v1',
  auth: { kind: 'none' },
  keyless: true,
  builtIn: true,
  chat: [openaiChat(), { dialect: 'anthropic-messages', path: '/messages' }],
  completions,
  tasks: { ...openaiTasks, rerank: [rerank] },
  countTokens: { path: '/messages/count_tokens' },
  models,
});
