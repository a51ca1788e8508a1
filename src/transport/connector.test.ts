import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { setImmediate as turn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../test/support/self-signed.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { createConnector } from './connector.ts';
import { createDispatcher } from './dispatchers.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

describe.each(['http', 'https'])('over %s', (scheme) => {
  const certificate = scheme === 'https' ? selfSigned() : undefined;

  /** A dispatcher to a server that answers each connection's requests with the next of the answers. */
  async function dispatcherTo(answer: (socket: Socket) => void): Promise<Dispatcher> {
    const onSocket = (socket: Socket): void => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        if (bytes.includes('\r\n\r\n')) answer(socket);
      });
    };
    const server: Server = certificate === undefined ? createServer(onSocket) : createTlsServer(certificate, onSocket);
    server.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const caFile = join(tempDir(), 'ca.pem');
    if (certificate !== undefined) writeFileSync(caFile, certificate.cert);
    const dispatcher = createDispatcher({
      origin: `${scheme}://localhost:${port}`,
      connectMs: 5_000,
      ...(certificate !== undefined && { caFile }),
    });
    onTestFinished(async () => {
      await dispatcher.destroy();
      server.close();
    });
    return dispatcher;
  }

  it('reads answers in any cut, of many connections at once', async () => {
    const bodies = Array.from({ length: 24 }, (_, index) => randomBytes(1 + index * 7_919));
    let next = 0;
    const dispatcher = await dispatcherTo((socket) => {
      const body = bodies[next++] as Buffer;
      void writeInPieces(
        socket,
        Buffer.concat([Buffer.from(`${head}x-size: ${body.length}\r\ncontent-length: ${body.length}\r\n\r\n`), body]),
      );
    });

    const answers = await Promise.all(bodies.map(() => call(dispatcher).ended));

    expect(answers.map(digest).toSorted()).toEqual(bodies.map(digest).toSorted());
  });

  it('keeps the connection for the next call', async () => {
    const sockets = new Set<Socket>();
    const dispatcher = await dispatcherTo((socket) => {
      sockets.add(socket);
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n`);
    });

    const answers = [];
    for (let round = 0; round < 3; round += 1) {
      answers.push((await call(dispatcher).ended).toString());
      await turn();
    }

    expect(answers).toEqual(['one', 'one', 'one']);
    expect(sockets.size).toBe(1);
  });

  it('stops reading while the answer is paused, and loses nothing', async () => {
    const body = randomBytes(24 * 1024 * 1024);
    let sender: Socket | undefined;
    const dispatcher = await dispatcherTo((socket) => {
      sender = socket;
      socket.write(`${head}content-length: ${body.length}\r\n\r\n`);
      socket.write(body);
    });

    const { controller, received, ended } = call(dispatcher, { pauseAt: 1 });
    await expect.poll(() => received().length > 0).toBe(true);
    await isStill(() => received().length);
    const taken = received().length;
    // What the kernel holds for both ends has gone out, the rest waits with the sender.
    expect(sender?.writableLength).toBeGreaterThan(0);
    expect(taken).toBeLessThan(512 * 1024);
    (await controller).resume();

    expect(digest(await ended)).toBe(digest(body));
  });

  it('takes what came before the connection was closed, though it was paused', async () => {
    const body = randomBytes(150_000);
    const dispatcher = await dispatcherTo((socket) => {
      socket.end(Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]));
    });

    const { controller, received, ended } = call(dispatcher, { pauseAt: 1 });
    await expect.poll(() => received().length > 0).toBe(true);
    await isStill(() => received().length);
    (await controller).resume();

    expect(digest(await ended)).toBe(digest(body));
  });

  it('takes a connection that is closed for the end of the answer', async () => {
    const dispatcher = await dispatcherTo((socket) => socket.end(`${head}\r\nall of it`));

    expect((await call(dispatcher).ended).toString()).toBe('all of it');
  });

  it('tells of a connection that broke inside the answer', async () => {
    const dispatcher = await dispatcherTo((socket) => socket.end(`${head}content-length: 100\r\n\r\nsome of it`));

    await expect(call(dispatcher).ended).rejects.toThrow('other side closed');
  });
});

it.runIf(process.versions.node.startsWith('24.'))('offers what came without the queue of the stream', async () => {
  const server = createServer((socket) => void socket.write('all of it')).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { promise: connected, resolve } = Promise.withResolvers<Socket>();
  createConnector({})({ protocol: 'http:', hostname: 'localhost', port: String(port) }, (_error, socket) => resolve(socket as Socket));
  const socket = await connected;
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });

  const offered = await new Promise((answer) => {
    socket.once('readable', () => answer([socket.readableLength, String(socket.read()), socket.read()]));
  });

  expect(offered).toEqual([0, 'all of it', null]);
});

async function writeInPieces(socket: Socket, bytes: Buffer): Promise<void> {
  let at = 0;
  let size = 1;
  while (at < bytes.length) {
    socket.write(bytes.subarray(at, at + size));
    at += size;
    size = (size * 5) % 20_011;
    if (size % 3 === 0) await turn();
  }
}

interface Call {
  readonly controller: Promise<Dispatcher.DispatchController>;
  readonly ended: Promise<Buffer>;
  received(): Buffer;
}

function call(dispatcher: Dispatcher, { pauseAt = Infinity } = {}): Call {
  const pieces: Buffer[] = [];
  let size = 0;
  const { promise: controller, resolve: started } = Promise.withResolvers<Dispatcher.DispatchController>();
  const { promise: ended, resolve, reject } = Promise.withResolvers<Buffer>();
  dispatcher.dispatch(
    { path: '/', method: 'GET' },
    {
      onRequestStart: (control) => started(control),
      onResponseStart: () => undefined,
      onResponseData: (control, bytes) => {
        pieces.push(bytes);
        if (size < pauseAt && size + bytes.length >= pauseAt) control.pause();
        size += bytes.length;
      },
      onResponseEnd: () => resolve(Buffer.concat(pieces)),
      onResponseError: (_control, error) => reject(error),
    },
  );
  return { controller, ended, received: () => Buffer.concat(pieces) };
}

/** Until the figure has been the same for a while. */
async function isStill(figure: () => number): Promise<void> {
  let last = -1;
  for (let same = 0; same < 200; ) {
    await turn();
    const now = figure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
