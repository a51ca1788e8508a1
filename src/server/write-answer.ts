// The bytes of an answer on their way to the client, in as few pieces as possible: each piece is a system call or an entry of
// a gathering write, and for small answers and chunks they cost more than everything else that is done for them.
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { ReplySink } from '../gateway/call.ts';
import type { AnswerRecord } from '../ledger/idempotency/idempotency.ts';
import { onePieceBytes, packChunk } from './pack-answer.ts';

/** A packed answer, whose head Node takes for sent. */
export function endPacked(response: ServerResponse, packed: Buffer): void {
  if (response.destroyed) return;
  response.socket?.write(packed);
  response.end();
}

/** The whole body, in one string with the head where that is one write; a buffer would be a second piece. */
export function endWith(response: ServerResponse, body: Buffer | string): void {
  if (typeof body !== 'string' && body.length <= onePieceBytes) response.end(body.toString('latin1'), 'latin1');
  else response.end(body);
}

/** What follows a head that was written with `writeHead`. */
export function streamAnswer(response: ServerResponse): ReplySink {
  if (!response.chunkedEncoding) return plainAnswer(response);
  // Node would write a chunk in four pieces: its length, the data, two line ends.
  response.chunkedEncoding = false;
  return new ChunkedAnswer(response);
}

/** For clients that know no chunks (HTTP/1.0): the end of the connection is the end of the answer. */
function plainAnswer(response: ServerResponse): ReplySink {
  return {
    write: (bytes) => response.destroyed || response.write(bytes),
    onDrain: (callback) => response.once('drain', callback),
    end: (bytes) => void response.end(bytes),
    abort: () => void response.destroy(),
  };
}

/** The same behind a packed head, which Node takes for sent: it goes out with the first chunk. */
export function packedStream(response: ServerResponse, head: string): ReplySink {
  return new ChunkedAnswer(response, head);
}

class ChunkedAnswer implements ReplySink {
  private readonly response: ServerResponse;
  /** What has to go out before the first chunk and is not Node's to write. */
  private head: string;
  /** Where the last write went. */
  private to: Writable | undefined;

  constructor(response: ServerResponse, head = '') {
    this.response = response;
    this.head = head;
  }

  write(bytes: Buffer | string): boolean {
    const { response } = this;
    if (response.destroyed || bytes.length === 0) return true;
    const { head } = this;
    /**
     * The first chunk goes out with Node's head. The next ones need nothing of the response any more: written to its socket, each is
     * spared a second queue. Their order is the same, because the socket is the response's own until it ends.
     */
    const to = this.to === undefined && head === '' ? response : (response.socket ?? response);
    this.to = to;
    if (head === '') return writeChunk(to, bytes);
    this.head = '';
    return writeChunk(to, bytes, head);
  }

  onDrain(callback: () => void): void {
    (this.to ?? this.response).once('drain', callback);
  }

  end(bytes = ''): void {
    const { head } = this;
    this.head = '';
    this.response.end(bytes === '' ? `${head}${lastChunk}` : `${head}${chunkOf(bytes)}${lastChunk}`);
  }

  /** Without the last chunk nobody can take what came for all of it. */
  abort(): void {
    this.response.destroy();
  }
}

const lastChunk = '0\r\n\r\n';

/** `head`: ASCII that goes before it. */
function writeChunk(to: Writable, bytes: Buffer | string, head = ''): boolean {
  if (typeof bytes === 'string') return writeText(to, bytes, head);
  if (bytes.length + head.length <= onePieceBytes) return to.write(packChunk(bytes, head));
  const first = `${head}${bytes.length.toString(16)}\r\n`;
  to.cork();
  to.write(first, 'latin1');
  to.write(bytes);
  const more = to.write('\r\n', 'latin1');
  to.uncork();
  return more;
}

/** Text without letters outside ASCII is copied instead of encoded, from the stack up to three times the size. */
function writeText(to: Writable, text: string, head: string): boolean {
  const size = Buffer.byteLength(text);
  return to.write(`${head}${size.toString(16)}\r\n${text}\r\n`, size === text.length ? 'latin1' : 'utf8');
}

function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** What a reader that is gone has not got is not given again, so only a stream that was taken to its end is kept. */
export function recorded(answer: ReplySink, recorder: AnswerRecord): ReplySink {
  return {
    write(bytes) {
      recorder.write(bytes);
      return answer.write(bytes);
    },
    onDrain: (callback) => answer.onDrain(callback),
    end(bytes, broken) {
      if (bytes !== undefined) recorder.write(bytes);
      if (broken === true) recorder.abandon();
      else recorder.end();
      answer.end(bytes);
    },
    abort() {
      recorder.abandon();
      answer.abort?.();
    },
  };
}
