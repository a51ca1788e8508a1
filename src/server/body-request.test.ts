import { Agent, createServer, type IncomingMessage, request as send, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BodyRequest, giveBody } from './body-request.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** What the takers of a server's requests were told, in order. */
async function serve(options: { readonly giveAfterMs?: number } = {}) {
  const told: string[] = [];
  let toldSomething = (): void => undefined;
  const tell = (what: string): void => {
    told.push(what);
    toldSomething();
  };
  const server = createServer({ IncomingMessage: BodyRequest }, async (request: IncomingMessage, response) => {
    if (options.giveAfterMs !== undefined) await wait(options.giveAfterMs);
    giveBody(request, {
      take: (piece) => tell(piece.toString()),
      end() {
        tell('end');
        response.end('answer');
      },
      gone: () => tell('gone'),
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await new Promise<void>((resolve) => (toldSomething = resolve));
  };
  return { told, until, port: (server.address() as AddressInfo).port };
}

function post(port: number, pieces: readonly string[], agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = send({ port, method: 'POST', host: '127.0.0.1', ...(agent !== undefined && { agent }) }, (response) => {
      let text = '';
      response.on('data', (bytes: Buffer) => (text += bytes.toString()));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    void (async () => {
      for (const piece of pieces) {
        request.write(piece);
        await wait(5);
      }
      request.end();
    })();
  });
}

describe('the body of a request', () => {
  it('goes to its taker piece by piece, and the connection serves the next request', async () => {
    const { told, port } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });

    const answers = [await post(port, ['one', 'two'], agent), await post(port, ['three'], agent), await post(port, [], agent)];
    agent.destroy();

    expect(answers).toEqual(['answer', 'answer', 'answer']);
    // The network may join two pieces.
    expect(told.join('')).toBe('onetwoendthreeendend');
  });

  it('is let go of while its answer is still being made', async () => {
    const server = createServer({ IncomingMessage: BodyRequest }, (request, response) => {
      giveBody(request, { take: () => undefined, end: () => undefined, gone: () => response.destroy() });
      request.on('close', () => response.end(`ended ${request.readableEnded}, aborted ${request.destroyed && !request.complete}`));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

    expect(await post((server.address() as AddressInfo).port, ['all'])).toBe('ended true, aborted false');
  });

  it('is still had when it has come before somebody takes it', async () => {
    const { told, port } = await serve({ giveAfterMs: 30 });

    await post(port, ['all']);
    await post(port, []);

    expect(told).toEqual(['all', 'end', 'end']);
  });

  it.each([
    ['at once', undefined],
    ['late', 30],
  ])('is gone with its connection, taken %s', async (_, giveAfterMs) => {
    const { told, until, port } = await serve(giveAfterMs === undefined ? {} : { giveAfterMs });
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\nonly this');
    await until(1);

    socket.destroy();
    await until(2);

    expect(told).toEqual(['only this', 'gone']);
  });

  it('goes there without being read as a stream', async () => {
    const listeners: number[] = [];
    const server = createServer({ IncomingMessage: BodyRequest }, (request, response) => {
      giveBody(request, {
        take: () => listeners.push(request.listenerCount('data')),
        end: () => response.end('answer'),
        gone: () => undefined,
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

    await post((server.address() as AddressInfo).port, ['all']);

    expect(listeners).toEqual([0]);
  });

  it('is a stream for whoever reads it as one', async () => {
    const server = createServer({ IncomingMessage: BodyRequest }, (request, response) => void request.pipe(response));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

    expect(await post((server.address() as AddressInfo).port, ['back', ' again'])).toBe('back again');
  });
});
