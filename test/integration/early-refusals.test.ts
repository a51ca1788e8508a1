// A refusal that comes before the body was read must still be readable: a client that is busy sending sees a reset otherwise.
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { ask, chat, start } from './client.ts';

const large = Buffer.alloc(20 * 1024 * 1024, 0x20);

/** Sends like curl: reads an answer whenever it comes, and goes on sending. */
function send(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers: { 'content-length': String(large.length), ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end(large);
  });
}

it.each([
  ['an unsupported content type', '/v1/chat/completions', { 'content-type': 'text/plain' }, 415],
  ['an unsupported encoding', '/v1/chat/completions', { 'content-type': 'application/json', 'content-encoding': 'br' }, 415],
  ['an unknown path', '/v1/nowhere', { 'content-type': 'application/json' }, 404],
  ['a wrong method', '/v1/models', { 'content-type': 'application/json' }, 405],
  ['a foreign origin', '/v1/chat/completions', { 'content-type': 'application/json', origin: 'https://evil.example' }, 403],
])('reaches a client with a large body: %s', async (_what, path, headers, status) => {
  const gateway = await start();

  for (let time = 0; time < 3; time += 1) expect(await send(`${gateway.url}${path}`, headers)).toBe(status);
  expect((await ask(gateway, path, { raw: large, headers })).status).toBe(status);
  expect((await chat(gateway, { model: 'demo-fast' })).status).toBe(200);
});

it('reaches a client with a large body and no key', async () => {
  const gateway = await start({ yaml: 'server:\n  auth: required\n' });

  for (let time = 0; time < 3; time += 1)
    expect(await send(`${gateway.url}/v1/chat/completions`, { 'content-type': 'application/json' })).toBe(401);
});
