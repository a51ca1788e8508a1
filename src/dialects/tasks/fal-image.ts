// fal's models of pictures, called so that they answer at once.
import type { ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import { asArray, asObject, asString } from '../../core/json.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { imageAnswer } from './image-input.ts';
import { warnForeign, warnGiven } from './left-out.ts';

const id = 'fal-image';

export const falImage: TaskDialect<ImageRequest, ImageResponse> = {
  id,
  tasks: ['image'],

  encodeRequest(request) {
    const { size, outputFormat } = request;
    return {
      body: {
        kind: 'json',
        json: {
          prompt: request.prompt,
          ...(request.count !== undefined && { num_images: request.count }),
          ...(size !== undefined && { image_size: { width: size.width, height: size.height } }),
          ...(outputFormat !== undefined && { output_format: outputFormat }),
          ...(request.seed !== undefined && { seed: request.seed }),
          // The pictures come in the answer instead of lying at an address.
          ...(request.answer === 'base64' && { sync_mode: true }),
        },
      },
      warnings: [
        ...warnGiven(request, { quality: 'quality', style: 'style', background: 'background', stream: 'stream' }),
        ...warnForeign(request, id),
      ],
    };
  },

  decodeResponse(json, { request }) {
    const body = asObject(json);
    const entries = asArray(body?.['images']) ?? (body?.['image'] === undefined ? [] : [body['image']]);
    const urls = entries.flatMap((entry) => asString(asObject(entry)?.['url']) ?? asString(entry) ?? []);
    return imageAnswer(request, urls);
  },
};
