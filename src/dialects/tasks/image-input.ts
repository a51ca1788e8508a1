// What providers of picture models ask for instead of OpenAI's `size`, and what they answer instead of its list.
import type { ImageRequest, ImageResponse } from '../../canonical/tasks.ts';
import { systemClock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { readImageUrl } from './image-url.ts';
import { imageUnits } from './openai-images.ts';

/** 1344x768 → `7:4`. */
export function aspectRatioOf({ width, height }: NonNullable<ImageRequest['size']>): string {
  const divisor = greatestDivisor(width, height);
  return `${width / divisor}:${height / divisor}`;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? Math.max(1, a) : greatestDivisor(b, a % b);
}

/** Addresses and data URLs → the answer. */
export function imageAnswer(request: ImageRequest, urls: readonly string[]): ImageResponse {
  if (urls.length === 0) throw new GatewayError('upstream_bad_reply', 'the provider answered without a picture');
  const images = urls.map((url) => {
    const source = readImageUrl(url);
    return source.kind === 'base64' ? { base64: source.data, mediaType: source.mediaType } : { url };
  });
  return { created: nowSeconds(), images, usage: imageUnits(request, images.length) };
}

export function nowSeconds(): number {
  return Math.floor(systemClock.wallMs() / 1_000);
}
