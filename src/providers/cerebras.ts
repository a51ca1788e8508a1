// Cerebras answers 400 (`wrong_api_format`) to members it does not know.
import { bearer, defineProvider } from './provider.ts';
import { completions, maxCompletionTokens, models, openaiAccountMembers, openaiChat } from './openai-endpoints.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { strictHistory } from './reshapes/foreign-history.ts';

const takes = new Set<string>(['service_tier', 'prompt_cache_key']);

export const cerebras = defineProvider({
  id: 'cerebras',
  name: 'Cerebras',
  docs: 'https://inference-docs.cerebras.ai/api-reference/chat-completions',
  baseUrl: 'https://api.cerebras.ai/v1',
  auth: bearer,
  chat: [
    openaiChat({
      rename: maxCompletionTokens,
      drop: ['n', 'top_k', 'frequency_penalty', 'presence_penalty', 'logit_bias', ...openaiAccountMembers.filter((m) => !takes.has(m))],
      reshapes: [strictHistory({ reasoningAs: 'reasoning' }), clampEffort({ minimal: 'low', xhigh: 'high', max: 'high' })],
    }),
  ],
  completions,
  models,
  errors: { quotaCodes: ['payment_required'] },
});
