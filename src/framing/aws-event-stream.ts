// AWS event streams (application/vnd.amazon.eventstream): binary frames with checksums → the frames that decoders of other
// streams see too, an event name and JSON text.
import { crc32 } from 'node:zlib';
import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec';
import { GatewayError } from '../core/errors.ts';
import type { FrameParser, SseFrame } from './sse.ts';

/** Total length, length of the headers, checksum of both. */
const preludeBytes = 12;
const leastFrameBytes = 16;
const checksumBytes = 4;
/** A service has a handful of events; whoever sends ever new headers is read at full length. */
const mostKnownHeaders = 32;

/**
 * A frame's event name is its `:event-type`. Exceptions and errors get a prefix, so that no event can be taken for one:
 * `exception:throttlingException`. A frame that breaks off at the end of the bytes is not a frame: what it would have said decides
 * the decoder, which knows whether the answer was complete without it.
 */
export function createAwsEventStreamParser({ maxFrameBytes }: { readonly maxFrameBytes: number }): FrameParser {
  const codec = new EventStreamCodec(
    (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')),
    (text) => Buffer.from(text, 'utf8'),
  );
  // Pieces of the unfinished frame. A list and not one buffer: joining at each read would copy a large frame quadratically.
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Length of the unfinished frame, once its prelude is there. */
  let wanted = 0;

  function lengthOf(bytes: Buffer): number {
    const length = bytes.readUInt32BE(0);
    if (length < leastFrameBytes) throw damaged(`it says that it has ${length} bytes`);
    if (length > maxFrameBytes) {
      throw new GatewayError('upstream_bad_reply', `the provider sent a stream frame larger than ${maxFrameBytes} bytes`);
    }
    return length;
  }

  /** Header bytes → event name: all frames of one event have the same headers, so they are read once. */
  const known = new Map<string, string>();

  function decode(bytes: Buffer): SseFrame {
    const bodyStart = preludeBytes + bytes.readUInt32BE(4);
    const bodyEnd = bytes.length - checksumBytes;
    const headerBytes = bodyStart <= bodyEnd ? bytes.toString('latin1', preludeBytes, bodyStart) : '';
    const event = known.get(headerBytes);
    if (event !== undefined && isWhole(bytes)) return { event, data: bytes.toString('utf8', bodyStart, bodyEnd) };
    const frame = decodeSlowly(bytes);
    if (known.size < mostKnownHeaders) known.set(headerBytes, frame.event);
    return frame;
  }

  function decodeSlowly(bytes: Buffer): SseFrame {
    try {
      const { headers, body } = codec.decode(bytes);
      return { event: nameOf(headers), data: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') };
    } catch (cause) {
      throw damaged(cause instanceof Error ? cause.message : 'its headers cannot be read', cause);
    }
  }

  function joined(): Buffer {
    const [only] = held;
    const bytes = held.length === 1 && only !== undefined ? only : Buffer.concat(held, heldBytes);
    held = [bytes];
    return bytes;
  }

  function push(chunk: Buffer, emit: (frame: SseFrame) => void): void {
    if (chunk.length === 0) return;
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < (wanted === 0 ? preludeBytes : wanted)) return;
    const bytes = joined();
    let start = 0;
    wanted = 0;
    while (bytes.length - start >= preludeBytes) {
      const length = lengthOf(bytes.subarray(start));
      if (bytes.length - start < length) {
        wanted = length;
        break;
      }
      emit(decode(bytes.subarray(start, start + length)));
      start += length;
    }
    held = start === bytes.length ? [] : [bytes.subarray(start)];
    heldBytes = bytes.length - start;
  }

  return { push, end: () => undefined };
}

/** Both checksums are right. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.length - checksumBytes;
  return (
    crc32(bytes.subarray(0, preludeBytes - checksumBytes)) === bytes.readUInt32BE(preludeBytes - checksumBytes) &&
    crc32(bytes.subarray(0, end)) === bytes.readUInt32BE(end)
  );
}

function nameOf(headers: MessageHeaders): string {
  const text = (name: string): string => {
    const value = headers[name]?.value;
    return typeof value === 'string' ? value : '';
  };
  switch (text(':message-type')) {
    case 'exception':
      return `exception:${text(':exception-type')}`;
    // An error outside the service's own model: it has no body, only these two headers.
    case 'error':
      return `exception:${text(':error-code')}: ${text(':error-message')}`;
    default:
      return text(':event-type');
  }
}

function damaged(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_bad_reply', `the provider sent a damaged stream frame: ${what}`, cause === undefined ? {} : { cause });
}
