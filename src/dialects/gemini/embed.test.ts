import { describe, expect, it } from 'vitest';
import type { EmbedRequest } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject } from '../../core/json.ts';
import { geminiEmbed } from './embed.ts';
import { vertexEmbed } from './vertex-embed.ts';

const decode = (body: JsonObject, warnings: Warning[] = []) => geminiEmbed.decodeRequest?.(body, { task: 'embed', warnings, files: {} });
const request: EmbedRequest = {
  task: 'embed',
  dialect: 'openai-embeddings',
  model: 'm',
  inputs: [
    { kind: 'text', text: 'a' },
    { kind: 'text', text: 'b' },
  ],
};

describe('the client’s side', () => {
  it('reads one content or a batch, with either spelling', () => {
    expect(decode({ content: { parts: [{ text: 'a' }, { text: 'b' }] }, task_type: 'CLUSTERING', output_dimensionality: 8 })).toMatchObject(
      {
        inputs: [{ kind: 'text', text: 'a\nb' }],
        dimensions: 8,
        purpose: 'clustering',
      },
    );
    expect(decode({ requests: [{ content: { parts: [{ text: 'a' }] } }, { content: { parts: [{ text: 'b' }] } }] })).toMatchObject({
      inputs: request.inputs,
    });
  });

  it('warns of titles, of purposes it has no word for and of settings that differ within a batch', () => {
    const warnings: Warning[] = [];
    const content = { parts: [{ text: 'a' }] };
    decode(
      {
        requests: [
          { content, title: 't' },
          { content, taskType: 'FACT_VERIFICATION', outputDimensionality: 3 },
        ],
      },
      warnings,
    );

    expect(warnings.map(({ field }) => field)).toEqual(['requests[0].title', 'requests[1].taskType', 'requests']);
  });

  it.each<[JsonObject, string]>([
    [{ requests: [] }, 'requests'],
    [{ requests: [5] }, 'requests[0]'],
    [{ content: { parts: [{ text: 5 }] } }, 'content.parts[0].text'],
    [{ content: { parts: [] } }, 'content.parts'],
  ])('refuses %j', (body, param) => {
    expect(() => decode(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) as object }),
    );
  });

  it('answers base64 vectors as numbers', () => {
    const vector = Buffer.from(Float32Array.from([0.5, -1]).buffer).toString('base64');

    expect(geminiEmbed.encodeResponse?.({ model: 'm', vectors: [vector] }, { request, warnings: [] })).toEqual({
      kind: 'json',
      json: { embeddings: [{ values: [0.5, -1] }] },
    });
  });
});

describe('the upstream’s side', () => {
  it('asks for a batch, purpose and length in each request', () => {
    const encoded = geminiEmbed.encodeRequest?.(
      { ...request, purpose: 'query', dimensions: 4 },
      { model: 'gemini-embedding-001', traits: new Set() },
    );
    const one = (text: string) => ({
      model: 'models/gemini-embedding-001',
      content: { parts: [{ text }] },
      taskType: 'RETRIEVAL_QUERY',
      outputDimensionality: 4,
    });

    expect(encoded?.body).toEqual({ kind: 'json', json: { requests: [one('a'), one('b')] } });
  });

  it('cannot embed token ids', () => {
    const tokens: EmbedRequest = { ...request, inputs: [{ kind: 'tokens', ids: [1] }] };

    expect(() => geminiEmbed.encodeRequest?.(tokens, { model: 'm', traits: new Set() })).toThrow(
      expect.objectContaining({ code: 'unsupported_capability' }),
    );
  });

  it('refuses an answer with fewer vectors than inputs', () => {
    expect(() => geminiEmbed.decodeResponse?.({ embeddings: [{ values: [1] }] }, { request, model: 'm' })).toThrow(
      expect.objectContaining({ code: 'upstream_bad_reply' }),
    );
    expect(geminiEmbed.decodeResponse?.({ embeddings: [{ values: [1] }, { values: [2] }] }, { request, model: 'm' }).vectors).toEqual([
      [1],
      [2],
    ]);
  });
});

describe('Vertex AI', () => {
  it('is asked by instances and counts tokens itself', () => {
    const encoded = vertexEmbed.encodeRequest?.(
      { ...request, purpose: 'document', dimensions: 4, truncate: 'none' },
      { model: 'm', traits: new Set() },
    );
    const predictions = [1, 2].map((value) => ({ embeddings: { values: [value], statistics: { token_count: 3, truncated: false } } }));

    expect(encoded?.body).toEqual({
      kind: 'json',
      json: {
        instances: [
          { content: 'a', task_type: 'RETRIEVAL_DOCUMENT' },
          { content: 'b', task_type: 'RETRIEVAL_DOCUMENT' },
        ],
        parameters: { outputDimensionality: 4, autoTruncate: false },
      },
    });
    expect(vertexEmbed.decodeResponse?.({ predictions }, { request, model: 'm' })).toMatchObject({
      vectors: [[1], [2]],
      usage: { input: 6 },
    });
    expect(() => vertexEmbed.decodeResponse?.({ predictions: [] }, { request, model: 'm' })).toThrow(
      expect.objectContaining({ code: 'upstream_bad_reply' }),
    );
  });
});
