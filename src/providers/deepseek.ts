// DeepSeek: JSON mode without schemas, thinking as a member of its own, and a rule for earlier reasoning per generation.
import { bearer, defineProvider } from './provider.ts';
import { maxTokens, models, openaiChat } from './openai-endpoints.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { effortNoneAsThinking } from './reshapes/effort-none-as-thinking.ts';
import { flattenContent } from './reshapes/flatten-content.ts';
import { jsonSchemaEmulation } from './reshapes/json-schema-emulation.ts';
import { reasoningAlways, reasoningNever } from './reshapes/reasoning-replay.ts';

export const deepseek = defineProvider({
  id: 'deepseek',
  name: 'DeepSeek',
  docs: 'https://api-docs.deepseek.com/',
  baseUrl: 'https://api.deepseek.com',
  auth: bearer,
  chat: [
    openaiChat({
      rename: maxTokens,
      drop: ['seed', 'top_k', 'n'],
      reshapes: [
        jsonSchemaEmulation,
        flattenContent,
        reasoningAlways,
        reasoningNever,
        effortNoneAsThinking,
        clampEffort({ minimal: 'high', low: 'high', medium: 'high', xhigh: 'max' }),
      ],
    }),
    { dialect: 'anthropic-messages', path: '/anthropic/v1/messages', ownAddressOnly: true },
  ],
  models,
  // It holds a call with keep-alive comments until a machine is free, up to ten minutes.
  timeouts: { firstByteMs: 600_000 },
});
