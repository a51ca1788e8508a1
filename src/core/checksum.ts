import { crc32 } from 'node:zlib';

/** 32 bits that tell two texts apart in nearly all cases; no protection against who wants them alike. */
export function checksum(bytes: Buffer): number {
  return crc32(bytes);
}
