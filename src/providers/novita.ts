// Novita's own default of max_tokens is small: the model's cap is sent unless the caller gives one.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, maxTokens, models, openaiChat } from './openai-endpoints.ts';
import { explicitMaxTokens } from './reshapes/explicit-max-tokens.ts';

export const novita = defineProvider({
  id: 'novita',
  name: 'Novita AI',
  docs: 'https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion',
  baseUrl: 'https://api.novita.ai/openai/v1',
  auth: bearer,
  openEnded: true,
  chat: [openaiChat({ rename: maxTokens, reshapes: [explicitMaxTokens] })],
  completions,
  tasks: { embed: [embeddings] },
  models,
  errors: { quotaCodes: ['NOT_ENOUGH_BALANCE'] },
});
