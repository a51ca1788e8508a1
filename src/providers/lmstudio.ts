// LM Studio on one's own machine. It loads models on the first call and refuses plain JSON mode.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, maxTokens, models, openaiChat } from './openai-endpoints.ts';
import { jsonObjectAsSchema } from './reshapes/json-object-as-schema.ts';

export const lmstudio = defineProvider({
  id: 'lmstudio',
  name: 'LM Studio',
  docs: 'https://lmstudio.ai/docs/app/api/endpoints/openai',
  baseUrl: 'http://localhost:1234/v1',
  defaultPath: '/v1',
  auth: bearer,
  env: { baseUrl: ['LM_STUDIO_API_BASE'], apiKey: ['LM_STUDIO_API_KEY'] },
  keyless: true,
  openEnded: true,
  chat: [openaiChat({ rename: maxTokens, reshapes: [jsonObjectAsSchema] })],
  completions,
  tasks: { embed: [embeddings] },
  models,
  timeouts: { firstByteMs: 600_000 },
});
