// The mock provider, a process of its own: raw sockets and prepared bytes, so that it never is what a
// benchmark measures. The same for every candidate. Prints its port; exits when its parent leaves.
import { Buffer } from 'node:buffer';
import { createServer, type Socket } from 'node:net';
import {
  httpChunk,
  jsonAnswer,
  lastHttpChunk,
  type StreamDialect,
  type StreamShape,
  streamEvents,
  streamHead,
  transcriptText,
  wholeAnswer,
} from './wire/answers.ts';
import { readRequest, type SeenRequest } from './wire/request-reader.ts';
import { readUpload, type UploadReader } from './wire/upload-reader.ts';
import { dialectOf } from './wire/wire-dialect.ts';

interface PreparedStream {
  readonly atOnce: Buffer;
  readonly opening: Buffer;
  readonly deltas: readonly Buffer[];
  readonly closing: Buffer;
}

const whole = { openai: wholeAnswer('openai'), anthropic: wholeAnswer('anthropic') };
const notFound = jsonAnswer(
  '404 Not Found',
  '{"error":{"message":"the mock upstream knows chat paths only","type":"not_found","code":null,"param":null}}',
);
const models = jsonAnswer('200 OK', '{"object":"list","data":[{"id":"gpt-4o","object":"model","created":1760000000,"owned_by":"bench"}]}');
const transcript = jsonAnswer('200 OK', JSON.stringify({ text: transcriptText }));
const prepared = new Map<string, PreparedStream>();
/** Chat requests read completely since the start. */
const counts: Record<StreamDialect, number> = { openai: 0, responses: 0, anthropic: 0, gemini: 0, bedrock: 0, cohere: 0 };

function prepare(shape: StreamShape): PreparedStream {
  const key = `${shape.dialect} ${shape.chunks} ${shape.usage}`;
  const known = prepared.get(key);
  if (known) return known;
  const events = streamEvents(shape);
  const opening = Buffer.concat([streamHead(shape.dialect), ...events.opening.map(httpChunk)]);
  const deltas = events.deltas.map(httpChunk);
  const closing = Buffer.concat([...events.closing.map(httpChunk), lastHttpChunk]);
  const stream = { atOnce: Buffer.concat([opening, ...deltas, closing]), opening, deltas, closing };
  prepared.set(key, stream);
  return stream;
}

function answer(socket: Socket, request: SeenRequest): void {
  const dialect = dialectOf(request.path);
  if (dialect === undefined) {
    socket.write(request.path.endsWith('/models') ? models : notFound);
    return;
  }
  counts[dialect] += 1;
  if (!request.stream) {
    socket.write(dialect === 'openai' || dialect === 'anthropic' ? whole[dialect] : notFound);
    return;
  }
  const wish = request.wish ?? { chunks: 100, gapMs: 0 };
  const stream = prepare({ dialect, chunks: wish.chunks, usage: request.usage });
  if (wish.hold === true) socket.write(Buffer.concat([stream.opening, ...stream.deltas.slice(0, 1)]));
  else if (wish.gapMs === 0) socket.write(stream.atOnce);
  else pace(socket, stream, wish.gapMs);
}

function pace(socket: Socket, stream: PreparedStream, gapMs: number): void {
  let next = 0;
  socket.write(stream.opening);
  const timer = setInterval(() => {
    const delta = stream.deltas[next];
    if (delta !== undefined && !socket.destroyed) {
      next += 1;
      socket.write(delta);
      return;
    }
    clearInterval(timer);
    if (!socket.destroyed) socket.write(stream.closing);
  }, gapMs);
}

const server = createServer({ noDelay: true }, (socket) => {
  let held: Buffer | undefined;
  /** Present while an upload arrives, whose bytes say nothing. */
  let upload: UploadReader | undefined;
  /** What stands behind the upload; nothing while it is not complete. */
  const takeUpload = (reader: UploadReader, bytes: Buffer): Buffer => {
    const rest = reader.push(bytes);
    if (rest === undefined) return Buffer.alloc(0);
    upload = undefined;
    counts.openai += 1;
    socket.write(transcript);
    return rest;
  };
  socket.on('data', (read: Buffer) => {
    let bytes = held === undefined ? read : Buffer.concat([held, read]);
    held = undefined;
    while (bytes.length > 0) {
      upload ??= readUpload(bytes);
      if (upload !== undefined) {
        bytes = takeUpload(upload, bytes);
        continue;
      }
      const request = readRequest(bytes);
      if (request === undefined) {
        held = bytes;
        return;
      }
      answer(socket, request);
      bytes = bytes.subarray(request.endsAt);
    }
  });
  // A candidate that is stopped resets its connections; that is no fault of the upstream.
  socket.on('error', () => socket.destroy());
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ type: 'ready', port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('message', () => process.send?.({ type: 'counts', counts: { ...counts } }));
process.on('disconnect', () => process.exit(0));
