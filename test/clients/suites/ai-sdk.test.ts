import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiSdkDrivers, openaiModels } from '../drivers/ai-sdk.ts';
import { say } from '../support/answers.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient } from '../support/laws.ts';
import { readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of aiSdkDrivers) describeClient(driver);

describe('ai 7.0.173 by itself', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage?.close());

  const add = tool({
    description: 'Adds',
    inputSchema: jsonSchema<{ a: number; b: number }>({ type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } }),
    execute: ({ a, b }) => `sum ${a + b}`,
  });

  it('runs its own agent loop over both dialects, streamed and whole', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    const model = modelBehind['anthropic-messages'];
    const calls = [{ id: 'toolu_1', name: 'add', arguments: { a: 1, b: 2 } }];
    const models = [
      openaiModels({ url: stage.gateway.url, apiKey: stage.key })(model),
      createAnthropic({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key })(model),
    ];
    for (const language of models) {
      const settings = { model: language, prompt: '1 + 2?', tools: { add }, stopWhen: stepCountIs(4) };
      upstream.respond(say({ calls }), say({ text: 'Three' }), say({ calls }), say({ text: 'Three' }));
      const before = upstream.requests.length;

      expect((await generateText(settings)).text).toBe('Three');
      expect(await streamText(settings).text).toBe('Three');

      const results = upstream.requests.slice(before).map((request) => readReceived(request).results);
      expect(results).toEqual([[], [{ id: 'toolu_1', text: 'sum 3' }], [], [{ id: 'toolu_1', text: 'sum 3' }]]);
    }
  });

  it('embeds many texts', async () => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(answerEmbeddings('both'));
    const provider = createOpenAICompatible({ name: 'mpc', baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key });

    const { embeddings, usage } = await embedMany({ model: provider.embeddingModel(embeddingModel), values: ['one', 'two'] });

    expect(embeddings).toEqual(vectors);
    expect(usage.tokens).toBe(6);
    expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
  });
});
