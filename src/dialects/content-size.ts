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
