// The OpenAI SDK's calls that are not chat, answered by the simulator: what the SDK sends and how it reads what it gets.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiVersions } from '../drivers/openai.ts';
import { setStage, type Stage } from '../support/stage.ts';

const file = (bytes: number, name: string, type: string): File => new File([new Uint8Array(bytes)], name, { type });

describe.each(openaiVersions)('$name, tasks', ({ OpenAI }) => {
  let stage: Stage;
  let client: InstanceType<typeof OpenAI>;
  beforeAll(async () => {
    stage = await setStage();
    client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  });
  afterAll(() => stage?.close());

  it('embeds: the SDK asks for base64 and reads numbers', async () => {
    const { data } = await client.embeddings.create({ model: 'demo-embed', input: ['a', 'b'] });

    expect(data).toHaveLength(2);
    expect(data[0]?.embedding).toHaveLength(256);
    expect(data[0]?.embedding.every((value) => typeof value === 'number')).toBe(true);
  });

  it('makes and edits images', async () => {
    const made = await client.images.generate({ model: 'demo-image', prompt: 'a lighthouse', size: '256x256' });
    const edited = await client.images.edit({
      model: 'demo-image',
      prompt: 'brighter',
      image: [file(100, 'a.png', 'image/png'), file(100, 'b.png', 'image/png')],
    });

    expect(Buffer.from(made.data?.[0]?.b64_json ?? '', 'base64').toString('latin1', 1, 4)).toBe('PNG');
    expect(edited.data).toHaveLength(1);
  });

  it('speaks', async () => {
    const answer = await client.audio.speech.create({ model: 'demo-speech', input: 'Hello', voice: 'alloy' });

    expect(Buffer.from(await answer.arrayBuffer()).toString('latin1', 0, 4)).toBe('RIFF');
  });

  it('transcribes, whole, as subtitles and streamed', async () => {
    const audio = (): File => file(200_000, 'a.wav', 'audio/wav');
    const whole = await client.audio.transcriptions.create({ model: 'demo-transcribe', file: audio() });
    const subtitles = await client.audio.transcriptions.create({ model: 'demo-transcribe', file: audio(), response_format: 'srt' });
    const types: string[] = [];
    for await (const event of await client.audio.transcriptions.create({ model: 'demo-transcribe', file: audio(), stream: true })) {
      types.push(event.type);
    }

    expect(whole.text).toContain('a.wav, 200000 bytes');
    expect(subtitles).toMatch(/^1\n00:00:00,000 --> /);
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.done']);
  });

  it('moderates', async () => {
    const { results } = await client.moderations.create({ model: 'demo-moderate', input: ['hello', 'kill'] });

    expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
  });

  it('gets the SDK’s own error for a model that cannot do it', async () => {
    const asking = client.images.generate({ model: 'demo-fast', prompt: 'x' });

    await expect(asking).rejects.toMatchObject({ status: 400, code: 'unsupported_capability', param: 'model' });
  });
});
