// AWS Signature Version 4 in front of the socket pool. The libraries load at the first signature: most gateways never make one.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 } from '@smithy/signature-v4';
import { systemClock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { importOptional } from '../../core/import-optional.ts';
import type { Authorizer, OutgoingRequest } from '../../transport/authorize.ts';
import type { AuthorizerAccount } from '../provider.ts';

interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface SigV4Options {
  readonly service: string;
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** Where they come from, for `mpc doctor`. */
  readonly source: string;
  readonly nowMs?: () => number;
}

/** The account fields every AWS provider has; each file adds its own. */
export const awsAccount = {
  region: {
    about: 'the AWS region, for example eu-west-1',
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    pattern: /[a-z]{2}(-[a-z]+)+-\d/,
  },
  access_key_id: {
    about: 'the id of an AWS access key; without one the machine’s own credentials are used',
    env: ['AWS_ACCESS_KEY_ID'],
    optional: true,
    secret: true,
    machine: true,
    pattern: /[A-Z0-9]{16,128}/,
  },
  secret_access_key: {
    about: 'the secret of that access key',
    env: ['AWS_SECRET_ACCESS_KEY'],
    optional: true,
    secret: true,
    machine: true,
    pattern: /\S+/,
  },
  session_token: {
    about: 'the session token of temporary credentials',
    env: ['AWS_SESSION_TOKEN'],
    optional: true,
    secret: true,
    machine: true,
    pattern: /\S+/,
  },
  profile: {
    about: 'a profile of the AWS configuration files, where no access key is given',
    env: ['AWS_PROFILE'],
    optional: true,
  },
} as const;

/** A pair of keys is there; a profile or a role of the machine is not visible here. */
export function hasAwsKeys(account: Readonly<Record<string, string>>): boolean {
  return account['access_key_id'] !== undefined && account['secret_access_key'] !== undefined;
}

/** Undefined where a bearer token was given: it goes out as it is. */
export function createAwsAuthorizer(service: string, { apiKey, fields }: AuthorizerAccount): Authorizer | undefined {
  if (apiKey !== undefined) return undefined;
  const { region = '', access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken, profile } = fields;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const keys = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    return createSigV4Authorizer({
      service,
      region,
      credentials: () => Promise.resolve(keys),
      source: 'the access key of this connection',
    });
  }
  return createSigV4Authorizer({
    service,
    region,
    credentials: createChain(profile),
    source: profile === undefined ? 'the AWS credentials of this machine' : `the AWS profile ${profile}`,
  });
}

export function createSigV4Authorizer(options: SigV4Options): Authorizer {
  const { service, region, credentials, source, nowMs = () => systemClock.wallMs() } = options;
  let signing: Promise<Signer> | undefined;

  async function loadSigner(): Promise<Signer> {
    const { SignatureV4 } = await import('@smithy/signature-v4');
    return new SignatureV4({ service, region, credentials, sha256: NativeSha256 });
  }

  return {
    async authorize(request) {
      if (request.body === undefined) {
        throw new GatewayError(
          'unsupported_capability',
          'an upload cannot be streamed to this provider, because its body has to be signed',
        );
      }
      signing ??= loadSigner();
      const signer = await signing;
      const signed = await signer.sign(toSign(request), { signingDate: new Date(nowMs()) });
      return Object.entries(signed.headers)
        .filter(([name]) => name === 'authorization' || name.startsWith('x-amz-'))
        .flat();
    },
    async check() {
      const { accessKeyId } = await credentials();
      return `${source} (…${accessKeyId.slice(-4)}), region ${region}`;
    },
  };
}

type SignableRequest = Parameters<SignatureV4['sign']>[0];

interface Signer {
  sign(request: SignableRequest, options: { readonly signingDate: Date }): Promise<{ readonly headers: Readonly<Record<string, string>> }>;
}

/**
 * Only what no proxy on the way may change is signed: host, type and body. The path is the one on the wire, percent-escapes and all;
 * AWS escapes it once more on its side (`%3A` → `%253A`), and so does the library.
 */
function toSign({ method, origin, path, headers, body }: OutgoingRequest): SignableRequest {
  const url = new URL(path, origin);
  const type = headerOf(headers, 'content-type');
  return {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: path.split('?')[0] ?? path,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(type !== undefined && { 'content-type': type }) },
    body,
  };
}

function headerOf(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]?.toLowerCase() === name) return headers[i + 1];
  return undefined;
}

/** The library's own hash is written in JavaScript; a request with images would hold up every other one for its time. */
class NativeSha256 {
  readonly #secret: Uint8Array | string | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : toBytes(secret);
    this.#hash = this.#create();
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#create();
  }

  #create(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function toBytes(source: string | ArrayBuffer | ArrayBufferView): Uint8Array | string {
  if (typeof source === 'string') return source;
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}

interface CredentialProviders {
  fromNodeProviderChain(options: { readonly profile?: string }): () => Promise<AwsCredentials>;
}

/** Environment, profile files, single sign-on, web identity, container and instance roles, as AWS's own library finds and renews them. */
function createChain(profile: string | undefined): () => Promise<AwsCredentials> {
  let loading: Promise<() => Promise<AwsCredentials>> | undefined;
  async function loadChain(): Promise<() => Promise<AwsCredentials>> {
    const found = (await importOptional(
      '@aws-sdk/credential-providers',
      'AWS credentials that are not an access key (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or a token (AWS_BEARER_TOKEN_BEDROCK)',
    )) as CredentialProviders;
    return found.fromNodeProviderChain(profile === undefined ? {} : { profile });
  }
  return async () => {
    loading ??= loadChain();
    const chain = await loading;
    try {
      return await chain();
    } catch (cause) {
      const where = profile === undefined ? 'on this machine' : `in the profile ${profile}`;
      throw new GatewayError('upstream_auth_failed', `no AWS credentials were found ${where}; run mpc doctor, or set AWS_ACCESS_KEY_ID`, {
        cause,
      });
    }
  };
}
