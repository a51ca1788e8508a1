// Work that is not chat, with nothing but the simulator behind it: what a first minute without any key can do.
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, type Json, lineOf, open, start } from './client.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await start();
});

function audioForm(fields: Readonly<Record<string, string>>, bytes = 1_000): FormData {
  const form = new FormData();
  form.set('file', new File([new Uint8Array(bytes)], 'a.wav', { type: 'audio/wav' }));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

const post = (path: string, form: FormData): Promise<Response> => fetch(`${gateway.url}${path}`, { method: 'POST', body: form });

describe('images', () => {
  it('are real PNG files of the size that was asked for, the same for the same prompt', async () => {
    const body = { model: 'demo-image', prompt: 'a lighthouse', size: '64x32', n: 2 };
    const [one, other] = await Promise.all([
      ask(gateway, '/v1/images/generations', { body }),
      ask(gateway, '/v1/images/generations', { body }),
    ]);

    expect(one.status, one.text).toBe(200);
    expect(one.text).toBe(other.text);
    const { data } = one.json<{ data: { b64_json: string }[] }>();
    const png = Buffer.from(data[0]?.b64_json ?? '', 'base64');
    expect(data).toHaveLength(2);
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 32]);
  });

  it('are edited from an upload', async () => {
    const form = new FormData();
    form.append('image[]', new File([new Uint8Array(100)], 'a.png', { type: 'image/png' }));
    form.append('image[]', new File([new Uint8Array(100)], 'b.png', { type: 'image/png' }));
    form.set('prompt', 'brighter');
    form.set('model', 'demo-image');

    const answer = await post('/v1/images/edits', form);

    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(1);
  });
});

it('reads a text aloud: a WAV file, with its length told, and characters in the ledger', async () => {
  const response = await open(gateway, '/v1/audio/speech', { body: { model: 'demo-speech', input: 'Hello wörld', voice: 'alloy' } });
  const audio = Buffer.from(await response.arrayBuffer());

  expect(response.status, audio.toString('latin1', 0, 300)).toBe(200);
  expect(response.headers.get('content-type')).toBe('audio/wav');
  expect(response.headers.get('content-length')).toBe(String(audio.length));
  expect(audio.toString('latin1', 0, 4)).toBe('RIFF');
  const line = await lineOf(gateway, response);
  expect(line).toMatchObject({ endpoint: '/v1/audio/speech', status: 200, provider: 'demo' });
  expect((line.usage as unknown as { units: unknown }).units).toEqual([{ unit: 'character', count: 11 }]);
});

describe('transcriptions', () => {
  it('take the model from behind the file', async () => {
    const answer = await post('/v1/audio/transcriptions', audioForm({ model: 'demo-transcribe' }));

    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await answer.json()).toMatchObject({ text: 'This is the demo transcript of a.wav, 1000 bytes.' });
  });

  it.each(['text', 'srt', 'vtt'])('are passed on as %s', async (format) => {
    const answer = await post('/v1/audio/transcriptions', audioForm({ model: 'demo-transcribe', response_format: format }));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/');
    expect(await answer.text()).toContain('demo transcript of a.wav');
  });

  it('are streamed as events', async () => {
    const answer = await post('/v1/audio/transcriptions', audioForm({ model: 'demo-transcribe', stream: 'true' }));

    expect(answer.headers.get('content-type')).toContain('event-stream');
    expect((await answer.text()).match(/"type":"transcript[a-z.]+"/g)).toEqual([
      '"type":"transcript.text.delta"',
      '"type":"transcript.text.done"',
    ]);
  });

  it('of a file larger than what is kept in memory come through the disk, and leave nothing there', async () => {
    const answer = await post('/v1/audio/translations', audioForm({ model: 'demo-transcribe' }, 3_000_000));

    expect(await answer.json()).toMatchObject({ text: expect.stringContaining('3000000 bytes') });
    expect(readdirSync(`${gateway.dataDir}/uploads`)).toEqual([]);
  });
});

it.each(['/v1/rerank', '/rerank', '/v2/rerank'])('ranks documents at %s', async (path) => {
  const body: Json = {
    model: 'demo-rerank',
    query: 'capital of France',
    documents: ['Bread is baked', 'Paris is the capital of France'],
    top_n: 1,
  };
  const answer = await ask(gateway, path, { body });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.json<{ results: Json[] }>().results).toEqual([{ index: 1, relevance_score: expect.any(Number) }]);
});

it('gives the documents back where the older form asks for them', async () => {
  const body = { model: 'demo-rerank', query: 'b', documents: [{ text: 'a' }, 'b'], return_documents: true };
  const answer = await ask(gateway, '/v1/rerank', { body });

  expect(answer.json<{ results: Json[] }>().results[0]).toMatchObject({ index: 1, document: { text: 'b' } });
});

it('moderates', async () => {
  const answer = await ask(gateway, '/v1/moderations', { body: { model: 'demo-moderate', input: ['hello', 'kill them'] } });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.json<{ results: { flagged: boolean }[] }>().results.map(({ flagged }) => flagged)).toEqual([false, true]);
});

it("embeds in Cohere's form through another grammar", async () => {
  const body = { model: 'demo-embed', texts: ['a', 'b'], input_type: 'search_document', embedding_types: ['float', 'base64'] };
  const answer = await ask(gateway, '/v2/embed', { body });

  expect(answer.status, answer.text).toBe(200);
  const { embeddings } = answer.json<{ embeddings: { float: number[][]; base64: string[] } }>();
  expect(embeddings.float).toHaveLength(2);
  expect(Buffer.from(embeddings.base64[0] ?? '', 'base64').readFloatLE(0)).toBeCloseTo(embeddings.float[0]?.[0] ?? Number.NaN, 6);
});

describe('the wrong model', () => {
  it.each([
    ['/v1/images/generations', { prompt: 'x' }],
    ['/v1/audio/speech', { input: 'x', voice: 'alloy' }],
    ['/v1/rerank', { query: 'x', documents: ['y'] }],
    ['/v1/moderations', { input: 'x' }],
  ])('at %s is a 400 that names the capability', async (path, body) => {
    const answer = await ask(gateway, path, { body: { model: 'demo-fast', ...body } });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('unsupported_capability');
  });
});

it.each(['embeddings', 'images/generations', 'audio/speech'])('takes the deployment of an Azure path for the model: %s', async (path) => {
  const deployment = { embeddings: 'demo-embed', 'images/generations': 'demo-image', 'audio/speech': 'demo-speech' }[path];
  const body = { model: 'ignored', input: 'x', prompt: 'x', voice: 'alloy' };
  const answer = await ask(gateway, `/openai/deployments/${deployment}/${path}?api-version=2024-10-21`, { body });

  expect(answer.status, answer.text).toBe(200);
});
