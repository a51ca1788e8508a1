// Embeddings as OpenAI's endpoint answers them: floats or base64, as asked, unless the provider knows floats only.
import { asObject, type JsonValue } from '../../../src/core/json.ts';
import type { Reply, SeenRequest } from '../../support/fake-upstream.ts';

/** Exact in 32 bits, so that both encodings give the same numbers. */
export const vectors = [
  [0.5, -0.25, 0.125],
  [1, 0, -2],
] as const;

export const embeddingModel = 'openai/text-embedding-3-small';

export function answerEmbeddings(knows: 'both' | 'floats'): (request: SeenRequest) => Reply {
  return (request) => {
    const base64 = knows === 'both' && asObject(request.json())?.encoding_format === 'base64';
    const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: base64 ? toBase64(vector) : vector }));
    const body = { object: 'list', model: 'text-embedding-3-small', data, usage: { prompt_tokens: 6, total_tokens: 6 } };
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  };
}

export function inputOf(request: SeenRequest | undefined): JsonValue | undefined {
  return asObject(request?.json())?.input;
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}
