// OpenAI's media calls to providers with APIs of their own: what they are sent, and what the caller gets.
import { beforeAll, describe, expect, it } from 'vitest';
import { readRecording, recordedDir } from '../support/fixtures.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, type Json, lineOf, start, startProvider } from './client.ts';

let upstream: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startProvider();
  const names = ['ELEVENLABS', 'REPLICATE', 'FAL', 'HUGGINGFACE', 'TOGETHER', 'XAI', 'COHERE', 'COMETAPI'];
  const env = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}_API_KEY`, 'k-0123456789'],
      [`${name}_BASE_URL`, upstream.baseUrl],
    ]),
  );
  gateway = await start({ env });
});

const answer = (body: unknown, status = 200): void =>
  upstream.respond({
    status,
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const sent = () => upstream.requests.at(-1);
const image = (body: Json) => ask(gateway, '/v1/images/generations', { body: { prompt: 'a cat', ...body } });
const warnings = (got: { readonly headers: Headers }): string => got.headers.get('x-mpc-warnings') ?? '';

describe('ElevenLabs', () => {
  const speech = (more: Json = {}) =>
    ask(gateway, '/v1/audio/speech', { body: { model: 'elevenlabs/eleven_v3', input: 'Hallo', voice: 'v/1', ...more } });

  it('speaks: voice in the path, format in the query, speed in its settings', async () => {
    upstream.respond({ headers: { 'content-type': 'audio/mpeg' }, body: 'mp3' });
    const got = await speech({ speed: 1.1, instructions: 'softly' });

    expect(got.text).toBe('mp3');
    expect(got.headers.get('content-type')).toBe('audio/mpeg');
    expect(sent()?.path).toBe('/v1/v1/text-to-speech/v%2F1/stream?output_format=mp3_44100_128');
    expect(sent()?.headers['xi-api-key']).toBe('k-0123456789');
    expect(sent()?.json()).toEqual({ text: 'Hallo', model_id: 'eleven_v3', voice_settings: { speed: 1.1 } });
    expect(warnings(got)).toContain('instructions');
    expect((await lineOf(gateway, got)).usage).toMatchObject({ units: [{ unit: 'character', count: 5 }] });
  });

  it('speaks as events to a caller who wants those', async () => {
    upstream.respond({ headers: { 'content-type': 'audio/mpeg' }, pieces: ['abcd', 'ef', 'g'] });
    const got = await speech({ stream_format: 'sse' });

    const events = got.text
      .split('\n\n')
      .filter((frame) => frame !== '')
      .map((frame) => JSON.parse(frame.slice(6)) as { type: string; audio?: string });
    const text = events.map(({ audio }) => audio ?? '').join('');
    expect(Buffer.from(text, 'base64').toString()).toBe('abcdefg');
    expect(events.at(-1)?.type).toBe('speech.audio.done');
  });

  it.each([
    ['response_format', { response_format: 'flac' }],
    ['speed', { speed: 2 }],
  ])('refuses a %s that it does not have, without a call', async (param, more) => {
    const before = upstream.requests.length;
    const got = await speech(more);

    expect(got.status).toBe(400);
    expect(got.json<{ error: Json }>().error).toMatchObject({ param });
    expect(upstream.requests.length).toBe(before);
  });

  it('says that the account is empty, though it answers 401', async () => {
    answer({ detail: { status: 'quota_exceeded', message: 'no credits left' } }, 401);
    expect((await speech()).json<{ error: Json }>().error).toMatchObject({ code: 'quota_exceeded', type: 'insufficient_quota' });

    answer({ detail: { status: 'invalid_api_key', message: 'bad key' } }, 401);
    expect((await speech()).status).toBe(502);
  });

  it.each(['json', 'text', 'srt', 'vtt', 'verbose_json'])('transcribes to %s', async (format) => {
    const invented = { language_code: 'eng', text: 'Hello', words: [{ text: 'Hello', start: 0.199, end: 0.479, type: 'word' }] };
    answer(recordedDir === undefined ? invented : readRecording('elevenlabs/transcription.json').toString());
    const form = new FormData();
    form.set('file', new File(['sound'], 'a.mp3', { type: 'audio/mpeg' }));
    form.set('model', 'elevenlabs/scribe_v2');
    form.set('response_format', format);
    const got = await fetch(`${gateway.url}/v1/audio/transcriptions`, { method: 'POST', body: form });

    expect(got.status).toBe(200);
    const text = await got.text();
    expect(text).toContain('Hello');
    if (format === 'srt') expect(text).toMatch(/^1\n00:00:00,199 --> /);
    if (format === 'vtt') expect(text).toMatch(/^WEBVTT\n\n00:00:00\.199 --> /);
    const body = sent()?.body.toString() ?? '';
    expect(body).toContain('name="model_id"\r\n\r\nscribe_v2');
    expect(body).toContain('filename="a.mp3"');
    // How long the audio is, nobody said: it must not pass for free.
    expect(await lineOf(gateway, got)).toMatchObject({ priced: false, cost_nano_usd: null });
  });
});

describe('Replicate', () => {
  it('waits for the prediction', async () => {
    answer({ id: 'p', status: 'succeeded', output: ['https://replicate.delivery/a.png'] }, 201);
    const got = await image({ model: 'replicate/black-forest-labs/flux-schnell', size: '1536x1024', seed: 3, quality: 'high' });

    expect(got.json<{ data: unknown }>().data).toEqual([{ url: 'https://replicate.delivery/a.png' }]);
    expect(sent()?.path).toBe('/v1/models/black-forest-labs/flux-schnell/predictions');
    expect(sent()?.headers['prefer']).toBe('wait=60');
    expect(sent()?.json()).toEqual({ input: { prompt: 'a cat', aspect_ratio: '3:2', seed: 3 } });
    expect(warnings(got)).toMatch(/size: .*quality: /);
  });

  it('names a version in the body', async () => {
    answer({ status: 'succeeded', output: 'data:image/png;base64,QUJD' });
    const got = await image({ model: `replicate/someone/model:${'a'.repeat(64)}` });

    expect(sent()?.path).toBe('/v1/predictions');
    expect(sent()?.json()).toEqual({ version: 'a'.repeat(64), input: { prompt: 'a cat' } });
    expect(got.json<{ data: unknown }>().data).toEqual([{ b64_json: 'QUJD' }]);
  });

  it.each([
    [{ status: 'failed', error: 'NSFW content detected' }, 502, 'NSFW content detected'],
    [{ status: 'processing' }, 504, 'not ready'],
    [{ status: 'succeeded', output: null }, 502, 'without a picture'],
    [{ hello: 1 }, 502, 'no prediction'],
  ])('takes %j for a failure', async (reply, status, reason) => {
    answer(reply);
    const got = await image({ model: 'replicate/a/b' });

    expect(got.status, got.text).toBe(status);
    expect(got.text).toContain(reason);
  });

  it.each(['replicate/../../account', 'replicate/a//b', 'replicate/./x'])('makes no path of %s', async (model) => {
    const before = upstream.requests.length;
    const got = await image({ model });

    expect([400, 404]).toContain(got.status);
    expect(upstream.requests.length).toBe(before);
  });
});

it('fal answers at once, under the path of the model', async () => {
  answer({ images: [{ url: 'https://v3.fal.media/a.png', width: 64, height: 32, content_type: 'image/png' }], seed: 1 });
  const got = await image({ model: 'fal/fal-ai/flux/dev', size: '64x32', n: 1 });

  expect(got.json<{ data: unknown }>().data).toEqual([{ url: 'https://v3.fal.media/a.png' }]);
  expect(sent()?.path).toBe('/v1/fal-ai/flux/dev');
  expect(sent()?.headers.authorization).toBe('Key k-0123456789');
  expect(sent()?.json()).toEqual({ prompt: 'a cat', num_images: 1, image_size: { width: 64, height: 32 } });
  expect((await lineOf(gateway, got)).usage).toMatchObject({ units: [{ unit: 'image', count: 1, variant: '64x32' }] });
});

describe('Hugging Face', () => {
  it('answers pictures as bytes, which become base64', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d', 'hex');
    upstream.respond({ headers: { 'content-type': 'image/png' }, body: png });
    const got = await image({ model: 'huggingface/black-forest-labs/FLUX.1-dev', size: '64x64' });

    expect(got.json<{ data: unknown }>().data).toEqual([{ b64_json: png.toString('base64') }]);
    expect(sent()?.path).toBe('/hf-inference/models/black-forest-labs/FLUX.1-dev');
    expect(sent()?.json()).toEqual({ inputs: 'a cat', parameters: { width: 64, height: 64 } });
  });

  it('takes bytes that are no picture for a failure', async () => {
    upstream.respond({ headers: { 'content-type': 'application/octet-stream' }, body: 'nonsense' });
    expect((await image({ model: 'huggingface/a/b' })).status).toBe(502);
  });

  it('pools the vectors of tokens', async () => {
    answer([
      [
        [1, 2],
        [3, 4],
      ],
      [[5, 6]],
    ]);
    const got = await ask(gateway, '/v1/embeddings', { body: { model: 'huggingface/BAAI/bge', input: ['a', 'b'] } });

    expect(got.json<{ data: { embedding: number[] }[] }>().data.map(({ embedding }) => embedding)).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(sent()?.path).toBe('/hf-inference/models/BAAI/bge/pipeline/feature-extraction');
  });

  it('refuses token ids, which it cannot embed', async () => {
    const got = await ask(gateway, '/v1/embeddings', { body: { model: 'huggingface/BAAI/bge', input: [[1, 2]] } });

    expect(got.status).toBe(400);
    expect(got.json<{ error: Json }>().error).toMatchObject({ param: 'input[0]' });
  });
});

it('Together is told width and height', async () => {
  answer({ data: [{ b64_json: 'QUJD' }] });
  await image({ model: 'together/black-forest-labs/FLUX.1-schnell', size: '64x32', response_format: 'b64_json', steps: 4 });

  expect(sent()?.json()).toEqual({
    prompt: 'a cat',
    model: 'black-forest-labs/FLUX.1-schnell',
    response_format: 'base64',
    steps: 4,
    width: 64,
    height: 32,
  });
});

it('a moderation without a verdict gets the one that callers read', async () => {
  answer({
    id: 'm',
    model: 'mistral-moderation-latest',
    results: [{ categories: { violence: true }, category_scores: { violence: 0.9 } }],
  });
  const got = await ask(gateway, '/v1/moderations', { body: { model: 'cometapi/some-moderation', input: 'x' } });

  expect(got.status, got.text).toBe(200);
  expect(got.json<{ results: Json[] }>().results[0]).toMatchObject({ flagged: true, categories: { violence: true } });
});

it('Cohere’s rerank counts searches', async () => {
  answer({
    id: 'r',
    results: [
      { index: 1, relevance_score: 0.9 },
      { index: 0, relevance_score: 0.1 },
    ],
    meta: { billed_units: { search_units: 1 } },
  });
  const got = await ask(gateway, '/v1/rerank', {
    body: { model: 'cohere/rerank-v3.5', query: 'q', documents: ['a', { text: 'b' }], top_n: 1, return_documents: true },
  });

  expect(got.status, got.text).toBe(200);
  expect(got.json<{ results: unknown }>().results).toEqual([{ index: 1, relevance_score: 0.9, document: { text: 'b' } }]);
  expect((await lineOf(gateway, got)).usage).toMatchObject({ units: [{ unit: 'search', count: 1 }] });
});
