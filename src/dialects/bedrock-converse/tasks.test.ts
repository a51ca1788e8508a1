// Embeddings, images and rerank by `invoke`: what each vendor's body holds, and what its answers become.
import { describe, expect, it } from 'vitest';
import type { EmbedRequest, ImageRequest, RerankRequest } from '../../canonical/tasks.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EncodedTask } from '../task-dialect.ts';
import { bedrockEmbed } from './embed.ts';
import { bedrockImage } from './image.ts';
import { bedrockRerank } from './rerank.ts';

const target = (model: string) => ({ model, traits: new Set<string>() });
const jsonOf = (encoded: EncodedTask | undefined) => (encoded?.body.kind === 'json' ? encoded.body.json : undefined);
const warned = (encoded: EncodedTask | undefined) => encoded?.warnings.map(({ kind, field }) => `${kind} ${field}`);

describe('bedrockEmbed', () => {
  const request = (more: Partial<EmbedRequest> = {}): EmbedRequest => ({
    task: 'embed',
    dialect: 'openai-embeddings',
    model: 'm',
    inputs: [{ kind: 'text', text: 'hello' }],
    ...more,
  });
  const encode = (model: string, more: Partial<EmbedRequest> = {}) => bedrockEmbed.encodeRequest?.(request(more), target(model));
  const decode = (body: JsonValue, more: Partial<EmbedRequest> = {}) =>
    bedrockEmbed.decodeResponse?.(body, { request: request(more), model: 'm' });
  const two = { inputs: [{ kind: 'text', text: 'a' } as const, { kind: 'text', text: 'b' } as const] };

  it('writes Titan’s body, with a length where the generation knows one', () => {
    expect(jsonOf(encode('amazon.titan-embed-text-v2:0', { dimensions: 256 }))).toEqual({ inputText: 'hello', dimensions: 256 });
    expect(jsonOf(encode('amazon.titan-embed-text-v1', { dimensions: 256 }))).toEqual({ inputText: 'hello' });
    expect(warned(encode('amazon.titan-embed-text-v1', { dimensions: 256 }))).toEqual(['dropped dimensions']);
  });

  it('writes Cohere’s body, with the purpose it insists on', () => {
    expect(jsonOf(encode('eu.cohere.embed-v4:0', { ...two, purpose: 'query', dimensions: 512, truncate: 'end' }))).toEqual({
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['float'],
      truncate: 'END',
      output_dimension: 512,
    });
    expect(warned(encode('cohere.embed-english-v3'))).toEqual(['changed input_type']);
  });

  it('writes Nova’s body', () => {
    expect(jsonOf(encode('amazon.nova-2-multimodal-embeddings-v1:0', { purpose: 'query', dimensions: 256 }))).toEqual({
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'TEXT_RETRIEVAL',
        embeddingDimension: 256,
        text: { truncationMode: 'END', value: 'hello' },
      },
    });
  });

  it('sends images to models that see', () => {
    const image = { kind: 'image', source: { kind: 'base64', mediaType: 'image/jpg', data: 'AAAA' } } as const;

    expect(jsonOf(encode('cohere.embed-v4:0', { inputs: [image] }))).toMatchObject({
      images: ['data:image/jpg;base64,AAAA'],
      input_type: 'image',
    });
    expect(jsonOf(encode('amazon.titan-embed-image-v1', { inputs: [image] }))).toEqual({ inputImage: 'AAAA' });
    expect(jsonOf(encode('amazon.nova-2-multimodal-embeddings-v1:0', { inputs: [image] }))).toMatchObject({
      singleEmbeddingParams: { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
    });
  });

  it.each<[string, string, Partial<EmbedRequest>]>([
    ['several texts to a model that takes one', 'amazon.titan-embed-text-v2:0', two],
    ['too many texts', 'cohere.embed-v4:0', { inputs: Array.from({ length: 97 }, () => ({ kind: 'text', text: 'x' }) as const) }],
    ['token ids', 'cohere.embed-v4:0', { inputs: [{ kind: 'tokens', ids: [1] }] }],
    [
      'an image behind an address',
      'amazon.titan-embed-image-v1',
      { inputs: [{ kind: 'image', source: { kind: 'url', url: 'https://x/y.png' } }] },
    ],
    [
      'an image to a model that reads text',
      'amazon.titan-embed-text-v2:0',
      { inputs: [{ kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } }] },
    ],
  ])('refuses %s, naming the field', (_what, model, more) => {
    expect(() => encode(model, more)).toThrow(
      expect.objectContaining({ code: 'unsupported_capability', details: expect.objectContaining({ param: 'input' }) }),
    );
  });

  it('reads vectors in all the forms they come in', () => {
    expect(decode({ embedding: [1, 2], inputTextTokenCount: 3 })).toMatchObject({ vectors: [[1, 2]], usage: { input: 3, output: 0 } });
    expect(decode({ embeddings: [[1], [2]], response_type: 'embeddings_floats' }, two)?.vectors).toEqual([[1], [2]]);
    expect(decode({ embeddings: { float: [[1], [2]] } }, two)?.vectors).toEqual([[1], [2]]);
    expect(decode({ embeddings: [{ embeddingType: 'TEXT', embedding: [1, 2] }] })?.vectors).toEqual([[1, 2]]);
  });

  it.each<[string, JsonValue]>([
    ['fewer vectors than inputs', { embeddings: [] }],
    ['a vector of words', { embedding: ['a'] }],
    ['a list', []],
  ])('refuses %s', (_what, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });
});

