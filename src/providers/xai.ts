// xAI: newer token member, no `additionalProperties: false` in schemas, reasoning counted apart from output.
import { bearer, defineProvider } from './provider.ts';
import { embeddings, images, maxCompletionTokens, models, openaiChat, openaiResponses } from './openai-endpoints.ts';
import { costInTicks } from './provider-costs.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { dropForModels } from './reshapes/drop-for-models.ts';
import { aspectRatio } from './reshapes/image-size.ts';
import { stripAdditionalProperties } from './reshapes/strip-additional-properties.ts';

const reasons = (model: string): boolean => /^grok-(3-mini|[4-9]|code)/.test(model) && !model.includes('non-reasoning');
const imageRules = { drop: ['quality', 'style', 'background', 'output_format', 'seed'], reshapes: [aspectRatio] };

export const xai = defineProvider({
  id: 'xai',
  name: 'xAI',
  docs: 'https://docs.x.ai/docs/api-reference',
  baseUrl: 'https://api.x.ai/v1',
  auth: bearer,
  chat: [
    openaiChat({
      rename: maxCompletionTokens,
      drop: ['top_k', 'logit_bias'],
      reshapes: [
        stripAdditionalProperties,
        dropForModels({
          members: ['stop', 'presence_penalty', 'frequency_penalty'],
          models: reasons,
          because: 'reasoning models of this provider refuse it',
        }),
        clampEffort({ minimal: 'low', max: 'high' }),
      ],
    }),
    openaiResponses({ keepsAnswers: true }),
  ],
  tasks: { embed: [embeddings], image: [{ ...images, rules: imageRules }] },
  models,
  usage: { reasoningOutsideOutput: true, cost: costInTicks },
});
