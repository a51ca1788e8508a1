import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaFetcher, type MediaFetcherOptions } from './fetch-media.ts';

const png = Buffer.from('89504e470d0a1a0a', 'hex');
const pages: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  '/a.png': (response) => response.writeHead(200, { 'content-type': 'image/png; x=y' }).end(png),
  '/page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  '/untyped': (response) => response.writeHead(200).end(png),
  '/large': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.alloc(3_000)),
  '/endless': (response) => {
    response.writeHead(200, { 'content-type': 'image/png' });
    const write = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(1_000), () => setImmediate(write));
    };
    write();
  },
  '/slow': () => undefined,
  '/gone': (response) => response.writeHead(404).end(),
  '/once': (response) => response.writeHead(302, { location: '/a.png' }).end(),
  '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
  '/inside': (response, request) => response.writeHead(302, { location: `http://127.0.0.1:${request.socket.localPort}/a.png` }).end(),
  '/file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
};
const seen: string[] = [];
const server = createServer((request, response) => {
  seen.push(request.url ?? '');
  pages[request.url ?? '']?.(response, request);
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Every name leads where the test says; asked twice, it may lead elsewhere. */
function resolver(...answers: readonly string[]): { readonly lookup: LookupFunction; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    lookup(hostname, options, callback) {
      const address = answers[Math.min(asked.length, answers.length - 1)] ?? '';
      asked.push(hostname);
      const family = address.includes(':') ? 6 : 4;
      if (options.all === true) callback(null, [{ address, family }]);
      else callback(null, address, family);
    },
  };
}

const local = resolver('127.0.0.1').lookup;
const fetcher = (more: Partial<MediaFetcherOptions> = {}) =>
  createMediaFetcher({ maxBytes: 2_000, timeoutMs: 2_000, allowedHosts: ['files.example'], lookup: local, ...more });
const at = (path: string, host = 'files.example'): string => `http://${host}:${port}${path}`;

it('fetches a picture with its type', async () => {
  expect(await fetcher().fetch(at('/a.png'))).toEqual({ mediaType: 'image/png', data: png });
});

it('follows a redirect', async () => {
  expect((await fetcher().fetch(at('/once'))).data).toEqual(png);
});

it.each([
  ['/page', /text\/html, which is no picture/],
  ['/untyped', /type is not told/],
  ['/large', /larger than/],
  ['/endless', /larger than/],
  ['/gone', /answered 404/],
  ['/loop', /redirects more than 3 times/],
  ['/file', /only http and https/],
])('does not take %s', async (path, why) => {
  await expect(fetcher().fetch(at(path))).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringMatching(why) });
});

it('gives up on a server that says nothing', async () => {
  await expect(fetcher({ timeoutMs: 50 }).fetch(at('/slow'))).rejects.toThrow('did not arrive within 50 ms');
});

describe('an address inside the network', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[fd00::1]',
    '0x7f000001',
    '2130706433',
    '127.1',
  ])('is refused as it stands: %s', async (host) => {
    const before = seen.length;
    await expect(fetcher().fetch(at('/a.png', host))).rejects.toThrow('into the network of the gateway');
    expect(seen.length).toBe(before);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fe80::1', '::ffff:10.0.0.1'])(
    'is refused behind a name: %s',
    async (address) => {
      const before = seen.length;
      await expect(fetcher({ lookup: resolver(address).lookup }).fetch(at('/a.png', 'harmless.example'))).rejects.toThrow(
        'into the network of the gateway',
      );
      expect(seen.length).toBe(before);
    },
  );

  it('is refused where a redirect leads to it', async () => {
    await expect(fetcher().fetch(at('/inside'))).rejects.toThrow('into the network of the gateway');
  });

  it('is refused when the name leads to it at the moment of the connection, whatever it led to before', async () => {
    const rebinding = resolver('93.184.216.34', '127.0.0.1');
    // Somebody looks at the name first and finds it harmless.
    rebinding.lookup('evil.example', {}, () => undefined);

    await expect(fetcher({ lookup: rebinding.lookup }).fetch(at('/a.png', 'evil.example'))).rejects.toThrow(
      'into the network of the gateway',
    );
    expect(rebinding.asked).toEqual(['evil.example', 'evil.example']);
  });

  it('is reached under a name that the operator lets in', async () => {
    expect((await fetcher({ allowedHosts: ['127.0.0.1'] }).fetch(at('/a.png', '127.0.0.1'))).data).toEqual(png);
  });
});

it.each(['ftp://files.example/a', 'file:///etc/passwd', 'data:image/png;base64,AAAA', 'nonsense', 'http://user:pass@files.example/'])(
  'does not fetch %s',
  async (url) => {
    await expect(fetcher().fetch(url)).rejects.toMatchObject({ code: 'invalid_request' });
  },
);