describe('bedrockImage', () => {
  const request = (more: Partial<ImageRequest> = {}): ImageRequest => ({
    task: 'image',
    dialect: 'openai-images',
    model: 'm',
    prompt: 'a cat',
    ...more,
  });
  const encode = (model: string, more: Partial<ImageRequest> = {}) => bedrockImage.encodeRequest?.(request(more), target(model));
  const decode = (body: JsonValue, more: Partial<ImageRequest> = {}) =>
    bedrockImage.decodeResponse?.(body, { request: request(more), model: 'm' });

  it('writes Amazon’s body', () => {
    const wish = { count: 2, size: { width: 1280, height: 720 }, quality: 'hd', seed: 7, style: 'vivid' };

    expect(jsonOf(encode('amazon.nova-canvas-v1:0', wish))).toEqual({
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'a cat' },
      imageGenerationConfig: { numberOfImages: 2, width: 1280, height: 720, quality: 'premium', seed: 7 },
    });
    expect(warned(encode('amazon.nova-canvas-v1:0', wish))).toEqual(['dropped style']);
  });

  it('writes Stability’s body, with the nearest ratio', () => {
    const encoded = encode('stability.stable-image-ultra-v1:1', { size: { width: 1792, height: 1024 }, outputFormat: 'jpeg' });

    expect(jsonOf(encoded)).toEqual({ prompt: 'a cat', mode: 'text-to-image', aspect_ratio: '16:9', output_format: 'jpeg' });
    expect(warned(encoded)).toEqual(['changed size']);
  });

  it('refuses more images than a call makes', () => {
    expect(() => encode('amazon.nova-canvas-v1:0', { count: 6 })).toThrow('at most 5');
    expect(() => encode('stability.sd3-5-large-v1:0', { count: 2 })).toThrow('one image');
  });

  it('reads images and counts them by size and quality', () => {
    expect(decode({ images: ['AAAA', 'BBBB'] }, { size: { width: 1024, height: 1024 } })).toMatchObject({
      images: [{ base64: 'AAAA', mediaType: 'image/png' }, { base64: 'BBBB' }],
      usage: { units: [{ unit: 'image', count: 2, variant: '1024x1024' }] },
    });
  });

  it.each<[string, JsonValue, string]>([
    ['Amazon', { images: [], error: 'This request has been blocked by our content filters.' }, 'content_filtered'],
    ['Stability', { images: [], seeds: [], finish_reasons: ['Filter reason: prompt'] }, 'content_filtered'],
    ['nobody', {}, 'upstream_bad_reply'],
  ])('tells a prompt refused inside a 200 by %s as what it is', (_who, body, code) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code }));
  });
});

describe('bedrockRerank', () => {
  const request: RerankRequest = {
    task: 'rerank',
    dialect: 'cohere-rerank',
    model: 'm',
    query: 'q',
    documents: ['a', { text: 'b' }, { title: 'c' }],
    topN: 9,
  };

  it('writes one body for both vendors, with the version that Cohere’s needs', () => {
    expect(jsonOf(bedrockRerank.encodeRequest?.(request, target('cohere.rerank-v3-5:0')))).toEqual({
      query: 'q',
      documents: ['a', 'b', '{"title":"c"}'],
      top_n: 3,
      api_version: 2,
    });
    expect(jsonOf(bedrockRerank.encodeRequest?.(request, target('amazon.rerank-v1:0')))).not.toHaveProperty('api_version');
  });

  it('reads scores and counts the searches', () => {
    const decode = (body: JsonValue) => bedrockRerank.decodeResponse?.(body, { request, model: 'm' });

    expect(decode({ results: [{ index: 2, relevance_score: 0.9 }] })).toMatchObject({
      results: [{ index: 2, score: 0.9 }],
      usage: { units: [{ unit: 'search', count: 1 }] },
    });
    expect(() => decode({ results: [{ index: 3, relevance_score: 0.9 }] })).toThrow('not sent');
    expect(() => decode({})).toThrow(expect.objectContaining({ code: 'upstream_bad_reply' }));
  });
});
