import { describe, expect, it } from 'vitest';
import type { EmbedRequest, RerankRequest } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { cohereEmbed } from './embed.ts';
import { cohereRerank } from './rerank.ts';

const target = { model: 'embed-v4.0', traits: new Set<string>() };

function decodeEmbed(body: JsonObject, warnings: Warning[] = []): EmbedRequest {
  const decoded = cohereEmbed.decodeRequest?.(body, { task: 'embed', warnings, files: {} });
  if (decoded === undefined) throw new Error('no client side');
  return decoded;
}
const sent = (request: EmbedRequest): { readonly json: unknown; readonly fields: readonly string[] } => {
  const encoded = cohereEmbed.encodeRequest?.(request, target);
  return {
    json: encoded?.body.kind === 'json' ? encoded.body.json : undefined,
    fields: (encoded?.warnings ?? []).map(({ field }) => field),
  };
};
const plain: EmbedRequest = { task: 'embed', dialect: 'openai-embeddings', model: 'm', inputs: [{ kind: 'text', text: 'a' }] };
const shown = (
  request: EmbedRequest,
  vectors: readonly (readonly number[] | string)[],
  warnings: Warning[] = [],
): JsonValue | undefined => {
  const answer = cohereEmbed.encodeResponse?.({ model: 'm', vectors }, { request, warnings });
  return answer?.kind === 'json' ? answer.json : undefined;
};

describe('embeddings asked for by a client', () => {
  it('keep purpose, length, types and how to cut', () => {
    const request = decodeEmbed({
      model: 'm',
      texts: ['a', 'b'],
      input_type: 'search_query',
      embedding_types: ['float', 'base64'],
      output_dimension: 256,
      truncate: 'END',
      priority: 3,
    });

    expect(request).toMatchObject({
      inputs: [
        { kind: 'text', text: 'a' },
        { kind: 'text', text: 'b' },
      ],
      purpose: 'query',
      dimensions: 256,
      truncate: 'end',
      extensions: { 'cohere-embed': { priority: 3, embedding_types: ['float', 'base64'] } },
    });
    expect(request.encoding).toBeUndefined();
    expect(decodeEmbed({ texts: ['a'], embedding_types: ['base64'] }).encoding).toBe('base64');
  });

  it('may be pictures, alone or in mixed inputs', () => {
    const picture = { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } };
    const warnings: Warning[] = [];
    const part = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };

    expect(decodeEmbed({ images: ['data:image/png;base64,AAAA'] }).inputs).toEqual([picture]);
    expect(decodeEmbed({ inputs: [{ content: [part] }, { content: [{ type: 'text', text: 'a' }, part] }] }, warnings).inputs).toEqual([
      picture,
      { kind: 'text', text: 'a' },
    ]);
    expect(warnings.map(({ field }) => field)).toEqual(['inputs']);
  });

  it.each<[JsonObject, string]>([
    [{}, 'texts'],
    [{ texts: [7] }, 'texts[0]'],
    [{ texts: ['a'], input_type: 'poem' }, 'input_type'],
    [{ texts: ['a'], embedding_types: ['float64'] }, 'embedding_types[0]'],
    [{ texts: ['a'], truncate: 'MIDDLE' }, 'truncate'],
    [{ texts: ['a'], output_dimension: 0 }, 'output_dimension'],
  ])('%j is refused naming %s', (body, field) => {
    expect(() => decodeEmbed(body)).toThrow(GatewayError);
    try {
      decodeEmbed(body);
    } catch (thrown) {
      expect((thrown as GatewayError).details.param).toBe(field);
    }
  });

  it('are answered in the types that were asked for', () => {
    const both = decodeEmbed({ texts: ['a'], embedding_types: ['float', 'base64'] });
    const warnings: Warning[] = [];
    const packed = decodeEmbed({ texts: ['a'], embedding_types: ['int8'] });

    expect(shown(both, [[0.5, 0.25]])).toMatchObject({ embeddings: { float: [[0.5, 0.25]], base64: ['AAAAPwAAgD4='] }, texts: ['a'] });
    expect(shown(both, ['AAAAPwAAgD4='])).toMatchObject({ embeddings: { float: [[0.5, 0.25]] } });
    expect(shown(packed, [[0.5]], warnings)).toMatchObject({ embeddings: { float: [[0.5]] } });
    expect(warnings.map(({ field }) => field)).toEqual(['embedding_types']);
  });
});

