// Short, readable digests: 80 bits of SHA-256 in Crockford's base 32.
import { createHash } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export function shortDigest(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  let digest = '';
  for (let start = 0; start < 10; start += 5) {
    let bits = 0;
    // Five bytes are eight digits; 40 bits stay exact in a double where shifts would not.
    for (let i = 0; i < 5; i += 1) bits = bits * 256 + (bytes[start + i] ?? 0);
    let group = '';
    for (let i = 0; i < 8; i += 1) {
      group = alphabet[bits % 32] + group;
      bits = Math.floor(bits / 32);
    }
    digest += group;
  }
  return digest;
}
