import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiDrivers, openaiVersions } from '../drivers/openai.ts';
import { say, sayJson } from '../support/answers.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient, failure } from '../support/laws.ts';
import { readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of openaiDrivers) describeClient(driver);

describe.each(openaiVersions)('$name beyond chat', ({ OpenAI, AzureOpenAI }) => {
  const model = modelBehind['openai-chat'];
  let stage: Stage;
  let client: InstanceType<typeof OpenAI>;
  beforeAll(async () => {
    stage = await setStage();
    client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key });
  });
  afterAll(() => stage?.close());

  it.each([
    { knows: 'both', encoding: undefined },
    { knows: 'both', encoding: 'float' },
    { knows: 'both', encoding: 'base64' },
    { knows: 'floats', encoding: undefined },
    { knows: 'floats', encoding: 'base64' },
  ] as const)('gets embeddings (asked for: $encoding) from a provider that knows $knows', async ({ knows, encoding }) => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(answerEmbeddings(knows));

    const answer = await client.embeddings.create({
      model: embeddingModel,
      input: ['one', 'two'],
      ...(encoding !== undefined && { encoding_format: encoding }),
    });

    const got = answer.data.map(({ embedding }) => (typeof embedding === 'string' ? fromBase64(embedding) : embedding));
    expect(got).toEqual(vectors);
    expect(answer.usage.prompt_tokens).toBe(6);
    expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
  });

  it('gets embeddings of the simulator that put like texts together', async () => {
    const { data } = await client.embeddings.create({ model: 'demo-embed', input: ['red apple', 'green apple', 'tax law'] });

    const [red = [], green = [], tax = []] = data.map((item) => item.embedding);
    const likeness = (one: number[], other: number[]): number => one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
    expect(red).toHaveLength(256);
    expect(likeness(red, green)).toBeGreaterThan(likeness(red, tax));
  });

  it('lists the models of the configured providers and finds each', async () => {
    const ids: string[] = [];
    for await (const listed of client.models.list()) ids.push(listed.id);

    expect(ids).toEqual(expect.arrayContaining([model, modelBehind['anthropic-messages'], embeddingModel, 'text_general_flagship']));
    expect(ids.some((id) => id.startsWith('groq/'))).toBe(false);
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model', owned_by: 'openai' });
    expect(await failure(client.models.retrieve('no-such-model-at-all'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('runs its own tool runner over a stream', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    const before = upstream.requests.length;
    upstream.respond(say({ calls: [{ id: 'toolu_1', name: 'add', arguments: { a: 2, b: 3 } }] }), say({ text: 'It is 5' }));

    const runner = client.chat.completions.runTools({
      model: modelBehind['anthropic-messages'],
      stream: true,
      messages: [{ role: 'user', content: '2 + 3?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'add',
            description: 'Adds',
            parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
            parse: JSON.parse as (input: string) => { a: number; b: number },
            function: ({ a, b }: { a: number; b: number }) => String(a + b),
          },
        },
      ],
    });

    expect(await runner.finalContent()).toBe('It is 5');
    expect(upstream.requests.slice(before).map((request) => readReceived(request).results)).toEqual([[], [{ id: 'toolu_1', text: '5' }]]);
  });

  it('shows an image by its address to a provider of the other dialect', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    upstream.respond(say({ text: 'A cat' }));
    const url = 'https://images.example/cat.png';

    const answer = await client.chat.completions.create({
      model: modelBehind['anthropic-messages'],
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });

    expect(answer.choices[0]?.message.content).toBe('A cat');
    expect(upstream.requests.at(-1)?.json()).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }],
    });
  });

  it('parses structured output with its own helper, streamed', async () => {
    stage.upstreams['openai-chat'].respond(sayJson({ ok: true }));

    const stream = client.chat.completions.stream({
      model,
      messages: [{ role: 'user', content: 'ok?' }],
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'flag',
          strict: true,
          schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false },
        },
      },
    });

    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe('{"ok":true}');
  });

  it('asks for the old completions', async () => {
    const answer = await client.completions.create({ model: 'demo-echo', prompt: 'Once upon a time', max_tokens: 50 });

    expect(answer.choices[0]?.text).toContain('Once upon a time');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('shows an error with everything that OpenAI sends: message, type, code, parameter, request id', async () => {
    const thrown = await failure(
      client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }], temperature: 'hot' as never }),
    );

    expect(thrown).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'temperature', requestID: expect.any(String) });
  });

  it('waits for the Retry-After of a provider and is served', async () => {
    const upstream = stage.upstreams['openai-chat'];
    const before = upstream.requests.length;
    upstream.respond({ status: 503, headers: { 'retry-after': '1' }, body: '' }, say({ text: 'Back' }));

    const { data, response } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] }).withResponse();

    expect(data.choices[0]?.message.content).toBe('Back');
    expect(response.headers.get('x-mpc-attempts')).toBe('2');
    expect(upstream.requests.length - before).toBe(2);
    expect(upstream.requests.at(-1)?.headers['x-stainless-retry-count'] ?? '0').toBe('0');
    const entry = (await stage.entries()).at(-1);
    expect(entry?.attempts).toMatchObject([{ status: 503 }, { status: 200 }]);
    expect((entry?.timings_ms as { total: number } | undefined)?.total).toBeGreaterThanOrEqual(1_000);
  });

  it('works through its Azure class: key in its own header, deployment in the path', async () => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(say({ text: 'Through a deployment' }));
    const azure = new AzureOpenAI({ endpoint: stage.gateway.url, apiKey: stage.key, apiVersion: '2024-10-21', deployment: 'gpt-5.4-mini' });

    const answer = await azure.chat.completions.create({ model: '', messages: [{ role: 'user', content: 'Hi' }] });

    expect(answer.choices[0]?.message.content).toBe('Through a deployment');
    const [seen] = upstream.requests.slice(-1);
    expect(seen && readReceived(seen).model).toBe('gpt-5.4-mini');
  });
});

function fromBase64(text: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return [...new Float32Array(bytes.buffer)];
}
