// Ollama reads images as base64 data URLs only. What was not fetched for it gets a clear refusal: that beats a model that saw nothing.
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const inlineImagesOnly: Reshape = {
  name: 'inline-images-only',
  members: ['messages'],
  when: { keys: ['image_url'] },
  apply(body) {
    const messages = Array.isArray(body['messages']) ? (body['messages'] as JsonValue[]) : [];
    messages.forEach((message, index) => {
      const content = isObject(message) && Array.isArray(message['content']) ? (message['content'] as JsonValue[]) : [];
      content.forEach((part, at) => {
        const url = imageUrl(part);
        if (url === undefined || url.startsWith('data:')) return;
        const param = `messages[${index}].content[${at}].image_url`;
        throw new GatewayError(
          'unsupported_capability',
          `${param}: this provider reads images as base64 data URLs only; send the image itself (data:image/png;base64,…) or choose another model`,
          { param },
        );
      });
    });
  },
};

function imageUrl(part: JsonValue): string | undefined {
  const image = isObject(part) ? part['image_url'] : undefined;
  if (typeof image === 'string') return image;
  return isObject(image) && typeof image['url'] === 'string' ? image['url'] : undefined;
}
