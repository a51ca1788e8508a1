import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { langchainDrivers } from '../drivers/langchain.ts';
import { sayJson } from '../support/answers.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient } from '../support/laws.ts';
import { readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of langchainDrivers) describeClient(driver);

describe('LangChain by itself', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.close());

  it('embeds documents, from providers that know base64 and from those that do not', async () => {
    const upstream = stage.upstreams['openai-chat'];
    const embeddings = new OpenAIEmbeddings({
      model: embeddingModel,
      apiKey: stage.key,
      configuration: { baseURL: `${stage.gateway.url}/v1` },
    });
    for (const knows of ['both', 'floats'] as const) {
      upstream.respond(answerEmbeddings(knows));

      expect(await embeddings.embedDocuments(['one', 'two'])).toEqual(vectors);

      expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
    }
  });

  it('forces a tool for its structured output, at a provider of the other dialect', async () => {
    const schema = { title: 'person', type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const;
    const openai = new ChatOpenAI({
      model: modelBehind['anthropic-messages'],
      apiKey: stage.key,
      configuration: { baseURL: `${stage.gateway.url}/v1` },
    });
    const anthropic = new ChatAnthropic({
      model: modelBehind['openai-chat'],
      anthropicApiKey: stage.key,
      anthropicApiUrl: stage.gateway.url,
    });
    for (const upstream of Object.values(stage.upstreams)) upstream.respond(sayJson({ name: 'Ada' }));

    expect(await openai.withStructuredOutput(schema, { name: 'person', method: 'functionCalling' }).invoke('Who?')).toEqual({
      name: 'Ada',
    });
    expect(await anthropic.withStructuredOutput(schema, { name: 'person', method: 'functionCalling' }).invoke('Who?')).toEqual({
      name: 'Ada',
    });

    for (const upstream of Object.values(stage.upstreams)) {
      const [seen] = upstream.requests.slice(-1);
      expect(seen && readReceived(seen)).toMatchObject({ forcedTool: 'person', tools: [{ name: 'person' }] });
    }
  });
});
