// The router in front of Hugging Face's inference providers; `model:provider` picks one of them.
import { bearer, defineProvider } from './provider.ts';
import { models, openaiChat, openaiResponses } from './openai-endpoints.ts';

export const huggingface = defineProvider({
  id: 'huggingface',
  name: 'Hugging Face',
  docs: 'https://huggingface.co/docs/inference-providers/index',
  baseUrl: 'https://router.huggingface.co/v1',
  auth: bearer,
  env: { apiKey: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'], headers: { 'x-hf-bill-to': 'HF_BILL_TO' } },
  openEnded: true,
  chat: [openaiChat(), openaiResponses({ ownAddressOnly: true })],
  tasks: {
    embed: [{ path: '/hf-inference/models/{model+}/pipeline/feature-extraction', dialect: 'huggingface-embed', fromRoot: true }],
    image: [{ path: '/hf-inference/models/{model+}', dialect: 'huggingface-image', fromRoot: true }],
  },
  models,
});