describe('embeddings asked of the provider', () => {
  it('always say a purpose; one that was made up is said', () => {
    expect(sent(plain)).toEqual({
      json: { model: 'embed-v4.0', texts: ['a'], input_type: 'search_document', embedding_types: ['float'] },
      fields: ['input_type'],
    });
    expect(sent({ ...plain, purpose: 'similarity' })).toMatchObject({ json: { input_type: 'clustering' }, fields: [] });
    expect(sent({ ...plain, extensions: { 'openai-embeddings': { input_type: 'search_query' } } })).toMatchObject({
      json: { input_type: 'search_query' },
      fields: [],
    });
  });

  it('are no token ids', () => {
    expect(() => sent({ ...plain, inputs: [{ kind: 'tokens', ids: [1] }] })).toThrow('not token ids');
  });

  it('hold pictures as data URLs', () => {
    const image = { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } } as const;

    expect(sent({ ...plain, inputs: [image] }).json).toMatchObject({
      input_type: 'image',
      inputs: [{ content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    });
  });

  it('are read by type, as the bare list of older servers, and with their bill', () => {
    const read = (body: JsonValue): unknown => cohereEmbed.decodeResponse?.(body, { request: plain, model: 'm' });

    expect(read({ embeddings: { float: [[1, 2]] }, meta: { billed_units: { input_tokens: 3, image_tokens: 4 } } })).toMatchObject({
      vectors: [[1, 2]],
      usage: { input: 7, output: 0 },
    });
    expect(read({ embeddings: [[1]] })).toEqual({ model: 'm', vectors: [[1]] });
    expect(read({ embeddings: { int8: [[1]] } })).toMatchObject({ vectors: [[1]] });
    expect(() => read({ embeddings: { float: 'x' } })).toThrow('without embeddings');
    expect(() => read({ message: 'too many texts' })).toThrow('too many texts');
  });
});

describe('rerank', () => {
  const decode = (body: JsonObject): RerankRequest => {
    const decoded = cohereRerank.decodeRequest?.(body, { task: 'rerank', warnings: [], files: {} });
    if (decoded === undefined) throw new Error('no client side');
    return decoded;
  };
  const asked = decode({
    model: 'm',
    query: 'q',
    documents: ['a', { title: 'T', text: 'b' }, { text: 'c' }],
    top_n: 2,
    return_documents: true,
    rank_fields: ['text'],
  });
  const read = (results: JsonValue, meta: JsonValue = {}): unknown =>
    cohereRerank.decodeResponse?.({ id: 'r', results, meta }, { request: asked, model: 'm' });

  it('sends texts, with only the fields that are to be ranked', () => {
    const encoded = cohereRerank.encodeRequest?.(asked, { ...target, model: 'rerank-x' });

    expect(encoded?.body).toEqual({ kind: 'json', json: { model: 'rerank-x', query: 'q', documents: ['a', 'b', 'c'], top_n: 2 } });
  });

  it('sorts results, bills searches and nothing else', () => {
    const results = [
      { index: 0, relevance_score: 0.1 },
      { index: 2, relevance_score: 0.9 },
    ];

    expect(read(results, { billed_units: { search_units: 1 } })).toMatchObject({
      id: 'r',
      results: [
        { index: 2, score: 0.9 },
        { index: 0, score: 0.1 },
      ],
      usage: { input: 0, billed: { input: 0, output: 0 }, units: [{ unit: 'search', count: 1 }] },
    });
  });

  it('trusts no index that is none of a document', () => {
    for (const index of [3, -1, 0.5, 'x']) expect(() => read([{ index, relevance_score: 1 }])).toThrow(GatewayError);
  });

  it('gives the documents back where that was asked, and no more results than wanted', () => {
    const answer = cohereRerank.encodeResponse?.(
      { model: 'm', results: [2, 1, 0].map((index) => ({ index, score: index / 10 })) },
      { request: asked, warnings: [] },
    );

    expect(answer?.kind === 'json' && answer.json).toMatchObject({
      results: [
        { index: 2, relevance_score: 0.2, document: { text: 'c' } },
        { index: 1, relevance_score: 0.1, document: { text: 'b' } },
      ],
    });
  });

  it.each<JsonObject>([{ documents: ['a'] }, { query: 'q' }, { query: 'q', documents: [] }, { query: 'q', documents: [7] }])(
    'refuses %j',
    (body) => {
      expect(() => decode(body)).toThrow(GatewayError);
    },
  );
});
