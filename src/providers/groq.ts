// Groq refuses names, log probabilities and more than one answer with a 400, and unknown members of messages too.
import { bearer, defineProvider } from './provider.ts';
import { models, openaiAudio, openaiChat, openaiResponses } from './openai-endpoints.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { strictHistory } from './reshapes/foreign-history.ts';
import { dropMessageNames } from './reshapes/message-names.ts';

export const groq = defineProvider({
  id: 'groq',
  name: 'Groq',
  docs: 'https://console.groq.com/docs/api-reference',
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: bearer,
  chat: [
    openaiChat({
      drop: ['logprobs', 'top_logprobs', 'logit_bias', 'n', 'top_k'],
      // `none` is what its Qwen models call it; gpt-oss models know low, medium and high.
      reshapes: [
        strictHistory({ reasoningAs: 'reasoning' }),
        dropMessageNames,
        clampEffort({ minimal: 'low', xhigh: 'high', max: 'high' }),
      ],
    }),
    openaiResponses({ ownAddressOnly: true, rules: { drop: ['store', 'include', 'truncation', 'safety_identifier', 'prompt_cache_key'] } }),
  ],
  tasks: openaiAudio,
  models,
  // 498: the flex tier has no capacity left.
  errors: { statuses: { 498: 'upstream_overloaded' } },
});
