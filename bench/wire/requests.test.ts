import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { readRequest } from './request-reader.ts';
import { requestBody, type RequestWish } from './requests.ts';
import { dialectOf, requestPath, wireDialects } from './wire-dialect.ts';

function asHttp(body: string): Buffer {
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const stream = { chunks: 100, gapMs: 10 };
const wish: RequestWish = { dialect: 'openai', model: 'gpt-4o', bodyBytes: 1024, stream };

it.each([
  { dialect: 'openai', bodyBytes: 1024 },
  { dialect: 'anthropic', bodyBytes: 1024 },
  ...(['responses', 'gemini', 'bedrock', 'cohere', 'ollama'] as const).map((dialect) => ({ dialect, bodyBytes: 1024 })),
  { dialect: 'openai', bodyBytes: 100 * 1024 },
] as const)('makes a $dialect body of $bodyBytes bytes, give or take an escape', ({ dialect, bodyBytes }) => {
  const size = Buffer.byteLength(requestBody({ ...wish, dialect, bodyBytes }));

  expect(Math.abs(size - bodyBytes)).toBeLessThanOrEqual(16);
});

it('lets the upstream read from the body what the load wished for', () => {
  const request = readRequest(asHttp(requestBody(wish)));

  expect(request).toMatchObject({ path: '/v1/chat/completions', stream: true, usage: false, wish: { ...stream, hold: false } });
});

it('reads flags with and without a space, as different JSON writers put them', () => {
  const spaced = '{"stream": true, "stream_options": {"include_usage": true}}';

  expect(readRequest(asHttp(spaced))).toMatchObject({ stream: true, usage: true });
  expect(readRequest(asHttp(spaced.replaceAll(': ', ':')))).toMatchObject({ stream: true, usage: true });
  expect(readRequest(asHttp('{"stream":false}'))).toMatchObject({ stream: false });
});

it('waits for the whole request and says where the next one begins', () => {
  const request = asHttp(requestBody(wish));

  for (let cut = 0; cut < request.length; cut += 1) expect(readRequest(request.subarray(0, cut))).toBeUndefined();
  expect(readRequest(Buffer.concat([request, request]))?.endsAt).toBe(request.length);
});

it.each(wireDialects)('tells a stream in the path or the body of a request in the %s grammar', (dialect) => {
  for (const wished of [true, false]) {
    const path = requestPath(dialect, { model: 'm:1', stream: wished });
    const body = requestBody({ ...wish, dialect, ...(wished ? { stream } : { stream: undefined }) } as RequestWish);
    const request = readRequest(Buffer.from(`POST ${path} HTTP/1.1\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`));

    expect(request?.stream).toBe(wished);
    expect(dialectOf(request?.path ?? '')).toBe(dialect === 'ollama' ? undefined : dialect);
  }
});
