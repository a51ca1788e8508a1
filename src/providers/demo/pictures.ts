// Pictures without a model: a pattern of two colours, both made from the prompt. A real PNG of the size that was asked for.
import { hash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { asNumber, asString, type JsonObject } from '../../core/json.ts';
import { createdSeconds } from './models.ts';
import { badRequest } from './problem.ts';
import { countTokens } from './tokens.ts';

const usualSide = 256;
const maxSide = 2_048;
const maxCount = 10;

export function answerImages(body: JsonObject): object {
  const prompt = asString(body.prompt);
  if (prompt === undefined || prompt === '') throw badRequest('prompt', 'a prompt is required');
  const count = asNumber(typeof body.n === 'string' ? Number(body.n) : (body.n ?? 1)) ?? 0;
  if (!Number.isInteger(count) || count < 1 || count > maxCount) throw badRequest('n', `n is a whole number from 1 to ${maxCount}`);
  const { width, height } = readSize(asString(body.size));
  const data = Array.from({ length: count }, (_, index) => {
    const base64 = drawPicture(`${prompt}\n${index}`, width, height).toString('base64');
    return body.response_format === 'url' ? { url: `data:image/png;base64,${base64}` } : { b64_json: base64 };
  });
  return { created: createdSeconds, data, usage: usageOf(prompt, count) };
}

function usageOf(prompt: string, count: number): object {
  const input = countTokens(prompt);
  const output = 256 * count;
  return { input_tokens: input, output_tokens: output, total_tokens: input + output };
}

function readSize(size: string | undefined): { width: number; height: number } {
  if (size === undefined || size === 'auto') return { width: usualSide, height: usualSide };
  const [width = 0, height = 0] = size.split('x').map(Number);
  if (!(width >= 1 && width <= maxSide && height >= 1 && height <= maxSide))
    throw badRequest('size', `size is at most ${maxSide}x${maxSide}`);
  return { width: Math.floor(width), height: Math.floor(height) };
}

/** One bit for each pixel and a palette of two colours: small, and quick to make. */
function drawPicture(seed: string, width: number, height: number): Buffer {
  const digest = hash('sha256', seed, 'buffer');
  const rowBytes = Math.ceil(width / 8);
  const pixels = Buffer.alloc((rowBytes + 1) * height);
  // Each row begins with the number of its filter, 0: none.
  for (let y = 0; y < height; y += 1) pixels.fill(digest[6 + ((y >> 3) % 26)] ?? 0, y * (rowBytes + 1) + 1, (y + 1) * (rowBytes + 1));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 3, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    chunk('PLTE', digest.subarray(0, 6)),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
