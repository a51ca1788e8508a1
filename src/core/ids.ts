// Ids sort by creation time: 9 characters of milliseconds, then 11 random characters (55 bits), in Crockford's base 32.
import { systemClock } from './clock.ts';
import { randomByte } from './random.ts';

const alphabet = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz');
const stampLength = 9;
const randomLength = 11;

// The last id, as bytes: of the next one only the end is new, mostly. Joined character by character it was a dozen strings.
let text = Buffer.alloc(0);
let textPrefix: string | undefined;
let stampedMs = -1;

function startWith(prefix: string): void {
  text = Buffer.from(`${prefix}_${' '.repeat(stampLength + randomLength)}`);
  textPrefix = prefix;
  stampedMs = -1;
}

function stamp(nowMs: number): void {
  let rest = nowMs;
  for (let at = text.length - randomLength - 1; at >= text.length - randomLength - stampLength; at -= 1) {
    text[at] = alphabet[rest % 32] as number;
    rest = Math.floor(rest / 32);
  }
  stampedMs = nowMs;
}

/** `req_01jd…`: unique, sortable by time of creation. */
export function newId(prefix: string): string {
  if (prefix !== textPrefix) startWith(prefix);
  const nowMs = systemClock.wallMs();
  if (nowMs !== stampedMs) stamp(nowMs);
  for (let at = text.length - randomLength; at < text.length; at += 1) text[at] = alphabet[randomByte() & 31] as number;
  return text.toString('latin1');
}
