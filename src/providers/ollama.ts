// Ollama on one's own machine (or its cloud, with a key). It ignores some members without saying so; we say so.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, maxTokens, models, openaiChat } from './openai-endpoints.ts';
import { inlineImagesOnly } from './reshapes/inline-images-only.ts';

export const ollama = defineProvider({
  id: 'ollama',
  name: 'Ollama',
  docs: 'https://docs.ollama.com/api/openai-compatibility',
  baseUrl: 'http://localhost:11434/v1',
  hostedBaseUrl: 'https://ollama.com/v1',
  defaultPath: '/v1',
  auth: bearer,
  env: { baseUrl: ['OLLAMA_HOST', 'OLLAMA_API_BASE'] },
  keyless: true,
  openEnded: true,
  chat: [{ ...openaiChat({ rename: maxTokens, drop: ['tool_choice', 'logit_bias', 'n'], reshapes: [inlineImagesOnly] }), inlineMedia: {} }],
  completions,
  tasks: { embed: [embeddings] },
  models,
  // A cold start loads the model from disk.
  timeouts: { firstByteMs: 600_000 },
});
