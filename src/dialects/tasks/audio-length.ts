// How long an upload plays, where its header says so cheaply. A length that is not known is told as such, never guessed.
import type { UploadedFile } from '../../canonical/tasks.ts';
import { noUsage, type Usage } from '../../canonical/usage.ts';

const headBytes = 4_096;

/**
 * Seconds by the file's header. Of a file that tells none the cost is unknown: a call of unmeasured length has no price, so that
 * nobody takes it for free.
 */
export function audioUsage(file: UploadedFile): Usage {
  const seconds = wavSeconds(file);
  return seconds === undefined
    ? {
        ...noUsage,
        source: 'estimated',
        anomaly: 'length of the audio is unknown',
        units: [{ unit: 'request', count: 1, variant: 'unmeasured audio' }],
      }
    : { ...noUsage, source: 'estimated', units: [{ unit: 'second', count: seconds }] };
}

/** RIFF: bytes of sound over bytes per second. */
export function wavSeconds(file: UploadedFile): number | undefined {
  const head = readHead(file);
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= head.length; ) {
    const kind = head.toString('latin1', at, at + 4);
    const length = head.readUInt32LE(at + 4);
    if (kind === 'fmt ' && at + 20 <= head.length) bytesPerSecond = head.readUInt32LE(at + 16);
    if (kind === 'data') {
      if (bytesPerSecond === 0) return undefined;
      // Recorders that stream leave the length open; then what lies in the file counts.
      return Math.min(length, Math.max(0, file.bytes - at - 8)) / bytesPerSecond;
    }
    at += 8 + length + (length % 2);
  }
  return undefined;
}

/** What the reader of the form kept of its beginning. */
function readHead({ at }: UploadedFile): Buffer {
  return at.kind === 'memory' ? at.data.subarray(0, headBytes) : at.head;
}
