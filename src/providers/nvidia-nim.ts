// NVIDIA NIM, hosted or one's own container: retrieval models want to know what an embedding is for.
import { bearer, defineProvider } from './provider.ts';
import { completions, maxTokens, models, openaiChat } from './openai-endpoints.ts';
import { embeddingInputType } from './reshapes/embedding-input-type.ts';

export const nvidiaNim = defineProvider({
  id: 'nvidia-nim',
  name: 'NVIDIA NIM',
  docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  auth: bearer,
  env: { apiKey: ['NVIDIA_API_KEY'], baseUrl: ['NVIDIA_BASE_URL'] },
  openEnded: true,
  chat: [openaiChat({ rename: maxTokens })],
  completions,
  tasks: { embed: [{ path: '/embeddings', dialect: 'openai-embeddings', rules: { reshapes: [embeddingInputType] } }] },
  models,
});
