import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startUpstream } from '../../test/support/fake-upstream.ts';
import { freePort } from '../../test/support/free-port.ts';
import { probePort, probeUrl } from './probe.ts';

let server: FakeUpstream;
beforeAll(async () => {
  server = await startUpstream();
});
afterAll(() => server.close());

const portOf = (url: string): number => Number(new URL(url).port);

describe('probePort', () => {
  it('tells a free port from one that is taken, and knows a gateway', async () => {
    server.respond({ body: 'hello' });
    expect(await probePort('127.0.0.1', await freePort())).toBe('free');
    expect(await probePort('127.0.0.1', portOf(server.url))).toBe('taken');

    server.respond({ body: '{"status":"ok","service":"mpc-api"}' });
    expect(await probePort('127.0.0.1', portOf(server.url))).toBe('gateway');
  });

  it('does not mistake a program that speaks no HTTP for a gateway', async () => {
    const other = createServer((socket) => socket.end('220 hello\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));

    expect(await probePort('127.0.0.1', (other.address() as AddressInfo).port)).toBe('taken');
    other.close();
  });

  it('says when the address is not this machine', async () => {
    expect(await probePort('203.0.113.7', 3_000)).toBe('forbidden');
  });
});

describe('probeUrl', () => {
  it('takes any status for an answer', async () => {
    server.respond({ status: 401, body: '{}' });

    const result = await probeUrl({ url: `${server.baseUrl}/models`, headers: ['authorization', 'Bearer x'] });

    expect(result).toMatchObject({ kind: 'answered', status: 401 });
    expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/models', headers: { authorization: 'Bearer x' } });
  });

  it('says why there was none', async () => {
    expect(await probeUrl({ url: `http://127.0.0.1:${await freePort()}/v1`, headers: [] })).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(await probeUrl({ url: server.url, headers: [], caFile: '/nowhere.pem' })).toMatchObject({ kind: 'failed' });
  });
});
