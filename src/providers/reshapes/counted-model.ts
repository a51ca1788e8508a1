// Google's token counting takes a whole request, which names its model once more inside.
import { isObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const countedModel: Reshape = {
  name: 'counted-model',
  members: ['generateContentRequest', 'generate_content_request'],
  when: 'present',
  apply(body, { model }) {
    for (const name of ['generateContentRequest', 'generate_content_request']) {
      const request = body[name];
      if (isObject(request)) body[name] = { ...request, model: `models/${model}` };
    }
  },
};
