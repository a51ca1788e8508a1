import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fetchText } from './fetch-text.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const fetchFrom = (url: string, maxBytes = 1_000): Promise<string> => fetchText({ url, maxBytes, timeoutMs: 5_000 });

describe('fetchText', () => {
  it('follows redirects to the text', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/list') response.writeHead(302, { location: '/real' }).end();
      else response.end('[1]');
    });

    expect(await fetchFrom(`${url}/list`)).toBe('[1]');
  });

  it('gives up on redirects that do not end', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());

    await expect(fetchFrom(url)).rejects.toThrow('redirects more than 3 times');
  });

  it('names address and status of a refusal', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end('no'));

    await expect(fetchFrom(`${url}/list`)).rejects.toThrow(`${url}/list answered 404`);
  });

  it('stops at the size it was given, whatever the server announces', async () => {
    const url = await serve((_request, response) => {
      response.write('x'.repeat(800));
      response.end('x'.repeat(800));
    });

    await expect(fetchFrom(url)).rejects.toThrow('larger than 1000 bytes');
  });

  it('says that nobody answers', async () => {
    const url = await serve(() => undefined);
    for (const server of open.splice(0)) server.close();

    await expect(fetchFrom(url)).rejects.toThrow('did not answer');
    await expect(fetchFrom('file:///etc/passwd')).rejects.toThrow('is no http address');
  });
});
