// The OpenAI SDK's Responses API, in front of a provider that has none.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asArray, asObject } from '../../../src/core/json.ts';
import { responsesDrivers } from '../drivers/openai-responses.ts';
import { openaiVersions } from '../drivers/openai.ts';
import { begin, say } from '../support/answers.ts';
import { describeClient, failure } from '../support/laws.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of responsesDrivers) describeClient(driver);

const add = {
  type: 'function',
  name: 'add',
  strict: true,
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
} as const;

describe.each(openaiVersions)('$name, responses', ({ OpenAI }) => {
  const model = modelBehind['anthropic-messages'];
  let stage: Stage;
  let client: InstanceType<typeof OpenAI>;
  beforeAll(async () => {
    stage = await setStage();
    client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  });
  afterAll(() => stage?.close());
  const sent = (): unknown => asArray(asObject(stage.upstreams['anthropic-messages'].requests.at(-1)?.json())?.messages);

  it('reads a whole answer', async () => {
    stage.upstreams['anthropic-messages'].respond(say({ text: 'Hello there' }));

    const answer = await client.responses.create({ model, input: 'Say hello', instructions: 'Be brief' });

    expect(answer.output_text).toBe('Hello there');
    expect(answer.status).toBe('completed');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('runs a tool over its stream helper and continues by the id of the answer', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    upstream.respond(
      say({ reasoning: 'Add them', calls: [{ id: 'toolu_1', name: 'add', arguments: { a: 2, b: 3 } }] }),
      say({ text: 'It is 5' }),
    );

    const first = await client.responses.stream({ model, input: '2 + 3?', tools: [add] }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    const second = await client.responses
      .stream({
        model,
        tools: [add],
        previous_response_id: first.id,
        input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: '5' }],
      })
      .finalResponse();

    expect(call).toMatchObject({ call_id: 'toolu_1', name: 'add', arguments: '{"a":2,"b":3}' });
    expect(second.output_text).toBe('It is 5');
    expect(sent()).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Add them' },
          { type: 'tool_use', id: 'toolu_1' },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ]);
  });

  it('reads, lists and deletes an answer that was kept', async () => {
    stage.upstreams['anthropic-messages'].respond(say({ text: 'Hello there' }));
    const { id } = await client.responses.create({ model, input: 'Say hello' });

    const kept = await client.responses.retrieve(id);
    const items = await client.responses.inputItems.list(id);
    await client.responses.delete(id);

    expect(kept.output_text).toBe('Hello there');
    expect(items.data).toMatchObject([{ type: 'message', role: 'user' }]);
    expect(await failure(client.responses.retrieve(id))).toMatchObject({ status: 404 });
  });

  it('throws when the provider dies in the middle of a stream', async () => {
    stage.upstreams['anthropic-messages'].respond(begin('Hello th', { then: 'close' }));

    const run = async (): Promise<void> => {
      for await (const event of await client.responses.create({ model, input: 'x', stream: true })) expect(event.type).not.toBe('');
    };

    expect(await failure(run())).toBeInstanceOf(Error);
  });
});
