// Ids sort by creation time: 9 characters of milliseconds, then 11 random characters (55 bits), in Crockford's base 32.
import { systemClock } from './clock.ts';
import { randomByte } from './random.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

let stampedMs = -1;
let stamp = '';

function timeStamp(): string {
  const nowMs = systemClock.wallMs();
  if (nowMs === stampedMs) return stamp;
  let rest = nowMs;
  let text = '';
  for (let i = 0; i < 9; i += 1) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  stampedMs = nowMs;
  stamp = text;
  return text;
}

/** `req_01jd…`: unique, sortable by time of creation. */
export function newId(prefix: string): string {
  let text = `${prefix}_${timeStamp()}`;
  for (let i = 0; i < 11; i += 1) text += alphabet[randomByte() & 31];
  return text;
}
