// DeepInfra counts reasoning apart from output on Google's models only, and tells what a call cost.
import { bearer, defineProvider } from './provider.ts';
import { completions, embeddings, imageEdits, images, maxTokens, models, openaiChat, speech, transcriptions } from './openai-endpoints.ts';
import { estimatedCostInUsd } from './provider-costs.ts';

export const deepinfra = defineProvider({
  id: 'deepinfra',
  name: 'DeepInfra',
  docs: 'https://deepinfra.com/docs/openai_api',
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  auth: bearer,
  env: { apiKey: ['DEEPINFRA_TOKEN'] },
  openEnded: true,
  chat: [openaiChat({ rename: maxTokens })],
  completions,
  tasks: { embed: [embeddings], image: [images], 'image-edit': [imageEdits], speak: [speech], transcribe: [transcriptions] },
  models,
  usage: { reasoningOutsideOutput: (wireId) => /gemini|gemma/i.test(wireId), cost: estimatedCostInUsd },
});
