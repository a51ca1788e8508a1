// OpenAI's grammars of tasks, both sides, where the integration tests do not reach.
import { describe, expect, it } from 'vitest';
import type { SpeakRequest, TranscribeRequest, UploadedFile } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EncodedAnswer, TaskDialect } from '../task-dialect.ts';
import { audioUsage, wavSeconds } from './audio-length.ts';
import { aspectRatioOf } from './image-input.ts';
import { imageTypeOf, readImageUrl, writeImageUrl } from './image-url.ts';
import { openaiEmbeddings, toBase64, toNumbers } from './openai-embeddings.ts';
import { imageUnits, openaiImageEdits, openaiImages } from './openai-images.ts';
import { openaiModerations } from './openai-moderations.ts';
import { openaiSpeech } from './openai-speech.ts';
import { openaiTranscriptions } from './openai-transcriptions.ts';

const noFiles = (task: 'embed' | 'image' | 'image-edit' | 'speak' | 'moderate' | 'transcribe') => ({
  task,
  warnings: [] as Warning[],
  files: {},
});
const target = { model: 'up', traits: new Set<string>() };
const upload = (data: Buffer | string, filename = 'a.wav'): UploadedFile => {
  const bytes = Buffer.from(data);
  return { filename, mediaType: 'audio/wav', bytes: bytes.length, at: { kind: 'memory', data: bytes } };
};
const usageMember = <Value>(usage: Value | undefined): { usage?: Value } => (usage === undefined ? {} : { usage });
const jsonOf = (answer: EncodedAnswer | undefined): JsonObject => {
  if (answer?.kind !== 'json') throw new Error('it should be JSON');
  return answer.json;
};

describe('hostile members', () => {
  it.each<[string, TaskDialect['id'], () => unknown]>([
    ['input[1]', 'openai-embeddings', () => openaiEmbeddings.decodeRequest?.({ input: [[1], ['x']] }, noFiles('embed'))],
    ['input', 'openai-embeddings', () => openaiEmbeddings.decodeRequest?.({ input: {} }, noFiles('embed'))],
    ['dimensions', 'openai-embeddings', () => openaiEmbeddings.decodeRequest?.({ input: 'x', dimensions: 1.5 }, noFiles('embed'))],
    ['prompt', 'openai-images', () => openaiImages.decodeRequest?.({ prompt: ['x'] }, noFiles('image'))],
    ['size', 'openai-images', () => openaiImages.decodeRequest?.({ prompt: 'x', size: '99999999x1' }, noFiles('image'))],
    ['n', 'openai-images', () => openaiImages.decodeRequest?.({ prompt: 'x', n: 'many' }, noFiles('image'))],
    ['image', 'openai-image-edits', () => openaiImageEdits.decodeRequest?.({ prompt: 'x' }, noFiles('image-edit'))],
    ['voice', 'openai-speech', () => openaiSpeech.decodeRequest?.({ input: 'x' }, noFiles('speak'))],
    ['speed', 'openai-speech', () => openaiSpeech.decodeRequest?.({ input: 'x', voice: 'v', speed: 9 }, noFiles('speak'))],
    ['file', 'openai-transcriptions', () => openaiTranscriptions.decodeRequest?.({ model: 'x' }, noFiles('transcribe'))],
    ['input', 'openai-moderations', () => openaiModerations.decodeRequest?.({ input: [] }, noFiles('moderate'))],
    ['input[0]', 'openai-moderations', () => openaiModerations.decodeRequest?.({ input: [{ type: 'video' }] }, noFiles('moderate'))],
  ])('a wrong %s is named (%s)', (param, _id, decode) => {
    expect(decode).toThrow(expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) }));
  });
});

describe('embeddings', () => {
  it('are the same numbers after base64 and back', () => {
    const numbers = [0.5, -1.25, 3];
    expect(toNumbers(toBase64(numbers))).toEqual(numbers);
    expect(toBase64('AAAA')).toBe('AAAA');
  });

  it('come back in the order of the inputs, whatever order the provider answers in', () => {
    const request = openaiEmbeddings.decodeRequest?.({ input: ['a', 'b'] }, noFiles('embed'));
    if (request === undefined) throw new Error('no request');
    const data = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ];

    expect(openaiEmbeddings.decodeResponse?.({ data }, { request, model: 'm' })?.vectors).toEqual([[1], [2]]);
  });

  it('keep token ids and members that only this grammar knows', () => {
    const request = openaiEmbeddings.decodeRequest?.({ input: [[1, 2], 'x'], user: 'u', extra: 1 }, noFiles('embed'));
    if (request === undefined) throw new Error('no request');

    expect(openaiEmbeddings.encodeRequest?.(request, target)).toEqual({
      body: { kind: 'json', json: { model: 'up', input: [[1, 2], 'x'], encoding_format: 'float', user: 'u', extra: 1 } },
      warnings: [],
    });
  });
});

