// Google Cloud access tokens in front of the socket pool. The library that finds and renews them (service account, metadata server,
// workload identity) is large and loads at the first call.
import { readFile } from 'node:fs/promises';
import { GatewayError } from '../../core/errors.ts';
import { importOptional } from '../../core/import-optional.ts';
import { asObject, asString, type JsonObject, tryParseJson } from '../../core/json.ts';
import type { Authorizer } from '../../transport/authorizer.ts';
import type { AuthorizerAccount } from '../provider.ts';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** What of `google-auth-library` is used. */
interface Library {
  readonly GoogleAuth: new (options: object) => TokenSource;
  readonly JWT: new (options: object) => object;
  readonly ExternalAccountClient: { fromJSON(options: object): object | null };
}

interface TokenSource {
  getAccessToken(): Promise<string | null | undefined>;
}

/** Account fields of a service account; without them the machine's own identity is used. */
export const googleAccount = {
  credentials_file: {
    about: 'the file of a service account or of a workload identity federation',
    env: ['GOOGLE_APPLICATION_CREDENTIALS'],
    optional: true,
    machine: true,
    pattern: /.+/,
  },
  client_email: {
    about: 'the e-mail of a service account, in place of its file',
    env: ['GOOGLE_CLIENT_EMAIL'],
    optional: true,
    machine: true,
    pattern: /[^\s@]+@[^\s@]+/,
  },
  private_key: {
    about: 'the private key (PEM) of the service account in client_email',
    env: ['GOOGLE_PRIVATE_KEY'],
    optional: true,
    secret: true,
    machine: true,
    pattern: /[\s\S]+/,
  },
} as const;

type Fields = Readonly<Record<string, string>>;

export function hasGoogleCredentials(account: Fields): boolean {
  return account['credentials_file'] !== undefined || hasKeyPair(account);
}

function hasKeyPair(account: Fields): boolean {
  return account['client_email'] !== undefined && account['private_key'] !== undefined;
}

/** `load` stands in for the library in tests of what happens without it. */
export function createGoogleAuthorizer({ fields }: AuthorizerAccount, load: () => Promise<unknown> = loadLibrary): Authorizer {
  const source = sourceOf(fields);
  let client: Promise<TokenSource> | undefined;

  async function token(): Promise<string> {
    // What failed is tried again: the package or the file may come while the gateway runs.
    client ??= load()
      .then((found) => createClient(found as Library, fields))
      .catch((thrown: unknown) => {
        client = undefined;
        throw thrown;
      });
    const ready = await client;
    try {
      // The library keeps the token and renews it before it lapses.
      const answer = await ready.getAccessToken();
      if (typeof answer === 'string' && answer !== '') return answer;
    } catch (cause) {
      throw new GatewayError('upstream_auth_failed', `no Google Cloud token could be had with ${source}; run mpc doctor to see why`, {
        cause,
      });
    }
    throw new GatewayError('upstream_auth_failed', `${source} gives no token for Google Cloud`);
  }

  return {
    authorize: async () => ['authorization', `Bearer ${await token()}`],
    async check() {
      await token();
      return source;
    },
  };
}

function sourceOf(fields: Fields): string {
  if (hasKeyPair(fields)) return `the service account ${fields['client_email'] ?? ''}`;
  const file = fields['credentials_file'];
  return file === undefined ? 'the Google identity of this machine' : `the credentials in ${file}`;
}

/** Clients of their own for files and keys: the library calls its options for them deprecated, on the console of every start. */
async function createClient(library: Library, fields: Fields): Promise<TokenSource> {
  const { client_email: email, private_key: key, credentials_file: file, project } = fields;
  const common = { scopes, ...(project !== undefined && { projectId: project }) };
  // Variables hold the line breaks of the key as `\n`.
  if (email !== undefined && key !== undefined) return withKey(library, { email, key: key.replaceAll('\\n', '\n') }, common);
  if (file === undefined) return new library.GoogleAuth(common);
  const content = await readCredentials(file);
  if (content.type === 'service_account') {
    return withKey(library, { email: asString(content.client_email) ?? '', key: asString(content.private_key) ?? '' }, common);
  }
  if (content.type !== 'external_account') return new library.GoogleAuth({ ...common, keyFilename: file });
  return new library.GoogleAuth({ ...common, authClient: library.ExternalAccountClient.fromJSON({ ...content, scopes }) });
}

function withKey(library: Library, { email, key }: { readonly email: string; readonly key: string }, common: object): TokenSource {
  return new library.GoogleAuth({ ...common, authClient: new library.JWT({ email, key, scopes }) });
}

async function readCredentials(file: string): Promise<JsonObject> {
  let text = '';
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new GatewayError('upstream_auth_failed', `the credentials file ${file} cannot be read; check credentials_file`, { cause });
  }
  const content = asObject(tryParseJson(text));
  if (content === undefined) throw new GatewayError('upstream_auth_failed', `the credentials file ${file} does not hold a JSON object`);
  return content;
}

function loadLibrary(): Promise<unknown> {
  return importOptional('google-auth-library', 'signing in at Google Cloud, which is used where no VERTEX_API_KEY is set');
}
