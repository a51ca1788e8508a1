import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AnthropicErrorBody,
  ask,
  claudeModel,
  gptModel,
  hello,
  type Json,
  logLines,
  type Stage,
  start,
  startStage,
} from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  stage.anthropic.respond({ headers: { 'content-type': 'application/json' }, body: '{"input_tokens":42}' });
});
const count = (body: Json, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(stage.gateway, '/v1/messages/count_tokens', { body, headers });

it('asks the provider that can count', async () => {
  const answer = await count(
    { model: `anthropic/${claudeModel}`, messages: hello, system: 'x' },
    { 'anthropic-beta': 'token-counting-2024-11-01' },
  );

  expect(answer.json()).toEqual({ input_tokens: 42 });
  const request = stage.anthropic.requests.at(-1);
  expect(request?.path).toBe('/v1/messages/count_tokens');
  expect(request?.json()).toEqual({ model: claudeModel, messages: hello, system: 'x' });
  expect(request?.headers['anthropic-beta']).toBe('token-counting-2024-11-01');
});

it('sends the version that the caller names, and no second one', async () => {
  await count({ model: `anthropic/${claudeModel}`, messages: hello }, { 'anthropic-version': '2023-01-01' });

  expect(stage.anthropic.requests.at(-1)?.headers['anthropic-version']).toBe('2023-01-01');
});

it('estimates, and says so, where the provider cannot count', async () => {
  const answer = await count({ model: gptModel, messages: [{ role: 'user', content: 'x'.repeat(4_000) }] });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.json<{ input_tokens: number }>().input_tokens).toBeGreaterThan(500);
  expect(answer.headers.get('x-mpc-warnings')).toContain('estimate');
  expect(stage.openai.requests).toEqual([]);
});

it('leaves no ledger entry: the log holds model calls only', async () => {
  await count({ model: claudeModel, messages: hello });
  await count({ model: gptModel, messages: hello });
  await stage.gateway.close();

  expect(await logLines(stage.gateway)).toEqual([]);
});

it('counts for a demo model', async () => {
  const gateway = await start();

  const answer = await ask(gateway, '/v1/messages/count_tokens', { body: { model: 'demo-fast', messages: hello } });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.json<{ input_tokens: number }>().input_tokens).toBeGreaterThan(0);
});

describe('wrong input', () => {
  it.each<[string, Json]>([
    ['messages', { model: 'demo-fast' }],
    ['messages', { model: 'demo-fast', messages: [] }],
    ['messages', { model: 'demo-fast', messages: 'x' }],
    ['model', { messages: hello, model: 5 }],
  ])('answers 400 naming %s in Anthropic’s grammar', async (param, body) => {
    const gateway = await start();

    const answer = await ask(gateway, '/v1/messages/count_tokens', { body });

    expect(answer.status, answer.text).toBe(400);
    expect(answer.json<AnthropicErrorBody>()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(param) },
    });
  });

  it('answers 404 to an unknown model', async () => {
    const gateway = await start();

    const answer = await ask(gateway, '/v1/messages/count_tokens', { body: { model: 'claude-nonsense', messages: hello } });

    expect(answer.status).toBe(404);
    expect(answer.json<AnthropicErrorBody>().error.type).toBe('not_found_error');
  });
});
