import { describe, expect, it } from 'vitest';
import { verifySigV4 } from '../../../test/support/verify-sigv4.ts';
import type { OutgoingRequest } from '../../transport/authorize.ts';
import { createAwsAuthorizer, createSigV4Authorizer, hasAwsKeys } from './aws-sigv4.ts';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const fields = { region: 'eu-west-1', access_key_id: 'AKIDEXAMPLEAKIDEXAM', secret_access_key: secretAccessKey };

async function sign(change: Partial<OutgoingRequest> = {}, sessionToken?: string) {
  const request: OutgoingRequest = {
    method: 'POST',
    origin: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
    path: '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    headers: ['content-type', 'application/json', 'user-agent', 'mpc-api'],
    body: Buffer.from('{"messages":[]}'),
    ...change,
  };
  const authorizer = createAwsAuthorizer('bedrock', {
    fields: { ...fields, ...(sessionToken !== undefined && { session_token: sessionToken }) },
  });
  const added = (await authorizer?.authorize(request)) ?? [];
  const headers = new Map<string, string>([
    ['host', new URL(request.origin).host],
    ['content-type', 'application/json'],
  ]);
  for (let i = 0; i < added.length; i += 2) headers.set(added[i] ?? '', added[i + 1] ?? '');
  return { method: request.method, url: request.path, headers: Object.fromEntries(headers), body: request.body ?? Buffer.alloc(0) };
}

describe('createAwsAuthorizer', () => {
  it('signs so that the other side computes the same signature', async () => {
    const verdict = verifySigV4(await sign(), secretAccessKey);

    expect(verdict).toMatchObject({ valid: true, accessKeyId: 'AKIDEXAMPLEAKIDEXAM' });
    expect(verdict.scope).toMatch(/^\d{8}\/eu-west-1\/bedrock\/aws4_request$/);
  });

  it.each([
    '/model/amazon.titan-embed-text-v2%3A0/invoke',
    '/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-x-v1%3A0/converse-stream',
    '/foundation-models?byProvider=Anthropic&byOutputModality=TEXT',
  ])('signs the path as it is on the wire: %s', async (path) => {
    expect(verifySigV4(await sign({ path }), secretAccessKey).valid).toBe(true);
  });

  it('signs the port of an address that has one, and the token of temporary credentials', async () => {
    const signed = await sign({ origin: 'http://127.0.0.1:8080' }, 'tok/en+==');

    expect(verifySigV4(signed, secretAccessKey)).toMatchObject({ valid: true });
    expect(verifySigV4(signed, secretAccessKey).signedHeaders).toContain('x-amz-security-token');
  });

  it('covers the body', async () => {
    const signed = await sign();

    expect(verifySigV4({ ...signed, body: Buffer.from('{"messages":[1]}') }, secretAccessKey).valid).toBe(false);
    expect(verifySigV4(signed, 'another secret').valid).toBe(false);
  });

  it('signs nothing but host, type and its own headers, which no proxy on the way changes', async () => {
    expect(verifySigV4(await sign(), secretAccessKey).signedHeaders).toEqual([
      'content-type',
      'host',
      'x-amz-content-sha256',
      'x-amz-date',
    ]);
  });

  it('refuses a body that it cannot hash', async () => {
    await expect(sign({ body: undefined })).rejects.toMatchObject({ code: 'unsupported_capability' });
  });

  it('leaves a bearer token to go out as it is', () => {
    expect(createAwsAuthorizer('bedrock', { apiKey: 'token', fields })).toBeUndefined();
  });

  it('names the package that finds other credentials, where it is missing', async () => {
    const authorizer = createAwsAuthorizer('bedrock', { fields: { region: 'eu-west-1', profile: 'team' } });

    await expect(authorizer?.check?.()).rejects.toMatchObject({
      code: 'upstream_auth_failed',
      message: expect.stringContaining('@aws-sdk/credential-providers') as string,
    });
  });

  it('tells the doctor which key it uses without showing it', async () => {
    const told = await createAwsAuthorizer('bedrock', { fields })?.check?.();

    expect(told).toBe('the access key of this connection (…EXAM), region eu-west-1');
  });
});

describe('createSigV4Authorizer', () => {
  it('asks for the credentials at each call, so that renewed ones are used', async () => {
    let asked = 0;
    const authorizer = createSigV4Authorizer({
      service: 'bedrock',
      region: 'eu-west-1',
      source: 'a test',
      nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5),
      credentials: () => {
        asked += 1;
        return Promise.resolve({ accessKeyId: `AKID${asked}`, secretAccessKey: `secret-${asked}` });
      },
    });
    const request: OutgoingRequest = { method: 'GET', origin: 'https://host', path: '/', headers: [], body: Buffer.alloc(0) };

    const first = (await authorizer.authorize(request)).join(' ');
    const second = (await authorizer.authorize(request)).join(' ');

    expect(first).toContain('Credential=AKID1/20260102/');
    expect(first).toContain('20260102T030405Z');
    expect(second).toContain('Credential=AKID2/');
  });
});

describe('hasAwsKeys', () => {
  it('wants both halves of a key', () => {
    expect(hasAwsKeys(fields)).toBe(true);
    expect(hasAwsKeys({ region: 'eu-west-1', access_key_id: 'AKID' })).toBe(false);
  });
});
