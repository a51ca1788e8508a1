import { CohereClientV2 } from 'cohere-ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cohereDriver } from '../drivers/cohere.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient } from '../support/laws.ts';
import { setStage, type Stage } from '../support/stage.ts';

describeClient(cohereDriver);

describe('cohere-ai 8.1.0 beyond chat', () => {
  let stage: Stage;
  let client: CohereClientV2;
  beforeAll(async () => {
    stage = await setStage();
    client = new CohereClientV2({ environment: stage.gateway.url, token: stage.key });
  });
  afterAll(() => stage?.close());

  it('embeds texts at a provider of another grammar', async () => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(answerEmbeddings('both'));

    const { embeddings } = await client.embed({
      model: embeddingModel,
      inputType: 'search_document',
      embeddingTypes: ['float'],
      texts: ['one', 'two'],
    });

    expect(embeddings.float).toEqual(vectors);
    expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
  });

  it('ranks documents at the simulator', async () => {
    const documents = ['tax law of Austria', 'green apples and red apples'];

    const { results } = await client.rerank({ model: 'demo-rerank', query: 'red apples', documents, topN: 1 });

    expect(results).toMatchObject([{ index: 1, relevanceScore: expect.any(Number) }]);
  });
});
