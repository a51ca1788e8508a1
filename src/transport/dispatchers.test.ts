import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../test/support/self-signed.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { createDispatcher } from './dispatchers.ts';

it('calls a server whose certificate is of a private authority, and none whose authority it does not know', async () => {
  const certificate = selfSigned();
  const caFile = join(tempDir(), 'ca.pem');
  writeFileSync(caFile, certificate.cert);
  const server = createServer(certificate, (request, response) => response.end(request.headers.host)).listen(0);
  await once(server, 'listening');
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const trusting = createDispatcher({ origin: `https://${host}`, connectMs: 5_000, caFile });
  const strict = createDispatcher({ origin: `https://${host}`, connectMs: 5_000 });
  onTestFinished(async () => {
    await Promise.all([trusting.close(), strict.close()]);
    server.close();
  });

  const answers = [];
  for (let call = 0; call < 2; call += 1) answers.push(await ask(trusting));

  expect(answers).toEqual([host, host]);
  await expect(ask(strict)).rejects.toThrow('self-signed certificate');
});

function ask(dispatcher: Dispatcher): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    dispatcher.dispatch(
      { path: '/', method: 'GET' },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_controller, bytes) => void (text += bytes.toString()),
        onResponseEnd: () => resolve(text),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
