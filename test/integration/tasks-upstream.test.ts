// Work that is not chat between real sockets: what reaches the provider, what comes back, and what happens when it goes wrong.
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FakeUpstream, Responder } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, type Json, lineOf, lineWhere, open, type OpenaiErrorBody, start, startProvider } from './client.ts';

const jsonType = { 'content-type': 'application/json' };
const json = (body: unknown): Responder => ({ headers: jsonType, body: JSON.stringify(body) });

let upstream: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startProvider();
  gateway = await start({
    env: { CUSTOM_BASE_URL: upstream.baseUrl, CUSTOM_API_KEY: 'sk-custom-0123456789', MPC_LIMITS_UPLOAD_MB: '4' },
  });
});

const model = 'custom/some-model';
const post = (path: string, body: FormData, more: RequestInit = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, { method: 'POST', body, ...more });

function audio(bytes = 1_000, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  form.set('file', new File([new Uint8Array(bytes).fill(7)], 'talk.mp3', { type: 'audio/mpeg' }));
  form.set('model', model);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const spooled = (): string[] => {
  try {
    return readdirSync(`${gateway.dataDir}/uploads`);
  } catch {
    return [];
  }
};

describe('a multipart form', () => {
  it('reaches the provider with the model it knows, everything else as it came, and its length told', async () => {
    upstream.respond(json({ text: 'hello', usage: { type: 'duration', seconds: 12.5 } }));

    const answer = await post(
      '/v1/audio/transcriptions',
      audio(1_000, { language: 'de', 'timestamp_granularities[]': 'word', new_field: 'kept' }),
    );

    expect(answer.status, await answer.clone().text()).toBe(200);
    const seen = upstream.requests.at(-1);
    const body = seen?.body.toString('latin1') ?? '';
    expect(seen?.path).toBe('/v1/audio/transcriptions');
    expect(seen?.headers['content-length']).toBe(String(seen?.body.length));
    expect(seen?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(body).toContain('name="model"\r\n\r\nsome-model\r\n');
    expect(body.match(/name="model"/g)).toHaveLength(1);
    expect(body).toContain('name="timestamp_granularities[]"\r\n\r\nword');
    expect(body).toContain('name="new_field"\r\n\r\nkept');
    expect(body).toContain('filename="talk.mp3"');
    expect(body.split('\x07')).toHaveLength(1_001);
    const line = await lineOf(gateway, answer);
    expect((line.usage as unknown as { units: unknown }).units).toEqual([{ unit: 'second', count: 12.5 }]);
  });

  it('is sent again, file and all, when the first try fails; and then nothing of it is left', async () => {
    upstream.respond({ status: 503, headers: jsonType, body: '{"error":{"message":"busy"}}' }, json({ text: 'hello' }));
    const before = upstream.requests.length;

    const answer = await post('/v1/audio/transcriptions', audio(500_000));

    expect(await answer.json()).toEqual({ text: 'hello' });
    const [first, second] = upstream.requests.slice(before);
    expect(first?.body.length).toBeGreaterThan(500_000);
    expect(second?.body.length).toBe(first?.body.length);
    expect(spooled()).toEqual([]);
  });

  it('keeps the audio of several images in order', async () => {
    upstream.respond(json({ created: 1, data: [{ b64_json: 'AAAA' }] }));
    const form = new FormData();
    for (const name of ['a.png', 'b.png']) form.append('image[]', new File([name], name, { type: 'image/png' }));
    form.set('prompt', 'both');
    form.set('model', model);

    const answer = await post('/v1/images/edits', form);

    expect(await answer.json()).toEqual({ created: 1, data: [{ b64_json: 'AAAA' }] });
    const body = upstream.requests.at(-1)?.body.toString() ?? '';
    expect(body.indexOf('a.png')).toBeLessThan(body.indexOf('b.png'));
  });

  it('larger than the limit is 413, and nothing of it is left', async () => {
    const answer = await post('/v1/audio/transcriptions', audio(5 * 1024 * 1024));

    expect(answer.status).toBe(413);
    expect(((await answer.json()) as OpenaiErrorBody).error.message).toContain('limits.upload_mb');
    expect(spooled()).toEqual([]);
  });

  it('that breaks off leaves nothing and makes no call', async () => {
    const before = upstream.requests.length;
    const head = 'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\n';
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(`${head}content-length: 900000\r\n\r\n${part}${'x'.repeat(200_000)}`);
    await vi.waitFor(() => expect(spooled()).toHaveLength(1));
    socket.destroy();

    await vi.waitFor(() => expect(spooled()).toEqual([]));
    expect(upstream.requests.length).toBe(before);
  });
});

describe('a hostile form', () => {
  const part = (head: string, content = 'x'): string => `--b\r\n${head}\r\n\r\n${content}\r\n`;
  const file = part('content-disposition: form-data; name="file"; filename="a.wav"');
  const named = (name: string, content: string): string => part(`content-disposition: form-data; name="${name}"`, content);

  it.each([
    ['without a boundary', 'multipart/form-data', `${file}--b--`, 400, 'boundary'],
    ['with another boundary than it says', 'multipart/form-data; boundary=other', `${file}--b--`, 400, 'boundary'],
    ['without an end', 'multipart/form-data; boundary=b', file, 400, 'closing boundary'],
    ['of nothing', 'multipart/form-data; boundary=b', '', 400, 'no part'],
    ['with a huge header', 'multipart/form-data; boundary=b', `${part(`x: ${'y'.repeat(100_000)}`)}--b--`, 400, 'headers of a part'],
    ['with too many parts', 'multipart/form-data; boundary=b', `${named('n', '1').repeat(300)}--b--`, 400, 'more than 200 parts'],
    ['with a part without a name', 'multipart/form-data; boundary=b', `${part('content-disposition: form-data')}--b--`, 400, 'no name'],
    ['with a header that is none', 'multipart/form-data; boundary=b', `${part('nonsense')}--b--`, 400, 'not well-formed'],
    [
      'with an encoding',
      'multipart/form-data; boundary=b',
      `${part('content-disposition: form-data; name="a"\r\ncontent-transfer-encoding: base64')}--b--`,
      400,
      'transfer encoding',
    ],
    ['with a text that is a book', 'multipart/form-data; boundary=b', `${named('prompt', 'x'.repeat(1_100_000))}--b--`, 400, 'prompt'],
    ['without the file', 'multipart/form-data; boundary=b', `${named('model', 'demo-transcribe')}--b--`, 400, 'file'],
    [
      'with two models',
      'multipart/form-data; boundary=b',
      `${named('model', 'a')}${named('model', 'b')}${file}--b--`,
      400,
      'more than once',
    ],
    [
      'with an unknown format',
      'multipart/form-data; boundary=b',
      `${named('model', model)}${named('response_format', 'x')}${file}--b--`,
      400,
      'response_format',
    ],
    ['with __proto__ for a name', 'multipart/form-data; boundary=b', `${named('__proto__', 'x')}${file}--b--`, 404, 'model'],
  ])('%s is refused with a reason', async (_what, type, body, status, reason) => {
    const answer = await ask(gateway, '/v1/audio/transcriptions', { headers: { 'content-type': type }, raw: body });

    expect(answer.status, answer.text).toBe(status);
    expect(answer.text).toContain(reason);
  });
});

describe('speech', () => {
  const body: Json = { model, input: 'Hello there', voice: 'alloy' };

  it('goes to the caller piece by piece, before the provider has made all of it', async () => {
    upstream.respond({ headers: { 'content-type': 'audio/mpeg' }, pieces: ['one', 'two', 'three'], gapMs: 30 });
    const response = await open(gateway, '/v1/audio/speech', { body });
    const pieces: string[] = [];
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());

    expect(response.headers.get('content-type')).toBe('audio/mpeg');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('onetwothree');
  });

  it('waits for a slow reader instead of collecting the audio', async () => {
    const chunk = Buffer.alloc(256 * 1024, 1);
    let sent = 0;
    upstream.respond(async (request) => {
      void request.answered.then(() => {
        sent = 1;
      });
      return { headers: { 'content-type': 'audio/wav' }, pieces: Array.from({ length: 160 }, () => chunk) };
    });
    const response = await open(gateway, '/v1/audio/speech', { body });
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sentWhileNobodyRead = sent;
    let bytes = 0;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) bytes += next.value.length;

    expect(sentWhileNobodyRead).toBe(0);
    expect(bytes).toBeGreaterThan(39 * 1024 * 1024);
  });

  it('that breaks off is not taken for complete', async () => {
    upstream.respond({ headers: { 'content-type': 'audio/mpeg' }, pieces: ['one', 'two'], gapMs: 20, then: 'reset' });
    const response = await open(gateway, '/v1/audio/speech', { body });

    await expect(response.arrayBuffer()).rejects.toThrow();
    const line = await lineOf(gateway, response);
    expect(line.error_code).toBe('upstream_truncated');
  });

  it.each([
    ['an error', { status: 400, headers: jsonType, body: '{"error":{"message":"no such voice","param":"voice"}}' }, 400, 'no such voice'],
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 502, 'JSON'],
    ['nothing', { headers: { 'content-type': 'audio/mpeg' }, body: '' }, 502, 'without any content'],
    ['a document', { headers: jsonType, body: '{"hello":1}' }, 502, 'bytes were expected'],
  ] as const)('answered with %s is an error before any audio', async (_what, reply, status, reason) => {
    upstream.respond(reply);
    const answer = await ask(gateway, '/v1/audio/speech', { body });

    expect(answer.status, answer.text).toBe(status);
    expect(answer.text).toContain(reason);
  });

  it('as events is passed on, and its usage read', async () => {
    const events = [
      '{"type":"speech.audio.delta","audio":"AAAA"}',
      '{"type":"speech.audio.done","usage":{"input_tokens":4,"output_tokens":60}}',
    ];
    upstream.respond({ headers: { 'content-type': 'text/event-stream' }, pieces: events.map((event) => `data: ${event}\n\n`) });
    const answer = await ask(gateway, '/v1/audio/speech', { body: { ...body, stream_format: 'sse' } });

    expect(answer.text).toBe(events.map((event) => `data: ${event}\n\n`).join(''));
    expect((await lineOf(gateway, answer)).usage).toMatchObject({ input: 4, output: 60, source: 'upstream' });
  });

  it('stops the provider when the caller leaves', async () => {
    upstream.respond({ headers: { 'content-type': 'audio/mpeg' }, pieces: ['one'], then: 'stall' });
    const leaving = new AbortController();
    const response = await open(gateway, '/v1/audio/speech', { body, signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();

    expect(await upstream.requests.at(-1)?.aborted).toBeLessThan(2_000);
    const id = response.headers.get('x-request-id');
    expect((await lineWhere(gateway, (line) => line.id === id)).status).toBe(499);
  });
});

describe('a stream of pictures', () => {
  const body: Json = { model, prompt: 'x', stream: true, partial_images: 1 };
  const partial = 'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AAAA"}\n\n';
  const done =
    'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"BBBB","usage":{"input_tokens":5,"output_tokens":100}}\n\n';
  const events = (...pieces: string[]): Responder => ({ headers: { 'content-type': 'text/event-stream' }, pieces });

  it('passes as it comes', async () => {
    upstream.respond(events(partial, done.slice(0, 70), done.slice(70)));
    const answer = await ask(gateway, '/v1/images/generations', { body });

    expect(answer.text).toBe(partial + done);
    expect((await lineOf(gateway, answer)).usage).toMatchObject({ input: 5, output: 100 });
  });

  it('that ends before its last event ends in an error', async () => {
    upstream.respond(events(partial));
    const answer = await ask(gateway, '/v1/images/generations', { body });

    expect(answer.text.startsWith(partial)).toBe(true);
    expect(answer.text).toContain('upstream_truncated');
  });

  it('that begins with an error is a status', async () => {
    upstream.respond(events('data: {"type":"error","error":{"message":"unsafe","code":"moderation_blocked"}}\n\n'));
    const answer = await ask(gateway, '/v1/images/generations', { body });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('unsafe');
  });
});

it('asks the fallback when the first provider fails', async () => {
  upstream.respond({ status: 400, headers: jsonType, body: '{"error":{"code":"model_not_found","message":"no"}}' });
  const body = { model, prompt: 'x', fallbacks: ['demo-image'] };
  const answer = await ask(gateway, '/v1/images/generations', { body });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get('x-mpc-provider')).toBe('demo');
  expect(upstream.requests.at(-1)?.json()).toEqual({ model: 'some-model', prompt: 'x' });
});

it('answers 400 with the missing endpoint when the provider has none for the work', async () => {
  const own = await start({ env: { LMSTUDIO_BASE_URL: upstream.baseUrl } });
  const answer = await ask(own, '/v1/audio/speech', { body: { model: 'lmstudio/some-tts', input: 'x', voice: 'y' } });

  expect(answer.status).toBe(400);
  expect(answer.json<{ error: Json }>().error).toMatchObject({ code: 'unsupported_capability', missing_endpoint: 'speech' });
});
