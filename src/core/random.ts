// The only source of randomness. Jitter takes a Random so that tests can hold it still.
import { randomFillSync } from 'node:crypto';

/** A number in [0, 1). */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();

const pool = Buffer.alloc(4096);
let used = pool.length;

/** One cryptographic random byte from the pool. */
export function randomByte(): number {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const byte = pool[used] as number;
  pool[used] = 0;
  used += 1;
  return byte;
}

/** Cryptographic random bytes from a pool: one system call per 4 KiB instead of one per id. */
export function randomBytes(count: number): Buffer {
  if (count > pool.length) return randomFillSync(Buffer.alloc(count));
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}
