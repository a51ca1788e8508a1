import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicDrivers, anthropicVersions } from '../drivers/anthropic.ts';
import { say } from '../support/answers.ts';
import { describeClient, failure } from '../support/laws.ts';
import { readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of anthropicDrivers) describeClient(driver);

const json = { 'content-type': 'application/json' };

describe.each(anthropicVersions)('$name beyond messages', ({ Anthropic }) => {
  const model = modelBehind['anthropic-messages'];
  let stage: Stage;
  let client: InstanceType<typeof Anthropic>;
  beforeAll(async () => {
    stage = await setStage();
    client = new Anthropic({ baseURL: stage.gateway.url, apiKey: stage.key });
  });
  afterAll(() => stage?.close());

  it('counts tokens where the provider can, with the count of the provider', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    upstream.respond({ headers: json, body: '{"input_tokens":1234}' });

    const counted = await client.messages.countTokens({ model, system: 'Be brief.', messages: [{ role: 'user', content: 'Count me' }] });

    expect(counted.input_tokens).toBe(1_234);
    const [seen] = upstream.requests.slice(-1);
    expect(seen?.path).toMatch(/^\/v1\/messages\/count_tokens/);
    expect(seen && readReceived(seen)).toMatchObject({ model: 'claude-sonnet-4-5', system: 'Be brief.', users: ['Count me'] });
  });

  it('gets an estimate, said to be one, where the provider cannot count', async () => {
    const before = stage.upstreams['openai-chat'].requests.length;
    const content = 'word '.repeat(1_000);

    const { data, response } = await client.messages
      .countTokens({ model: modelBehind['openai-chat'], messages: [{ role: 'user', content }] })
      .withResponse();

    expect(data.input_tokens).toBeGreaterThan(700);
    expect(data.input_tokens).toBeLessThan(2_000);
    expect(response.headers.get('x-mpc-warnings')).toContain('estimated');
    expect(stage.upstreams['openai-chat'].requests).toHaveLength(before);
  });

  it('counts tokens at the simulator', async () => {
    const counted = await client.messages.countTokens({ model: 'demo-fast', messages: [{ role: 'user', content: 'x'.repeat(400) }] });

    expect(counted.input_tokens).toBeGreaterThanOrEqual(100);
  });

  it('pages through the list of models', async () => {
    const ids: string[] = [];
    for await (const listed of client.models.list({ limit: 7 })) {
      expect(listed).toMatchObject({ type: 'model', display_name: expect.any(String), created_at: expect.any(String) });
      ids.push(listed.id);
    }

    expect(ids).toEqual(expect.arrayContaining([model, modelBehind['openai-chat']]));
    expect(new Set(ids).size).toBe(ids.length);
    expect((await client.models.retrieve(model)).id).toBe(model);
  });

  it('sends its beta calls with their headers to the provider', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    upstream.respond(say({ text: 'Beta' }));

    const answer = await client.beta.messages.create({
      model,
      max_tokens: 100,
      betas: ['context-management-2025-06-27'],
      messages: [{ role: 'user', content: 'Hi' }],
    });

    expect(answer.content).toMatchObject([{ type: 'text', text: 'Beta' }]);
    const [seen] = upstream.requests.slice(-1);
    expect(seen?.headers['anthropic-beta']).toContain('context-management-2025-06-27');
    expect(seen?.headers['anthropic-version']).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  it('keeps cache marks on their way to the provider, and the cache in its usage', async () => {
    const upstream = stage.upstreams['anthropic-messages'];
    upstream.respond(say({ text: 'Cached', inputTokens: 50, cachedTokens: 40 }));
    const mark = { type: 'ephemeral' } as const;

    const answer = await client.messages.create({
      model,
      max_tokens: 100,
      system: [{ type: 'text', text: 'A long system prompt', cache_control: mark }],
      messages: [{ role: 'user', content: 'Hi' }],
    });

    expect(answer.usage).toMatchObject({ input_tokens: 10, cache_read_input_tokens: 40 });
    expect(upstream.requests.at(-1)?.json()).toMatchObject({ system: [{ text: 'A long system prompt', cache_control: mark }] });
  });

  it('takes system turns among the messages to a provider of the other dialect', async () => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(say({ text: 'Understood' }));

    const answer = await client.messages.create({
      model: modelBehind['openai-chat'],
      max_tokens: 100,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'system' as 'user', content: 'From now on answer in German.' },
        { role: 'user', content: 'How are you?' },
      ],
    });

    expect(answer.content).toMatchObject([{ type: 'text', text: 'Understood' }]);
    const [seen] = upstream.requests.slice(-1);
    expect(seen && readReceived(seen)).toMatchObject({ system: 'From now on answer in German.', users: ['Hi', 'How are you?'] });
  });

  it('shows an error in the form that Anthropic sends', async () => {
    const thrown = await failure(
      client.messages.create({ model, max_tokens: 'many' as never, messages: [{ role: 'user', content: 'Hi' }] }),
    );

    expect(thrown).toMatchObject({
      status: 400,
      requestID: expect.any(String),
      error: { type: 'error', error: { type: 'invalid_request_error', message: expect.stringContaining('max_tokens') } },
    });
  });
});
