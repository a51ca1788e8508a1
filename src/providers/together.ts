// Together wants schemas without the wrapper and answers 500 to a replayed tool call without arguments.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, images, maxTokens, models, openaiAudio, openaiChat, rerank } from './openai-endpoints.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { widthAndHeight } from './reshapes/image-size.ts';
import { flatJsonSchema } from './reshapes/json-schema-flat.ts';
import { toolCallArguments } from './reshapes/tool-call-arguments.ts';

export const together = defineProvider({
  id: 'together',
  name: 'Together AI',
  docs: 'https://docs.together.ai/reference/chat-completions-1',
  baseUrl: 'https://api.together.ai/v1',
  auth: bearer,
  env: { apiKey: ['TOGETHER_AI_API_KEY', 'TOGETHERAI_API_KEY'] },
  openEnded: true,
  chat: [
    openaiChat({
      rename: maxTokens,
      reshapes: [flatJsonSchema, toolCallArguments, clampEffort({ minimal: 'low', xhigh: 'high', max: 'high' })],
    }),
  ],
  completions,
  tasks: {
    embed: [embeddings],
    rerank: [rerank],
    image: [{ ...images, rules: { reshapes: [widthAndHeight] } }],
    ...openaiAudio,
  },
  models,
});
