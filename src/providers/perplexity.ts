// Perplexity searches before it answers: no tools, no stop, strict turns, schemas but no plain JSON mode. It has no model list.
import { bearer, defineProvider } from './provider.ts';
import { maxTokens, openaiChat } from './openai-endpoints.ts';
import { totalCostInUsd } from './provider-costs.ts';
import { alternation } from './reshapes/alternation.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { strictHistory } from './reshapes/foreign-history.ts';
import { jsonObjectAsSchema } from './reshapes/json-object-as-schema.ts';

export const perplexity = defineProvider({
  id: 'perplexity',
  name: 'Perplexity',
  docs: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  baseUrl: 'https://api.perplexity.ai',
  auth: bearer,
  env: { apiKey: ['PERPLEXITYAI_API_KEY', 'PPLX_API_KEY'] },
  chat: [
    openaiChat({
      rename: maxTokens,
      drop: ['tools', 'tool_choice', 'parallel_tool_calls', 'stop', 'seed', 'n', 'logprobs', 'top_logprobs', 'logit_bias'],
      streamUsage: 'always',
      reshapes: [
        strictHistory(),
        alternation,
        jsonObjectAsSchema,
        clampEffort({ none: 'low', minimal: 'low', xhigh: 'high', max: 'high' }),
      ],
    }),
  ],
  // Deep research thinks for minutes before the first byte.
  timeouts: { firstByteMs: 300_000 },
  usage: { cost: totalCostInUsd },
});
