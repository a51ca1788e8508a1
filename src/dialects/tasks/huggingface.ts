// Hugging Face's task API: feature extraction as nested lists, pictures as plain bytes.
import type { EmbedRequest, EmbedResponse, ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import { estimateTokens } from '../../canonical/estimate.ts';
import { noUsage } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, type JsonValue } from '../../core/json.ts';
import type { TaskDialect } from '../task-dialect.ts';
import { nowSeconds } from './image-input.ts';
import { imageTypeOf } from './image-url.ts';
import { warnForeign, warnGiven } from './left-out.ts';
import { imageUnits } from './openai-images.ts';

export const huggingfaceEmbed: TaskDialect<EmbedRequest, EmbedResponse> = {
  id: 'huggingface-embed',
  tasks: ['embed'],

  encodeRequest(request) {
    const inputs = request.inputs.map((input, index) => {
      if (input.kind === 'text') return input.text;
      throw new GatewayError('unsupported_capability', 'this provider embeds texts only; send the text itself', {
        param: `input[${index}]`,
      });
    });
    return {
      body: { kind: 'json', json: { inputs, ...(request.truncate !== undefined && { truncate: request.truncate !== 'none' }) } },
      warnings: [...warnGiven(request, { dimensions: 'dimensions' }), ...warnForeign(request, 'huggingface-embed')],
    };
  },

  decodeResponse(json, { request, model }) {
    const entries = asArray(json);
    if (entries === undefined || entries.length !== request.inputs.length) throw noVectors();
    const chars = request.inputs.reduce((sum, input) => sum + (input.kind === 'text' ? input.text.length : 0), 0);
    return { model, vectors: entries.map(poolTokens), usage: { ...noUsage, input: estimateTokens(chars), source: 'estimated' } };
  },
};

/** Some models answer a vector for each token; the text's own is their mean. */
function poolTokens(entry: JsonValue): readonly number[] {
  const list = asArray(entry);
  if (list === undefined || list.length === 0) throw noVectors();
  if (list.every((value) => typeof value === 'number')) return list as readonly number[];
  const rows = list.map(poolTokens);
  const [first = []] = rows;
  return first.map((_value, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0) / rows.length);
}

function noVectors(): GatewayError {
  return new GatewayError('upstream_bad_reply', 'the provider answered without one vector for each text');
}

export const huggingfaceImage: TaskDialect<ImageRequest, ImageResponse> = {
  id: 'huggingface-image',
  tasks: ['image'],

  encodeRequest(request) {
    const { size } = request;
    if (request.count !== undefined && request.count > 1) {
      throw new GatewayError('unsupported_capability', 'this provider makes one picture in a call; ask for n: 1', { param: 'n' });
    }
    return {
      body: {
        kind: 'json',
        json: {
          inputs: request.prompt,
          parameters: {
            ...(size !== undefined && { width: size.width, height: size.height }),
            ...(request.seed !== undefined && { seed: request.seed }),
          },
        },
      },
      warnings: [
        ...warnGiven(request, {
          quality: 'quality',
          style: 'style',
          background: 'background',
          outputFormat: 'output_format',
          stream: 'stream',
        }),
        ...warnForeign(request, 'huggingface-image'),
      ],
    };
  },

  decodeBytes(data, { request, contentType }) {
    const mediaType = imageTypeOf(data) ?? (contentType.startsWith('image/') ? contentType : undefined);
    if (mediaType === undefined) throw new GatewayError('upstream_bad_reply', 'the provider answered with bytes that are no picture');
    return { created: nowSeconds(), images: [{ base64: data.toString('base64'), mediaType }], usage: imageUnits(request, 1) };
  },
};
