// The text of a key: `mpc-`, 40 random base-62 characters (238 bits), 6 characters of CRC-32 over them.
// The checksum tells a mistyped or cut key from an unknown one without asking the database.
import { createHmac, createSecretKey } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { randomBytes } from '../core/random.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'mpc-';
const randomLength = 40;
const checksumLength = 6;
const secretLength = prefix.length + randomLength + checksumLength;

export function createSecret(): string {
  let random = '';
  while (random.length < randomLength) {
    for (const byte of randomBytes(64)) {
      // 248 is the largest multiple of 62 in a byte; without the cut the first eight letters would come more often.
      if (byte < 248 && random.length < randomLength) random += alphabet[byte % 62];
    }
  }
  return prefix + random + checksum(random);
}

/** Could this be a key made by `createSecret`? False for typing errors, cut keys and other vendors' keys. */
export function hasSecretForm(secret: string): boolean {
  if (secret.length !== secretLength || !secret.startsWith(prefix)) return false;
  const end = secretLength - checksumLength;
  return checksum(secret.slice(prefix.length, end)) === secret.slice(end);
}

/** Length is checked first: hashing a megabyte that came as a header would be a gift to an attacker. */
export function hasSecretLength(secret: string): boolean {
  return secret.length === secretLength;
}

/** Keyed with the data directory's pepper, so that a stolen database alone cannot even confirm a guessed key. */
export type DigestSecret = (secret: string) => string;

export function createDigest(pepper: Uint8Array): DigestSecret {
  const key = createSecretKey(pepper);
  return (secret) => createHmac('sha256', key).update(secret).digest('base64url');
}

function checksum(text: string): string {
  let rest = crc32(text);
  let out = '';
  for (let i = 0; i < checksumLength; i += 1) {
    out = alphabet[rest % 62] + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}