describe('images', () => {
  const decode = (body: JsonObject) => {
    const request = openaiImages.decodeRequest?.({ prompt: 'x', ...body }, noFiles('image'));
    if (request === undefined) throw new Error('no request');
    return request;
  };

  it('are never asked for a form of answer that the model has no choice of', () => {
    const request = decode({ response_format: 'b64_json' });
    const bodyFor = (model: string) => openaiImages.encodeRequest?.(request, { ...target, model }).body;

    expect(bodyFor('dall-e-3')).toMatchObject({ json: { response_format: 'b64_json' } });
    expect(bodyFor('gpt-image-1')).not.toHaveProperty('json.response_format');
  });

  it('are counted in tokens where the model counts them, else as pictures of a size and quality', () => {
    const request = decode({ size: '1024x1536', quality: 'high', n: 2 });
    const pictures = { data: [{ url: 'u' }, { url: 'v' }] };

    expect(openaiImages.decodeResponse?.(pictures, { request, model: 'm' })?.usage?.units).toEqual([
      { unit: 'image', count: 2, variant: '1024x1536/high' },
    ]);
    const usage = { input_tokens: 10, output_tokens: 20, input_tokens_details: { cached_tokens: 4 } };
    const counted = openaiImages.decodeResponse?.({ ...pictures, usage }, { request, model: 'm' })?.usage;
    expect(counted).toMatchObject({ input: 6, cachedInput: 4, output: 20 });
    expect(counted?.units).toBeUndefined();
    expect(imageUnits(decode({ quality: 'auto' }), 1).units).toEqual([{ unit: 'image', count: 1 }]);
  });

  it('made at once are one last event to a caller who wants a stream', () => {
    const answer = openaiImages.encodeResponse?.(
      { created: 1, images: [{ base64: 'QQ==' }] },
      { request: decode({ stream: true }), warnings: [] },
    );

    expect(answer).toMatchObject({ kind: 'text', contentType: expect.stringContaining('event-stream') });
    expect(answer?.kind === 'text' && answer.text).toMatch(/^event: image_generation\.completed\ndata: \{.*"b64_json":"QQ=="/);
  });

  it('in another form than was asked for are told as such', () => {
    const warnings: Warning[] = [];
    openaiImages.encodeResponse?.({ created: 1, images: [{ url: 'u' }] }, { request: decode({ response_format: 'b64_json' }), warnings });

    expect(warnings).toEqual([expect.objectContaining({ field: 'response_format' })]);
  });

  it.each([
    [1024, 1024, '1:1'],
    [1536, 1024, '3:2'],
    [1792, 1024, '7:4'],
  ])('of %ix%i have the ratio %s', (width, height, ratio) => {
    expect(aspectRatioOf({ width, height })).toBe(ratio);
  });
});

it.each(['data:image/webp;base64,QUJD', 'https://x.example/a.png'])('a picture at %s is the same after reading and writing', (url) => {
  expect(writeImageUrl(readImageUrl(url))).toBe(url);
});

it.each([
  ['89504e470d0a1a0a0000000d', 'image/png'],
  ['ffd8ffe000104a4649460001', 'image/jpeg'],
  [Buffer.from('RIFF1234WEBP').toString('hex'), 'image/webp'],
  [Buffer.from('GIF89a123456').toString('hex'), 'image/gif'],
  ['00', undefined],
  [Buffer.from('{"error":"no"}').toString('hex'), undefined],
])('tells by its bytes what a picture is: %s', (hex, type) => {
  expect(imageTypeOf(Buffer.from(hex, 'hex'))).toBe(type);
});

describe('speech', () => {
  it('counts characters as people do', () => {
    const request: SpeakRequest = { task: 'speak', dialect: 'openai-speech', model: 'm', text: 'é👍a', voice: 'v' };
    expect(openaiSpeech.usageOf?.(request).units).toEqual([{ unit: 'character', count: 3 }]);
  });
});

describe('the length of audio', () => {
  const wav = (seconds: number, told = seconds * 8_000): Buffer => {
    const head = Buffer.alloc(44);
    head.write('RIFF', 0);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt32LE(8_000, 28);
    head.write('data', 36);
    head.writeUInt32LE(told, 40);
    return Buffer.concat([head, Buffer.alloc(seconds * 8_000)]);
  };

  it('is read from a WAV file, by what lies in it where the header leaves it open', () => {
    expect(wavSeconds(upload(wav(2)))).toBe(2);
    expect(wavSeconds(upload(wav(2, 0xffffffff)))).toBe(2);
  });

  it.each([
    ['another format', 'ID3...'],
    ['a header alone', 'RIFF1234WAVE'],
    ['nothing', ''],
  ])('of %s is unknown, and has no price', (_what, data) => {
    expect(audioUsage(upload(data))).toMatchObject({
      source: 'estimated',
      anomaly: expect.any(String),
      units: [{ unit: 'request', variant: 'unmeasured audio' }],
    });
  });
});

describe('a transcript', () => {
  const request = (more: Partial<TranscribeRequest>): TranscribeRequest => ({
    task: 'transcribe',
    dialect: 'openai-transcriptions',
    model: 'm',
    audio: upload('x'),
    ...more,
  });
  const words = [
    { word: 'Hello', start: 0, end: 0.5 },
    { word: 'world', start: 3_661.25, end: 3_662 },
  ];
  const write = (more: Partial<TranscribeRequest>, response = { text: 'Hello world', words }): EncodedAnswer | undefined =>
    openaiTranscriptions.encodeResponse?.(response, { request: request(more), warnings: [] });

  it('becomes subtitles', () => {
    expect(write({ format: 'srt' })).toMatchObject({ text: '1\n00:00:00,000 --> 01:01:02,000\nHello world\n' });
    expect(write({ format: 'vtt' })).toMatchObject({ text: 'WEBVTT\n\n00:00:00.000 --> 01:01:02.000\nHello world\n' });
  });

  it('without times is text with a warning instead of subtitles', () => {
    const warnings: Warning[] = [];
    const answer = openaiTranscriptions.encodeResponse?.({ text: 'Hi' }, { request: request({ format: 'srt' }), warnings });

    expect(answer).toMatchObject({ kind: 'text', text: 'Hi\n' });
    expect(warnings).toEqual([expect.objectContaining({ field: 'response_format' })]);
  });

  it('is a delta and an end to a caller who wants a stream', () => {
    const answer = write({ stream: true });
    expect(answer?.kind === 'text' && answer.text.match(/"type":"transcript[a-z.]+"/g)).toEqual([
      '"type":"transcript.text.delta"',
      '"type":"transcript.text.done"',
    ]);
  });

  it('asks for times where they are needed', () => {
    const fields = (more: Partial<TranscribeRequest>) => {
      const body = openaiTranscriptions.encodeRequest?.(request(more), target).body;
      return body?.kind === 'multipart'
        ? body.parts.map((part) => [part.name, part.kind === 'field' ? part.value : part.file.filename])
        : [];
    };

    expect(fields({ format: 'srt', language: 'de' })).toEqual([
      ['model', 'up'],
      ['language', 'de'],
      ['response_format', 'verbose_json'],
      ['file', 'a.wav'],
    ]);
    expect(fields({})).toContainEqual(['response_format', 'json']);
  });

  it('tells seconds or tokens, whichever the provider counts', () => {
    const read = (body: JsonObject) =>
      openaiTranscriptions.decodeResponse?.({ text: 'x', ...body }, { request: request({}), model: 'm' })?.usage;

    expect(read({ duration: 2.5 })?.units).toEqual([{ unit: 'second', count: 2.5 }]);
    expect(read({ usage: { type: 'tokens', input_tokens: 5, output_tokens: 2 } })).toMatchObject({ input: 5, output: 2 });
    expect(
      jsonOf(
        openaiTranscriptions.encodeResponse?.({ text: 'x', ...usageMember(read({ duration: 3 })) }, { request: request({}), warnings: [] }),
      ),
    ).toEqual({
      text: 'x',
      usage: { type: 'duration', seconds: 3 },
    });
  });
});
