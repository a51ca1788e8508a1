// Counts the bytes of one upload at the mock upstream and forgets them, so that 25 MB are neither held nor searched.
import { Buffer } from 'node:buffer';

export interface UploadReader {
  /** Feeds bytes from the head of the request on. What stands behind the upload; undefined while it is not complete. */
  push(bytes: Buffer): Buffer | undefined;
}

const lastChunk = Buffer.from('\r\n0\r\n\r\n');

/** Undefined when these bytes are not the beginning of an upload with a complete head. */
export function readUpload(bytes: Buffer): UploadReader | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  if (!/^POST \S*\/audio\/transcriptions /.test(head)) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  return length ? countedReader(headEnd + 4 + Number(length[1])) : chunkedReader();
}

function countedReader(total: number): UploadReader {
  let missing = total;
  return {
    push(bytes) {
      const taken = Math.min(missing, bytes.length);
      missing -= taken;
      return missing === 0 ? bytes.subarray(taken) : undefined;
    },
  };
}

/** Nothing in our files looks like the last chunk, and nobody sends a request behind one that is not answered. */
function chunkedReader(): UploadReader {
  let tail = Buffer.alloc(0);
  return {
    push(bytes) {
      const end = Buffer.concat([tail, bytes.subarray(-lastChunk.length)]);
      tail = end.subarray(-lastChunk.length);
      return tail.equals(lastChunk) ? Buffer.alloc(0) : undefined;
    },
  };
}
