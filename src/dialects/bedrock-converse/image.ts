// Images by `invoke`: Amazon's and Stability's models. Upstreams only; the answer is always base64.
import type { ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import type { EncodedTask, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { dropped, warnForeign, warnGiven } from '../tasks/left-out.ts';
import { imageUnits } from '../tasks/openai-images.ts';
import { badReply, decodeError, findError } from './errors.ts';

const mostImages = 5;
const ratios = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'] as const;

export const bedrockImage: TaskDialect<ImageRequest, ImageResponse> = {
  id: 'bedrock-image',
  tasks: ['image'],
  encodeRequest,
  decodeResponse,
  decodeError,
};

function encodeRequest(request: ImageRequest, target: TaskTarget): EncodedTask {
  const warnings = [
    ...warnForeign(request, 'bedrock-image'),
    ...warnGiven(request, { background: 'background', style: 'style', stream: 'stream' }),
  ];
  const json = /\bstability\./.test(target.model) ? writeStability(request, warnings) : writeAmazon(request, warnings);
  return { body: { kind: 'json', json: json as JsonObject }, warnings };
}

function writeAmazon(request: ImageRequest, warnings: Warning[]): MutableJson {
  const { count = 1, quality, size, outputFormat } = request;
  if (count > mostImages) {
    throw new GatewayError('unsupported_capability', `n: this model draws at most ${mostImages} images per call`, { param: 'n' });
  }
  if (outputFormat !== undefined && outputFormat !== 'png') warnings.push(dropped('output_format', 'this model draws PNG only'));
  return {
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text: request.prompt },
    imageGenerationConfig: {
      numberOfImages: count,
      ...(size !== undefined && { width: size.width, height: size.height }),
      ...(quality !== undefined &&
        quality !== 'auto' && { quality: quality === 'hd' || quality === 'high' || quality === 'premium' ? 'premium' : 'standard' }),
      ...(request.seed !== undefined && { seed: request.seed }),
    },
  };
}

function writeStability(request: ImageRequest, warnings: Warning[]): MutableJson {
  const { size, outputFormat } = request;
  if ((request.count ?? 1) > 1) throw new GatewayError('unsupported_capability', 'n: this model draws one image per call', { param: 'n' });
  if (request.quality !== undefined) warnings.push(dropped('quality'));
  const ratio = size === undefined ? undefined : nearestRatio(size.width / size.height);
  if (size !== undefined) {
    warnings.push({ field: 'size', kind: 'changed', message: `this model takes a ratio instead of a size, so ${ratio} was asked for` });
  }
  if (outputFormat === 'webp') warnings.push(dropped('output_format', 'this model draws PNG and JPEG only'));
  return {
    prompt: request.prompt,
    mode: 'text-to-image',
    ...(ratio !== undefined && { aspect_ratio: ratio }),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(outputFormat !== undefined && outputFormat !== 'webp' && { output_format: outputFormat }),
  };
}

function nearestRatio(wanted: number): string {
  const distance = (ratio: string): number => {
    const [width = 1, height = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log(width / height / wanted));
  };
  return ratios.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best), '1:1');
}

function decodeResponse(body: JsonValue, { request }: { readonly request: ImageRequest }): ImageResponse {
  const answer = asObject(body) ?? {};
  const images = (asArray(answer.images) ?? []).map(asString).filter((image) => image !== undefined);
  // A refused prompt is told inside a 200, by Amazon in `error`, by Stability in place of "finished".
  const reasons = (asArray(answer.finish_reasons) ?? []).map(asString).filter((reason) => reason !== undefined);
  const refusal = asString(answer.error) ?? reasons.find((reason) => /filter/i.test(reason));
  if (images.length === 0 && refusal !== undefined) throw new GatewayError('content_filtered', refusal);
  if (images.length === 0) throw findError(answer) ?? badReply('the provider answered without an image');
  return {
    created: Math.floor(systemClock.wallMs() / 1_000),
    images: images.map((base64) => ({ base64, mediaType: request.outputFormat === 'jpeg' ? 'image/jpeg' : 'image/png' })),
    usage: imageUnits(request, images.length),
  };
}
