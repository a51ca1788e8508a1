// Parts → a multipart/form-data body of known length. Files are read from where they lie while they are sent, so that a large
// upload is never in memory, and a retry can send it again.
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { randomBoundary } from './multipart-boundary.ts';

/** A file to send: in memory, or a path. */
export interface FormFile {
  readonly filename: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly at: { readonly kind: 'memory'; readonly data: Buffer } | { readonly kind: 'file'; readonly path: string; readonly head: Buffer };
}

export type FormPart =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | { readonly kind: 'file'; readonly name: string; readonly file: FormFile };

export interface WrittenForm {
  readonly contentType: string;
  readonly bytes: number;
  /** The body: bytes when all of it is in memory, else pieces, to be read once. A piece holds its bytes until the next but one is asked for. */
  open(): Buffer | AsyncIterable<Buffer>;
}

export function writeMultipart(parts: readonly FormPart[]): WrittenForm {
  const boundary = randomBoundary();
  const pieces: (Buffer | FormFile)[] = [];
  let bytes = 0;
  const add = (piece: Buffer | FormFile): void => {
    pieces.push(piece);
    bytes += Buffer.isBuffer(piece) ? piece.length : piece.bytes;
  };
  for (const part of parts) {
    if (part.kind === 'field') {
      add(Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${quoted(part.name)}"\r\n\r\n${part.value}\r\n`));
      continue;
    }
    const { file } = part;
    const names = `name="${quoted(part.name)}"; filename="${quoted(file.filename)}"`;
    add(Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${names}\r\ncontent-type: ${oneLine(file.mediaType)}\r\n\r\n`));
    add(file.at.kind === 'memory' ? file.at.data : file);
    add(Buffer.from('\r\n'));
  }
  add(Buffer.from(`--${boundary}--\r\n`));
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes,
    open: () => (pieces.every((piece) => Buffer.isBuffer(piece)) ? Buffer.concat(pieces) : readPieces(pieces)),
  };
}

async function* readPieces(pieces: readonly (Buffer | FormFile)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else if (piece.at.kind === 'memory') yield piece.at.data;
    else yield* readInTurns(piece.at.path);
  }
}

/**
 * Larger than what a socket takes without making its writer wait: when the next piece is asked for, the one before has been
 * handed to the system, so two buffers in turn are enough. New ones for each read would pile up until the next collection, and a
 * file of 25 MB would cost as much memory as if it had been read at once.
 */
const pieceBytes = 256 * 1024;

async function* readInTurns(path: string): AsyncGenerator<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await openFile(path, 'r');
    const buffers = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)];
    for (let turn = 0; ; turn += 1) {
      const buffer = buffers[turn % 2] ?? Buffer.allocUnsafeSlow(pieceBytes);
      const { bytesRead } = await handle.read(buffer, 0, pieceBytes, null);
      if (bytesRead === 0) return;
      // A short piece makes no writer wait, so its memory is not used again.
      if (bytesRead < pieceBytes) buffers[turn % 2] = Buffer.allocUnsafeSlow(pieceBytes);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle?.close();
  }
}

/** As browsers write names (the HTML standard): a quote or a line end in a file name must not end the header. */
function quoted(text: string): string {
  return text.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function oneLine(text: string): string {
  return /^[\x20-\x7e]{1,200}$/.test(text) ? text : 'application/octet-stream';
}
