// Over the text of JSON strings, without reading it: to the next byte that ends a string or needs a closer look.
import { createTextWalker, type TextWalker } from './text-walker.ts';

const quote = 0x22;
const backslash = 0x5c;

/** Bytes of a string that are neither its end nor an escape nor a control character. */
const plainByte = new Uint8Array(256).fill(1);
plainByte.fill(0, 0, 0x20);
plainByte[quote] = 0;
plainByte[backslash] = 0;
/** Bytes that may follow a backslash, except `u`. */
const simpleEscape = new Uint8Array(256);
for (const char of '"\\/bfnrt') simpleEscape[char.charCodeAt(0)] = 1;

/**
 * The first byte at or after `from` that is neither plain text nor of a two-byte escape; else `limit`, or one more where an
 * escape lies across it. `from` is not in the middle of an escape.
 */
export function walkBytes(bytes: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit) {
    const byte = bytes[at] as number;
    if (plainByte[byte] === 1) at += 1;
    else if (byte === backslash && simpleEscape[bytes[at + 1] ?? 0] === 1) at += 2;
    else return at;
  }
  return at;
}

/** Made for the first text that needs it: an idle process does without the megabyte that WebAssembly takes. */
let walker: TextWalker | undefined;
let mayHaveWalker = true;
/** So much text is put before the walker at once; it then lies in the processor's nearest cache. */
const windowBytes = 16 * 1024;

/** The part of a body that lies before the walker: texts that stand near each other are copied once. */
let windowOf: Buffer | undefined;
let windowStart = 0;
let windowEnd = 0;

/** The same to the end of the bytes, for long texts. They must not change until `forgetText`. */
export function walkText(bytes: Buffer, from: number): number {
  if (walker === undefined && mayHaveWalker) {
    walker = createTextWalker();
    mayHaveWalker = walker !== undefined;
  }
  if (walker === undefined) return walkBytes(bytes, from, bytes.length);
  let at = from;
  for (;;) {
    if (windowOf !== bytes || at < windowStart || at >= windowEnd) openWindow(bytes, at, walker.memory);
    at = windowStart + walker.walk(at - windowStart);
    // What seems to end with the window may be an escape that goes on behind it.
    if (at < windowEnd - 1 || windowEnd === bytes.length) return at;
    windowOf = undefined;
  }
}

/** Without this the last body would be held until the next one comes. */
export function forgetText(): void {
  windowOf = undefined;
}

function openWindow(bytes: Buffer, start: number, memory: Uint8Array): void {
  const end = Math.min(start + windowBytes, bytes.length);
  bytes.copy(memory, 0, start, end);
  // The control character at which every walk ends.
  memory[end - start] = 0;
  windowOf = bytes;
  windowStart = start;
  windowEnd = end;
}
