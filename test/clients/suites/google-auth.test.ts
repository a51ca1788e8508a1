// The library that finds Google Cloud credentials, against a token server on this machine.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createGoogleAuthorizer } from '../../../src/providers/auth/google-credentials.ts';
import { tempDir } from '../../support/temp-dir.ts';

const asked: string[] = [];
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    asked.push(`${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`);
    response.setHeader('content-type', 'application/json');
    response.setHeader('metadata-flavor', 'Google');
    const token = { access_token: 'ya29.of-this-test', token_type: 'Bearer', expires_in: 3600 };
    response.end(JSON.stringify({ ...token, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }));
  });
});
let address = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => {
  asked.length = 0;
  vi.unstubAllEnvs();
});

const load = (): Promise<unknown> => import('google-auth-library');
const request = { method: 'POST', origin: 'https://aiplatform.googleapis.com', path: '/v1/x', headers: [], body: undefined };

it('exchanges the token of a pod (workload identity) and keeps what it gets', async () => {
  const folder = tempDir('google');
  writeFileSync(join(folder, 'subject'), 'token-of-the-pod');
  const file = join(folder, 'federation.json');
  writeFileSync(
    file,
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://${address}/v1/token`,
      credential_source: { file: join(folder, 'subject') },
    }),
  );
  const authorizer = createGoogleAuthorizer({ fields: { project: 'p', credentials_file: file } }, load);

  const added = [await authorizer.authorize(request), await authorizer.authorize(request)];

  expect(added).toEqual(Array(2).fill(['authorization', 'Bearer ya29.of-this-test']));
  expect(asked).toEqual(['POST /v1/token']);
});

it('asks the metadata server of the machine', async () => {
  vi.stubEnv('GCE_METADATA_HOST', address);
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined);
  vi.stubEnv('HOME', tempDir('home'));
  const authorizer = createGoogleAuthorizer({ fields: { project: 'p' } }, load);

  expect(await authorizer.authorize(request)).toEqual(['authorization', 'Bearer ya29.of-this-test']);
  await authorizer.authorize(request);

  expect(asked.filter((line) => line.endsWith('/token'))).toHaveLength(1);
});
