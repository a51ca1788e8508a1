// NVIDIA's retrieval models refuse an embedding call without `input_type`, which OpenAI's API does not have.
import type { Reshape } from '../provider.ts';

export const embeddingInputType: Reshape = {
  name: 'embedding-input-type',
  members: ['input_type', 'input'],
  when: 'always',
  apply(body, { warn }) {
    if (body['input_type'] !== undefined) return;
    // One string is what a search embeds, a list is what an index embeds.
    const type = Array.isArray(body['input']) ? 'passage' : 'query';
    body['input_type'] = type;
    warn({ field: 'input_type', kind: 'emulated', message: `the provider requires it; ${type} was assumed` });
  },
};
