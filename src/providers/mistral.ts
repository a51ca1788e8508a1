// Mistral validates strictly (422 for unknown members) and has its own words for seeds, prefills and tool results.
import { bearer, defineProvider } from './provider.ts';
import { embeddings, maxTokens, models, moderations, openaiAccountMembers, openaiChat, transcriptions } from './openai-endpoints.ts';
import { assistantPrefix } from './reshapes/assistant-prefix.ts';
import { clampEffort } from './reshapes/clamp-effort.ts';
import { dropForModels } from './reshapes/drop-for-models.ts';
import { strictHistory } from './reshapes/foreign-history.ts';
import { dropMessageNames } from './reshapes/message-names.ts';
import { shortToolIds } from './reshapes/short-tool-ids.ts';
import { toolCallArguments } from './reshapes/tool-call-arguments.ts';
import { toolResultName } from './reshapes/tool-result-name.ts';

const takesEffort = (model: string): boolean => /^mistral-(small-(latest|2603)|medium-(latest|3))/.test(model);
const history = [strictHistory(), dropMessageNames, toolResultName, shortToolIds, toolCallArguments, assistantPrefix];
const reasoning = [
  dropForModels({ members: ['reasoning_effort'], models: (model) => !takesEffort(model), because: 'the model takes no effort' }),
  clampEffort({ minimal: 'none', low: 'high', medium: 'high', xhigh: 'high', max: 'high' }),
];

export const mistral = defineProvider({
  id: 'mistral',
  name: 'Mistral AI',
  docs: 'https://docs.mistral.ai/api/',
  baseUrl: 'https://api.mistral.ai/v1',
  auth: bearer,
  chat: [
    openaiChat({
      rename: { seed: 'random_seed', ...maxTokens },
      drop: ['top_k', 'logprobs', 'top_logprobs', 'logit_bias', 'user', ...openaiAccountMembers.filter((m) => m !== 'prompt_cache_key')],
      streamUsage: 'always',
      reshapes: [...history, ...reasoning],
    }),
  ],
  tasks: { embed: [embeddings], moderate: [moderations], transcribe: [transcriptions] },
  models,
});
