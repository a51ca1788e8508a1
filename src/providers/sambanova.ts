// SambaNova reads a short list of members, and text as a plain string.
import { bearer, defineProvider } from './provider.ts';
import { embeddings, maxTokens, models, openaiAccountMembers, openaiChat, transcriptions } from './openai-endpoints.ts';
import { flattenContent } from './reshapes/flatten-content.ts';
import { strictHistory } from './reshapes/foreign-history.ts';

const unknown = ['n', 'seed', 'user', 'frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs', 'top_logprobs'];

export const sambanova = defineProvider({
  id: 'sambanova',
  name: 'SambaNova',
  docs: 'https://docs.sambanova.ai/docs/en/api-reference/endpoints/chat',
  baseUrl: 'https://api.sambanova.ai/v1',
  auth: bearer,
  chat: [openaiChat({ rename: maxTokens, drop: [...unknown, ...openaiAccountMembers], reshapes: [strictHistory(), flattenContent] })],
  tasks: { embed: [embeddings], transcribe: [transcriptions] },
  models,
});
