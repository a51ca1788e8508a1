import { OpenAIEmbedding } from '@llamaindex/openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { llamaindexDriver } from '../drivers/llamaindex.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient } from '../support/laws.ts';
import { setStage, type Stage } from '../support/stage.ts';

describeClient(llamaindexDriver);

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage?.close());

it.each(['both', 'floats'] as const)('llamaindex embeds texts at a provider that knows %s', async (knows) => {
  const upstream = stage.upstreams['openai-chat'];
  upstream.respond(answerEmbeddings(knows));
  const embedding = new OpenAIEmbedding({ model: embeddingModel, apiKey: stage.key, baseURL: `${stage.gateway.url}/v1` });

  expect(await embedding.getTextEmbeddings(['one', 'two'])).toEqual(vectors);
  expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
});
