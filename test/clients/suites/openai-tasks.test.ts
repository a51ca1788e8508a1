// The OpenAI SDK's calls that are not chat: pictures, speech, writing down, judging.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../../support/fake-upstream.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { openaiVersions } from '../drivers/openai.ts';
import { failure } from '../support/laws.ts';
import { setStage, type Stage, upstreamKeys } from '../support/stage.ts';

const json = (body: object): Reply => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const picture = Buffer.from('a picture').toString('base64');

describe.each(openaiVersions)('$name, other work than chat', ({ OpenAI }) => {
  let stage: Stage;
  let client: InstanceType<typeof OpenAI>;
  beforeAll(async () => {
    stage = await setStage();
    client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key });
  });
  afterAll(() => stage?.close());
  const last = () => {
    const seen = stage.upstreams['openai-chat'].requests.at(-1);
    if (seen === undefined) throw new Error('the provider was not asked');
    expect(seen.headers.authorization).toBe(`Bearer ${upstreamKeys['openai-chat']}`);
    return seen;
  };

  it('makes a picture', async () => {
    stage.upstreams['openai-chat'].respond(json({ created: 1, data: [{ b64_json: picture }] }));

    const made = await client.images.generate({ model: 'openai/gpt-image-1', prompt: 'a cat', size: '1024x1024', n: 1 });

    expect(made.data?.[0]?.b64_json).toBe(picture);
    expect(last().path).toBe('/v1/images/generations');
    expect(last().json()).toMatchObject({ model: 'gpt-image-1', prompt: 'a cat', size: '1024x1024' });
  });

  it('edits a picture that it uploads', async () => {
    stage.upstreams['openai-chat'].respond(json({ created: 1, data: [{ b64_json: picture }] }));

    const image = await toFile(Buffer.from('PNG of a cat'), 'cat.png', { type: 'image/png' });
    const made = await client.images.edit({ model: 'openai/gpt-image-1', image, prompt: 'with a hat' });

    expect(made.data?.[0]?.b64_json).toBe(picture);
    const body = last().body.toString();
    expect(body).toContain('PNG of a cat');
    expect(body).toContain('filename="cat.png"');
    expect(body).toMatch(/name="model"\r\n\r\ngpt-image-1\r\n/);
  });

  it('speaks, as bytes that stream', async () => {
    const pieces = Array.from({ length: 5 }, (_, at) => Buffer.alloc(1_000, at));
    stage.upstreams['openai-chat'].respond({ headers: { 'content-type': 'audio/mpeg' }, pieces, gapMs: 5 });

    const spoken = await client.audio.speech.create({ model: 'openai/gpt-4o-mini-tts', voice: 'alloy', input: 'Grüße' });
    const file = join(tempDir('speech'), 'speech.mp3');
    writeFileSync(file, Buffer.from(await spoken.arrayBuffer()));

    expect(spoken.headers.get('content-type')).toBe('audio/mpeg');
    expect(readFileSync(file).equals(Buffer.concat(pieces))).toBe(true);
    expect(last().json()).toMatchObject({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Grüße' });
  });

  it('has speech written down', async () => {
    stage.upstreams['openai-chat'].respond(json({ text: 'Hello there', usage: { type: 'duration', seconds: 3 } }));

    const file = await toFile(Buffer.alloc(50_000, 7), 'talk.mp3', { type: 'audio/mpeg' });
    const heard = await client.audio.transcriptions.create({ model: 'openai/gpt-4o-transcribe', file, language: 'en' });

    expect(heard.text).toBe('Hello there');
    expect(last().body.length).toBeGreaterThan(50_000);
    expect(last().body.toString('latin1')).toMatch(/name="language"\r\n\r\nen\r\n/);
  });

  it('has a text judged', async () => {
    const results = [{ flagged: true, categories: { violence: true }, category_scores: { violence: 0.98 } }];
    stage.upstreams['openai-chat'].respond(json({ id: 'modr-1', model: 'omni-moderation-latest', results }));

    const judged = await client.moderations.create({ model: 'openai/omni-moderation-latest', input: 'a fight' });

    expect(judged.results[0]).toMatchObject({ flagged: true, categories: { violence: true } });
    expect(last().json()).toMatchObject({ model: 'omni-moderation-latest', input: 'a fight' });
  });

  it('hears of a refusal in the provider’s words', async () => {
    stage.upstreams['openai-chat'].respond({
      ...json({
        error: { message: 'this prompt is not allowed', type: 'image_generation_user_error', code: 'moderation_blocked', param: null },
      }),
      status: 400,
    });

    const thrown = await failure(client.images.generate({ model: 'openai/gpt-image-1', prompt: 'something bad' }));

    expect(thrown).toMatchObject({ status: 400, message: expect.stringContaining('this prompt is not allowed') });
  });
});
