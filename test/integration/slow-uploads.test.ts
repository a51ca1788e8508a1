// How long a request's body may take to arrive: forms longer than everything else.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { start, startProvider } from './client.ts';

const boundary = 'xyz';
const form = [
  `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\ncustom/m\r\n`,
  `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n`,
  'x'.repeat(100),
  `\r\n--${boundary}--\r\n`,
];
const formHead =
  'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n' +
  `content-type: multipart/form-data; boundary=${boundary}\r\ncontent-length: ${form.join('').length}\r\n\r\n`;

interface Stage {
  readonly gateway: RunningGateway;
  readonly upstream: FakeUpstream;
}

async function stage(env: Readonly<Record<string, string>>): Promise<Stage> {
  const upstream = await startProvider({ headers: { 'content-type': 'application/json' }, body: '{"text":"hello"}' });
  return { upstream, gateway: await start({ env: { CUSTOM_BASE_URL: upstream.baseUrl, CUSTOM_API_KEY: 'sk-custom-0123456789', ...env } }) };
}

/** Writes the pieces with pauses between them, and answers all that came back until the gateway hung up. */
async function drip({ gateway }: Stage, pieces: readonly string[], gapMs: number): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let seen = '';
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket
    .on('error', () => undefined)
    .on('data', (bytes: Buffer) => {
      seen += bytes.toString('latin1');
    });
  for (const piece of pieces) {
    socket.write(piece);
    await Promise.race([delay(gapMs), closed]);
  }
  await closed;
  return seen;
}

describe.concurrent('a body that comes slowly', () => {
  it('is waited for when it is a form, far beyond the time of other bodies', async () => {
    const slow = await stage({ MPC_SERVER_BODY_TIMEOUT_MS: '100' });

    const seen = await drip(slow, [formHead, ...form], 150);

    expect(seen).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen).toContain('hello');
  });

  it('is not waited for without end when it is a form', async () => {
    const slow = await stage({
      MPC_SERVER_HEADER_TIMEOUT_MS: '100',
      MPC_SERVER_BODY_TIMEOUT_MS: '100',
      MPC_SERVER_UPLOAD_TIMEOUT_MS: '200',
    });

    const seen = await drip(slow, [formHead, ...form.slice(0, 3)], 50);

    expect(seen).toMatch(/^HTTP\/1\.1 408 /);
    expect(slow.upstream.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it.each([
    ['/v1/messages', '"type":"error"'],
    ['/api/chat/completions', '"error":'],
  ])('is refused at %s in the grammar of its caller', async (path, shape) => {
    const slow = await stage({ MPC_SERVER_BODY_TIMEOUT_MS: '100' });
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`;

    const seen = await drip(slow, [head, '{"model":'], 10);

    expect(seen).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen).toContain(shape);
  });

  it('does not hold a connection whose request was answered without it', async () => {
    const slow = await stage({ MPC_SERVER_BODY_TIMEOUT_MS: '100' });

    const seen = await drip(slow, ['GET /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n', 'x'], 10);

    expect(seen).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is no form only because it says so where none is taken', async () => {
    const slow = await stage({ MPC_SERVER_BODY_TIMEOUT_MS: '100' });
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 1000\r\n\r\n';

    expect(await drip(slow, [head, 'x'], 10)).toMatch(/^HTTP\/1\.1 415 /);
  });
});
