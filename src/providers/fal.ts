// fal, in the form that answers at once; the model is the path.
import { defineProvider } from './provider.ts';

export const fal = defineProvider({
  id: 'fal',
  name: 'fal',
  docs: 'https://docs.fal.ai/model-endpoints/synchronous-requests',
  baseUrl: 'https://fal.run',
  auth: { kind: 'header', name: 'authorization', prefix: 'Key ' },
  env: { apiKey: ['FAL_KEY'] },
  openEnded: true,
  chat: [],
  tasks: { image: [{ path: '/{model+}', dialect: 'fal-image' }] },
});
