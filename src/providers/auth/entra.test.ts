import { describe, expect, it } from 'vitest';
import { createEntraAuthorizer, hasClientSecret } from './entra.ts';

const request = { method: 'POST', origin: 'https://host', path: '/', headers: [], body: Buffer.alloc(0) };
const application = { tenant_id: 'tenant', client_id: 'client', client_secret: 'hidden-secret' };

/** The parts of the library that are used, remembering what they were asked. */
function fakeIdentity(token: () => string | null) {
  const made: unknown[][] = [];
  const asked: string[] = [];
  const getToken = (scope: string) => {
    asked.push(scope);
    const text = token();
    return Promise.resolve(text === null ? null : { token: text });
  };
  return {
    made,
    asked,
    load: () =>
      Promise.resolve({
        ClientSecretCredential: class {
          constructor(...options: unknown[]) {
            made.push(['secret', ...options]);
          }
          getToken = getToken;
        },
        DefaultAzureCredential: class {
          constructor(...options: unknown[]) {
            made.push(['default', ...options]);
          }
          getToken = getToken;
        },
      }),
  };
}

describe('createEntraAuthorizer', () => {
  it('asks for a token at each call, and the library whether it must be renewed', async () => {
    let count = 0;
    const identity = fakeIdentity(() => `token-${(count += 1)}`);
    const authorizer = createEntraAuthorizer({ fields: application }, identity.load);

    expect(await authorizer?.authorize(request)).toEqual(['authorization', 'Bearer token-1']);
    expect(await authorizer?.authorize(request)).toEqual(['authorization', 'Bearer token-2']);
    expect(identity.made).toEqual([['secret', 'tenant', 'client', 'hidden-secret']]);
    expect(identity.asked[0]).toBe('https://cognitiveservices.azure.com/.default');
  });

  it('uses the machine’s identity where no application is given', async () => {
    const identity = fakeIdentity(() => 'token');
    const authorizer = createEntraAuthorizer({ fields: { client_id: 'managed' } }, identity.load);

    expect(await authorizer?.check?.()).toBe('the Entra identity of this machine');
    expect(identity.made).toEqual([['default', { managedIdentityClientId: 'managed', workloadIdentityClientId: 'managed' }]]);
  });

  it('leaves an API key to go out as it is', () => {
    expect(createEntraAuthorizer({ apiKey: 'k', fields: {} })).toBeUndefined();
  });

  it('tells a sign-in that failed without what the library said, which may hold credentials', async () => {
    const failing = fakeIdentity(() => {
      throw new Error('AADSTS7000215: Invalid client secret hidden-secret');
    });
    const silent = fakeIdentity(() => null);

    const told = createEntraAuthorizer({ fields: application }, failing.load)?.check?.();

    await expect(told).rejects.toMatchObject({
      code: 'upstream_auth_failed',
      message: expect.not.stringContaining('hidden-secret') as string,
    });
    await expect(createEntraAuthorizer({ fields: application }, silent.load)?.check?.()).rejects.toMatchObject({
      code: 'upstream_auth_failed',
    });
  });

  it('names the package where it is missing', async () => {
    await expect(createEntraAuthorizer({ fields: {} })?.authorize(request)).rejects.toMatchObject({
      message: expect.stringContaining('@azure/identity') as string,
    });
  });
});

describe('hasClientSecret', () => {
  it('wants all three parts', () => {
    expect(hasClientSecret(application)).toBe(true);
    expect(hasClientSecret({ tenant_id: 't', client_id: 'c' })).toBe(false);
  });
});
