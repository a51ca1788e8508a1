// AWS's side of Signature Version 4, written from its documentation: the signature is computed anew from the request as it arrived.
// Checked once against requests of the AWS SDK itself; the code under test signs with a library, so the two share nothing.
import { createHash, createHmac } from 'node:crypto';

export interface ArrivedRequest {
  readonly method: string;
  /** Path and query as on the wire. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface SigV4Verdict {
  readonly valid: boolean;
  readonly accessKeyId: string;
  /** `20261121/eu-west-1/bedrock/aws4_request`. */
  readonly scope: string;
  readonly signedHeaders: readonly string[];
}

export function verifySigV4(request: ArrivedRequest, secretAccessKey: string): SigV4Verdict {
  const authorization = textOf(request.headers['authorization']);
  const [, accessKeyId = '', scope = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const signedHeaders = signed.split(';');
  const [path = '', query = ''] = request.url.split('?');
  const canonical = [
    request.method,
    // Every service but S3 escapes the escaped path once more.
    path.split('/').map(escapeOnce).join('/'),
    query.split('&').filter(Boolean).sort().join('&'),
    ...signedHeaders.map((name) => `${name}:${textOf(request.headers[name]).trim().replace(/\s+/g, ' ')}`),
    '',
    signed,
    sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', textOf(request.headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<Uint8Array | string>((last, part) => hmac(last, part), `AWS4${secretAccessKey}`);
  return { valid: signature !== '' && hmac(key, toSign).toString('hex') === signature, accessKeyId, scope, signedHeaders };
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(',');
}

function escapeOnce(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Uint8Array | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
