// OpenAI's `size` in the words of providers that have others for it.
import type { MutableJson } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

/** `1024x768` → `width` and `height`; `b64_json` is called `base64` there. */
export const widthAndHeight: Reshape = {
  name: 'width-and-height',
  members: ['size', 'width', 'height', 'response_format'],
  when: 'present',
  apply(body) {
    if (body['response_format'] === 'b64_json') body['response_format'] = 'base64';
    const size = readSize(body);
    if (size === undefined) return;
    body['size'] = undefined;
    body['width'] ??= size.width;
    body['height'] ??= size.height;
  },
};

/** `1024x768` → `aspect_ratio: "4:3"`; the number of pixels is the provider's choice. */
export const aspectRatio: Reshape = {
  name: 'aspect-ratio',
  members: ['size', 'aspect_ratio'],
  when: 'present',
  apply(body, { warn }) {
    const size = readSize(body);
    if (size === undefined) return;
    body['size'] = undefined;
    if (body['aspect_ratio'] !== undefined) return;
    const divisor = greatestDivisor(size.width, size.height);
    body['aspect_ratio'] = `${size.width / divisor}:${size.height / divisor}`;
    warn({ field: 'size', kind: 'changed', message: 'the provider takes a ratio, not a number of pixels' });
  },
};

function readSize(body: MutableJson): { readonly width: number; readonly height: number } | undefined {
  if (body['size'] === 'auto') body['size'] = undefined;
  const match = typeof body['size'] === 'string' ? /^(\d{1,5})x(\d{1,5})$/.exec(body['size']) : null;
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? Math.max(1, a) : greatestDivisor(b, a % b);
}
