import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { importOptional } from '../../core/import-optional.ts';
import type { OutgoingRequest } from '../../transport/authorizer.ts';
import { createGoogleAuthorizer, hasGoogleCredentials } from './google-credentials.ts';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
const request: OutgoingRequest = { method: 'POST', origin: 'https://host', path: '/', headers: [], body: undefined };

/** What stands in for the library: it answers these tokens, one a call. */
function library(...tokens: readonly (string | null | Error)[]) {
  const made: object[] = [];
  class GoogleAuth {
    constructor(options: object) {
      made.push(options);
    }
    getAccessToken(): Promise<string | null> {
      const token = tokens[Math.min(asked, tokens.length - 1)] ?? null;
      asked += 1;
      return token instanceof Error ? Promise.reject(token) : Promise.resolve(token);
    }
  }
  let asked = 0;
  class JWT {
    constructor(options: object) {
      made.push(options);
    }
  }
  const ExternalAccountClient = {
    fromJSON(options: object) {
      made.push(options);
      return {};
    },
  };
  return { made, load: () => Promise.resolve({ GoogleAuth, JWT, ExternalAccountClient }) };
}

describe('createGoogleAuthorizer', () => {
  it('asks for the token at each call, so that a renewed one is used, and makes one client', async () => {
    const { made, load } = library('t1', 't2');
    const authorizer = createGoogleAuthorizer({ fields: { project: 'p' } }, load);

    expect(await authorizer.authorize(request)).toEqual(['authorization', 'Bearer t1']);
    expect(await authorizer.authorize(request)).toEqual(['authorization', 'Bearer t2']);
    expect(made).toEqual([{ scopes, projectId: 'p' }]);
  });

  it('takes a key from variables, where its line breaks are written out', async () => {
    const { made, load } = library('t');
    await createGoogleAuthorizer({ fields: { client_email: 'a@b', private_key: 'BEGIN\\nKEY\\n' } }, load).authorize(request);

    expect(made[0]).toEqual({ email: 'a@b', key: 'BEGIN\nKEY\n', scopes });
  });

  it.each([
    ['a service account', { type: 'service_account', client_email: 'a@b', private_key: 'KEY' }, { email: 'a@b', key: 'KEY', scopes }],
    ['a federation', { type: 'external_account', audience: 'x' }, { type: 'external_account', audience: 'x', scopes }],
    ['anything else', { type: 'impersonated_service_account' }, { keyFilename: expect.any(String) as string, scopes }],
  ])('reads the file of %s', async (_what, content, given) => {
    const { made, load } = library('t');
    const file = join(tempDir(), 'credentials.json');
    writeFileSync(file, JSON.stringify(content));

    await createGoogleAuthorizer({ fields: { credentials_file: file } }, load).authorize(request);

    expect(made[0]).toEqual(given);
  });

  it.each([
    ['is not there', undefined],
    ['holds no JSON', 'hello'],
  ])('names a file that %s', async (_what, content) => {
    const file = join(tempDir(), 'credentials.json');
    if (content !== undefined) writeFileSync(file, content);

    await expect(
      createGoogleAuthorizer({ fields: { credentials_file: file } }, library('t').load).authorize(request),
    ).rejects.toMatchObject({
      code: 'upstream_auth_failed',
      message: expect.stringContaining(file) as string,
    });
  });

  it.each([[null], [new Error('invalid_grant: secret-of-the-account')]])(
    'fails as refused credentials when there is no token: %s',
    async (token) => {
      const authorizer = createGoogleAuthorizer({ fields: { client_email: 'a@b', private_key: 'k' } }, library(token).load);

      const failure = await Promise.resolve(authorizer.authorize(request)).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: 'upstream_auth_failed', message: expect.stringContaining('a@b') as string });
      expect(String(failure)).not.toContain('secret-of-the-account');
    },
  );

  it('names the package where it is missing, and looks again at the next call', async () => {
    let tries = 0;
    const { load } = library('t');
    const authorizer = createGoogleAuthorizer({ fields: {} }, () => {
      tries += 1;
      return tries === 1 ? importOptional('no-such-package-of-google', 'signing in at Google Cloud') : load();
    });

    await expect(authorizer.authorize(request)).rejects.toMatchObject({
      message: expect.stringContaining('no-such-package-of-google') as string,
    });
    expect(await authorizer.check?.()).toBe('the Google identity of this machine');
  });
});

it('knows credentials by the file or by both halves of a key', () => {
  expect(hasGoogleCredentials({ credentials_file: 'x' })).toBe(true);
  expect(hasGoogleCredentials({ client_email: 'a', private_key: 'b' })).toBe(true);
  expect(hasGoogleCredentials({ client_email: 'a' })).toBe(false);
});
