// Fireworks knows three efforts; ids are paths (`accounts/fireworks/models/…`), own deployments included.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, maxTokens, models, openaiChat, openaiResponses, rerank } from './openai-endpoints.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { explicitMaxTokens } from './reshapes/explicit-max-tokens.ts';

export const fireworks = defineProvider({
  id: 'fireworks',
  name: 'Fireworks AI',
  docs: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  auth: bearer,
  env: { apiKey: ['FIREWORKS_AI_API_KEY'] },
  openEnded: true,
  chat: [
    openaiChat({
      rename: maxTokens,
      // Without max_tokens older models stop after a few hundred.
      reshapes: [explicitMaxTokens, clampEffort({ minimal: 'low', xhigh: 'high', max: 'high' })],
    }),
    openaiResponses({ ownAddressOnly: true }),
  ],
  completions,
  tasks: { embed: [embeddings], rerank: [rerank] },
  models,
});
