import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startUpstream } from '../../test/support/fake-upstream.ts';
import { createGatewayClient } from './gateway-client.ts';

let gateway: FakeUpstream;
beforeAll(async () => {
  gateway = await startUpstream();
});
afterAll(() => gateway.close());

const never = new AbortController().signal;

async function collect(stream: AsyncIterable<string>): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const data of stream) seen.push(data);
  return seen;
}

describe('createGatewayClient', () => {
  it('sends the key and the body, and reads the answer', async () => {
    gateway.respond({ headers: { 'content-type': 'application/json' }, body: '{"ok":true}' });

    expect(await createGatewayClient({ url: `${gateway.url}/`, key: 'mpc-x' }).post('/v1/x', { a: 1 })).toEqual({ ok: true });

    const seen = gateway.requests.at(-1);
    expect(seen?.path).toBe('/v1/x');
    expect(seen?.headers['authorization']).toBe('Bearer mpc-x');
    expect(seen?.json()).toEqual({ a: 1 });
  });

  it('yields the data of each event, however the bytes are cut, up to [DONE]', async () => {
    const body = 'data: {"é":1}\n\n: keepalive\n\ndata: two\n\ndata: [DONE]\n\n';
    gateway.respond({
      headers: { 'content-type': 'text/event-stream' },
      pieces: [...Buffer.from(body)].map((byte) => Buffer.from([byte])),
    });

    expect(await collect(createGatewayClient({ url: gateway.url }).stream('/s', {}, never))).toEqual(['{"é":1}', 'two']);
  });

  it('stops when told, and the gateway notices', async () => {
    gateway.respond({ headers: { 'content-type': 'text/event-stream' }, body: 'data: one\n\n', then: 'stall', framing: 'chunked' });
    const stop = new AbortController();

    const reading = async (): Promise<void> => {
      for await (const data of createGatewayClient({ url: gateway.url }).stream('/s', {}, stop.signal)) {
        expect(data).toBe('one');
        stop.abort();
      }
    };

    await expect(reading()).rejects.toThrow('abort');
    expect(await gateway.requests.at(-1)?.aborted).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['{"error":{"message":"no such model","type":"x","code":null,"param":null}}', 'the gateway answered 404: no such model'],
    ['{"error":"Unknown model alias: x","message":"did you mean y?"}', 'the gateway answered 404: did you mean y?'],
    ['{"error":"short"}', 'the gateway answered 404: short'],
    ['<html>', 'the gateway answered 404: <html>'],
  ])('passes on the message of %s', async (body, message) => {
    gateway.respond({ status: 404, body });

    await expect(createGatewayClient({ url: gateway.url }).get('/x')).rejects.toThrow(message);
    await expect(collect(createGatewayClient({ url: gateway.url }).stream('/x', {}, never))).rejects.toThrow(message);
  });

  it('says where a key goes when one is missing', async () => {
    gateway.respond({ status: 401, body: '{"error":"missing_key","message":"no key was sent"}' });

    await expect(createGatewayClient({ url: gateway.url }).get('/x')).rejects.toThrow('no key was sent (give a key with --key or MPC_KEY)');
  });
});
