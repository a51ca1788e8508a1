// Replicate, in the form that waits for the result. Official models are paths, anyone else's are versions.
import { bearer, defineProvider } from './provider.ts';

export const replicate = defineProvider({
  id: 'replicate',
  name: 'Replicate',
  docs: 'https://replicate.com/docs/reference/http',
  baseUrl: 'https://api.replicate.com/v1',
  auth: bearer,
  env: { apiKey: ['REPLICATE_API_TOKEN'] },
  openEnded: true,
  chat: [],
  tasks: {
    image: [
      { path: '/predictions', dialect: 'replicate-image', models: /:[0-9a-f]{16,}$/ },
      { path: '/models/{model+}/predictions', dialect: 'replicate-image' },
    ],
  },
});
