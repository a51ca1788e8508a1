import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, type Json, lineOf, type OpenaiErrorBody, type Stage, start, startStage } from './client.ts';

const model = 'text-embedding-3-small';
const vectors = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, -1.25, 3] }],
  model,
  usage: { prompt_tokens: 1_000, total_tokens: 1_000 },
  extra: { kept: true },
};

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  stage.openai.respond({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(vectors) });
});
const embed = (body: Json): Promise<Answer> => ask(stage.gateway, '/v1/embeddings', { body });

it('hands the provider’s answer on as it came', async () => {
  const answer = await embed({ model, input: 'hello' });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.text).toBe(JSON.stringify(vectors));
  expect(stage.openai.requests.at(-1)?.path).toBe('/v1/embeddings');
});

it('changes only the model of the request', async () => {
  await embed({ model: `openai/${model}`, input: ['a', 'b'], dimensions: 256, user: 'u', new_field: [1] });

  expect(stage.openai.requests.at(-1)?.json()).toEqual({ model, input: ['a', 'b'], dimensions: 256, user: 'u', new_field: [1] });
});

it('gives base64 where it was asked for and the provider sent numbers', async () => {
  const answer = await embed({ model, input: 'hello', encoding_format: 'base64' });

  const { data } = answer.json<{ data: [{ embedding: string }] }>();
  const bytes = Buffer.from(data[0].embedding, 'base64');
  expect([0, 1, 2].map((index) => bytes.readFloatLE(index * 4))).toEqual([0.5, -1.25, 3]);
});

it('writes one priced entry', async () => {
  const line = await lineOf(stage.gateway, await embed({ model, input: 'hello' }));

  expect(line).toMatchObject({ endpoint: '/v1/embeddings', status: 200, usage: { input: 1_000, output: 0 }, priced: true });
  expect(line.cost_nano_usd).toBe(20_000);
});

it.each([
  ['a text', 'x'],
  ['texts', ['x', 'y']],
  ['token ids', [1, 2, 3]],
  ['lists of token ids', [[1], [2, 3]]],
])('takes %s', async (_what, input) => {
  expect((await embed({ model, input })).status).toBe(200);
});

describe('wrong input', () => {
  it.each<[string, Json]>([
    ['input', { model }],
    ['input', { model, input: [] }],
    ['input', { model, input: { text: 'x' } }],
    ['input[1]', { model, input: ['x', null] }],
    ['dimensions', { model, input: 'x', dimensions: 'many' }],
    ['dimensions', { model, input: 'x', dimensions: 0 }],
    ['encoding_format', { model, input: 'x', encoding_format: 'hex' }],
    ['model', { model: ['a'], input: 'x' }],
  ])('answers 400 naming %s: %j', async (param, body) => {
    const answer = await embed(body);

    expect(answer.status, answer.text).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error.param).toBe(param);
  });

  it('answers 404 model_not_found to an unknown model', async () => {
    const answer = await embed({ model: 'text-embedding-3-smal', input: 'x' });

    expect(answer.status).toBe(404);
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({ code: 'model_not_found', message: expect.stringContaining(model) });
  });

  it('answers 400 naming the capability to a model that makes no embeddings', async () => {
    const answer = await embed({ model: 'gpt-4o-mini', input: 'x' });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('embedding');
  });
});

it('passes a provider’s failure on in OpenAI’s grammar', async () => {
  const own = await startStage();
  own.openai.respond({
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: '{"error":{"message":"too long","type":"invalid_request_error","param":"input","code":null}}',
  });

  const answer = await ask(own.gateway, '/v1/embeddings', { body: { model, input: 'x' } });

  expect(answer.status).toBe(400);
  expect(answer.json<OpenaiErrorBody>().error.message).toContain('too long');
  expect((await lineOf(own.gateway, answer)).error_code).toBe('upstream_rejected');
});

it('takes an HTML page for a failure', async () => {
  const own = await startStage();
  own.openai.respond({ headers: { 'content-type': 'text/html' }, body: '<html>' });

  const answer = await ask(own.gateway, '/v1/embeddings', { body: { model, input: 'x' } });

  expect(answer.status).toBe(502);
});

it('embeds with the simulator where no provider is configured, deterministically', async () => {
  const gateway = await start();
  const [one, other] = await Promise.all(
    [1, 2].map(() => ask(gateway, '/v1/embeddings', { body: { model: 'demo-embed', input: 'hello' } })),
  );

  expect(one?.status, one?.text).toBe(200);
  expect(one?.json<{ data: unknown }>().data).toEqual(other?.json<{ data: unknown }>().data);
});
