// Azure's two resource kinds over real sockets: both path forms, the key in the header each path wants, and what Azure adds to answers.
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import type { FakeUpstream, Reply } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, chat, embeddingBody, lineOf, messages, type OpenaiErrorBody, start, startProvider } from './client.ts';

const key = 'azure-key-0123456789abcdef';
const json = { 'content-type': 'application/json' };

async function stage(env: Readonly<Record<string, string>>): Promise<{ gateway: RunningGateway; upstream: FakeUpstream }> {
  const upstream = await startProvider();
  const addressed = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('UPSTREAM', upstream.url)]));
  return { upstream, gateway: await start({ env: addressed }) };
}

const v1 = { AZURE_OPENAI_ENDPOINT: 'UPSTREAM', AZURE_OPENAI_API_KEY: key };
const classic = { ...v1, OPENAI_API_VERSION: '2024-10-21' };

describe('Azure OpenAI', () => {
  it('is called on the v1 paths, the deployment as the model, the key in its own header', async () => {
    const { gateway, upstream } = await stage(v1);
    upstream.respond(openaiAnswer());

    const answer = await chat(gateway, { model: 'azure/team-gpt' });

    expect(answer.status, answer.text).toBe(200);
    expect(upstream.requests[0]?.path).toBe('/openai/v1/chat/completions');
    expect(upstream.requests[0]?.json()).toMatchObject({ model: 'team-gpt' });
    expect(upstream.requests[0]?.headers).toMatchObject({ 'api-key': key });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is called on the deployment paths where an API version is set, the model in the path only', async () => {
    const { gateway, upstream } = await stage(classic);
    upstream.respond(openaiStream());

    const answer = await chat(gateway, { model: 'azure/team gpt/4', stream: true });

    expect(answer.status, answer.text).toBe(200);
    expect(upstream.requests[0]?.path).toBe('/openai/deployments/team%20gpt%2F4/chat/completions?api-version=2024-10-21');
    expect(upstream.requests[0]?.json()).not.toHaveProperty('model');
    expect(upstream.requests[0]?.json()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(answer.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it.each([
    [v1, '/openai/v1/embeddings'],
    [classic, '/openai/deployments/team-embed/embeddings?api-version=2024-10-21'],
  ])('embeds on the same form of path: %#', async (env, path) => {
    const { gateway, upstream } = await stage(env);
    upstream.respond({
      headers: json,
      body: '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"usage":{"prompt_tokens":1,"total_tokens":1}}',
    });

    const answer = await ask(gateway, '/v1/embeddings', { body: { ...embeddingBody, model: 'azure/team-embed' } });

    expect(answer.status, answer.text).toBe(200);
    expect(upstream.requests[0]?.path).toBe(path);
  });

  it('takes a token of its own making as a bearer token', async () => {
    const { gateway, upstream } = await stage({ AZURE_OPENAI_ENDPOINT: 'UPSTREAM', AZURE_OPENAI_AD_TOKEN: 'entra-token-0123456789' });
    upstream.respond(openaiAnswer());

    expect((await chat(gateway, { model: 'azure/team-gpt' })).status).toBe(200);
    expect(upstream.requests[0]?.headers['authorization']).toBe('Bearer entra-token-0123456789');
  });

  it('lets its filter’s first chunk pass, which has no choice, id or model', async () => {
    const filter =
      'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}\n\n';
    const { gateway, upstream } = await stage(v1);
    const stream = openaiStream();
    upstream.respond({ ...stream, pieces: [filter, ...(stream.pieces ?? [])] });

    const answer = await chat(gateway, { model: 'azure/team-gpt', stream: true });

    expect(answer.text).toContain('prompt_filter_results');
    expect(answer.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect((await lineOf(gateway, answer)).error_code).toBeNull();
  });

  it('tells a prompt that its filter refused as such', async () => {
    const refused: Reply = {
      status: 400,
      headers: json,
      body: '{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}',
    };
    const { gateway, upstream } = await stage(v1);
    upstream.respond(refused);

    const answer = await chat(gateway, { model: 'azure/team-gpt' });

    expect(answer.status).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error.code).toMatch(/content_filter/);
    expect((await lineOf(gateway, answer)).error_code).toBe('content_filtered');
  });

  it('says which package is missing where it should sign in and no key is set', async () => {
    const { gateway, upstream } = await stage({ AZURE_OPENAI_ENDPOINT: 'UPSTREAM' });

    const answer = await chat(gateway, { model: 'azure/team-gpt' });

    expect(answer.status).toBe(502);
    expect(answer.json<OpenaiErrorBody>().error.message).toContain('@azure/identity');
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('Azure AI Foundry', () => {
  const foundry = { AZURE_FOUNDRY_BASE_URL: 'UPSTREAM', AZURE_FOUNDRY_API_KEY: key };

  it('calls Claude in its own grammar, with the key where that path wants it', async () => {
    const { gateway, upstream } = await stage(foundry);
    upstream.respond(anthropicAnswer());

    const answer = await messages(gateway, { model: 'azure-foundry/claude-sonnet-4-5' });

    expect(answer.status, answer.text).toBe(200);
    expect(upstream.requests[0]?.path).toBe('/anthropic/v1/messages');
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('api-key');
  });

  it('translates for a chat client of Claude, and calls everything else as OpenAI', async () => {
    const { gateway, upstream } = await stage(foundry);
    upstream.respond(anthropicAnswer(), openaiAnswer());

    const claude = await chat(gateway, { model: 'azure-foundry/claude-sonnet-4-5' });
    const grok = await chat(gateway, { model: 'azure-foundry/grok-4' });

    expect(claude.json()).toMatchObject({ object: 'chat.completion' });
    expect(grok.status, grok.text).toBe(200);
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/anthropic/v1/messages', '/openai/v1/chat/completions']);
    expect(upstream.requests[1]?.headers).toMatchObject({ 'api-key': key });
  });

  it('takes the model inference path where its version is set', async () => {
    const { gateway, upstream } = await stage({ ...foundry, AZURE_AI_API_VERSION: '2024-05-01-preview' });
    upstream.respond(openaiAnswer());

    const answer = await chat(gateway, { model: 'azure-foundry/grok-4' });

    expect(answer.status, answer.text).toBe(200);
    expect(upstream.requests[0]?.path).toBe('/models/chat/completions?api-version=2024-05-01-preview');
  });
});
