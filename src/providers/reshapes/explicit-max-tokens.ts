// Providers with a small default of `max_tokens` cut answers short where others would go on: the model's own cap is sent instead.
import type { Reshape } from '../provider.ts';

export const explicitMaxTokens: Reshape = {
  name: 'explicit-max-tokens',
  members: ['max_tokens'],
  when: 'always',
  apply(body, { maxOutputTokens }) {
    if (maxOutputTokens === undefined || (body['max_tokens'] !== undefined && body['max_tokens'] !== null)) return;
    body['max_tokens'] = maxOutputTokens;
  },
};
