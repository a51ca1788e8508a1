// How much a frame says, in bytes of text: the basis of an estimate where the provider counts nothing. The frame around the
// text is many times as long, so its size would charge for JSON.
import { isObject, type JsonValue } from '../core/json.ts';

/** Members whose strings are labels or proofs and not text. */
const labels: ReadonlySet<string> = new Set([
  'type',
  'id',
  'role',
  'object',
  'call_id',
  'item_id',
  'format',
  'mimeType',
  'signature',
  'thoughtSignature',
  'encrypted_content',
  'obfuscation',
  'p',
]);

/** Bytes of all strings inside, in UTF-8. */
export function contentSize(value: JsonValue | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + contentSize(item), 0);
  if (!isObject(value)) return 0;
  let sum = 0;
  for (const name of Object.keys(value)) if (!labels.has(name)) sum += contentSize(value[name]);
  return sum;
}

const beforeDelta = Buffer.from('"delta":"');
const beforeString = Buffer.from('":"');
const quote = 34;
const backslash = 92;

/** Bytes of the last string value in this JSON, without parsing it. A quote inside a string is escaped, so `":"` cannot be part of one. */
export function lastStringSize(region: Buffer, from: number, to: number): number {
  const start = region.lastIndexOf(beforeString, to - 1);
  if (start < from) return 0;
  return Math.max(0, region.lastIndexOf(quote, to - 1) - start - beforeString.length);
}

/** Bytes of the string member `delta` in this JSON, without parsing it. */
export function deltaSize(region: Buffer, from: number, to: number): number {
  const found = region.indexOf(beforeDelta, from);
  if (found < 0 || found >= to) return 0;
  const start = found + beforeDelta.length;
  let end = region.indexOf(quote, start);
  while (end > 0 && isEscaped(region, end, start)) end = region.indexOf(quote, end + 1);
  return end < 0 || end > to ? 0 : end - start;
}

function isEscaped(region: Buffer, at: number, from: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes >= from && region[at - 1 - slashes] === backslash) slashes += 1;
  return slashes % 2 === 1;
}
