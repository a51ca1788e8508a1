// Microsoft Entra tokens in front of the socket pool. The library that finds and renews them is large and loads at the first call.
import { GatewayError } from '../../core/errors.ts';
import { importOptional } from '../../core/import-optional.ts';
import type { Authorizer } from '../../transport/authorize.ts';
import type { AuthorizerAccount } from '../provider.ts';

const scope = 'https://cognitiveservices.azure.com/.default';

/** What of `@azure/identity` is used. */
interface Identity {
  readonly DefaultAzureCredential: new (options: object) => TokenCredential;
  readonly ClientSecretCredential: new (tenantId: string, clientId: string, clientSecret: string) => TokenCredential;
}

interface TokenCredential {
  getToken(scopes: string): Promise<{ readonly token: string } | null>;
}

/** Account fields of an application registered with Entra; without them the machine's own identity is used. */
export const entraAccount = {
  tenant_id: {
    about: 'the Entra tenant of the application',
    env: ['AZURE_TENANT_ID'],
    optional: true,
    machine: true,
    pattern: /[A-Za-z0-9.-]+/,
  },
  client_id: {
    about: 'the id of the application, or of a user-assigned managed identity',
    env: ['AZURE_CLIENT_ID'],
    optional: true,
    machine: true,
    pattern: /[A-Za-z0-9.-]+/,
  },
  client_secret: {
    about: 'the secret of the application',
    env: ['AZURE_CLIENT_SECRET'],
    optional: true,
    secret: true,
    machine: true,
    pattern: /\S+/,
  },
} as const;

export function hasClientSecret(account: Readonly<Record<string, string>>): boolean {
  return account['tenant_id'] !== undefined && account['client_id'] !== undefined && account['client_secret'] !== undefined;
}

/** Undefined where an API key was given. `load` stands in for the library in tests of what happens without it. */
export function createEntraAuthorizer(
  { apiKey, fields }: AuthorizerAccount,
  load: () => Promise<unknown> = loadIdentity,
): Authorizer | undefined {
  if (apiKey !== undefined) return undefined;
  const source = hasClientSecret(fields) ? `the Entra application ${fields['client_id'] ?? ''}` : 'the Entra identity of this machine';
  let credential: Promise<TokenCredential> | undefined;

  async function token(): Promise<string> {
    credential ??= load().then((found) => createCredential(found as Identity, fields));
    const ready = await credential;
    try {
      // The library keeps the token and renews it before it lapses.
      const answer = await ready.getToken(scope);
      if (answer !== null) return answer.token;
    } catch (cause) {
      throw new GatewayError('upstream_auth_failed', `no Entra token could be had with ${source}; run mpc doctor to see why`, { cause });
    }
    throw new GatewayError('upstream_auth_failed', `${source} gives no token for Azure AI`);
  }

  return {
    authorize: async () => ['authorization', `Bearer ${await token()}`],
    async check() {
      await token();
      return source;
    },
  };
}

function createCredential(identity: Identity, fields: Readonly<Record<string, string>>): TokenCredential {
  const { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret } = fields;
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return new identity.ClientSecretCredential(tenantId, clientId, clientSecret);
  }
  return new identity.DefaultAzureCredential({
    ...(tenantId !== undefined && { tenantId }),
    ...(clientId !== undefined && { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }),
  });
}

function loadIdentity(): Promise<unknown> {
  return importOptional('@azure/identity', 'Entra sign-in at Azure, which is used where no AZURE_API_KEY is set');
}
