import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { ask, chat, lineOf, messages, type OpenaiErrorBody, startStage } from './client.ts';

const admin = { authorization: 'Bearer admin-0123456789abcdef' };
const env = { MPC_ADMIN_KEY: 'admin-0123456789abcdef' };

async function stageWith(yaml: string) {
  const stage = await startStage({ env, yaml });
  stage.openai.respond(openaiAnswer());
  stage.anthropic.respond(anthropicAnswer());
  const made = await ask(stage.gateway, '/admin/keys', { body: { name: 'app' }, headers: admin });
  const { key, id } = made.json<{ key: string; id: string }>();
  return { ...stage, id, asKey: { authorization: `Bearer ${key}` } };
}

describe('a budget', () => {
  it('holds under a thousand calls at once', async () => {
    const { gateway, openai, asKey } = await stageWith('budgets: [{ holder: global, amount_usd: 0.01, window: total }]');
    const answers = [];
    for (let round = 0; round < 10; round += 1)
      answers.push(...(await Promise.all(Array.from({ length: 100 }, () => chat(gateway, { max_tokens: 1_000 }, asKey)))));

    const served = answers.filter((answer) => answer.status === 200);
    const refused = answers.filter((answer) => answer.status === 402);
    expect(served.length + refused.length).toBe(1_000);
    expect(served.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(openai.requests).toHaveLength(served.length);
    const spentUsd = served.reduce((sum, answer) => sum + Number(answer.headers.get('x-mpc-cost-usd')), 0);
    expect(spentUsd).toBeLessThanOrEqual(0.01);
  });

  it('says which one, how much and until when, in the grammar of who asks', async () => {
    const { gateway, asKey, openai } = await stageWith('budgets: [{ holder: "key:*", amount_usd: 0.0000001, window: day }]');

    const refused = await chat(gateway, {}, asKey);
    const refusedClaude = await messages(gateway, {}, asKey);

    expect(refused.status).toBe(402);
    expect(refused.json<OpenaiErrorBody>().error).toMatchObject({ code: 'budget_exceeded', type: 'insufficient_quota' });
    expect(refused.json<OpenaiErrorBody>().error.message).toContain('key:');
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(refusedClaude.status).toBe(402);
    expect(openai.requests).toEqual([]);
    expect(await lineOf(gateway, refused)).toMatchObject({ error_code: 'budget_exceeded', attempts: [], cost_nano_usd: 0 });
  });

  it('gives back what a failure did not use', async () => {
    const { gateway, openai, asKey } = await stageWith('budgets: [{ holder: global, amount_usd: 0.0008, window: total }]');
    openai.respond(openaiError(400), openaiError(400), openaiError(400), openaiAnswer());

    for (let i = 0; i < 3; i += 1) expect((await chat(gateway, { max_tokens: 1_000 }, asKey)).status).toBe(400);

    expect((await chat(gateway, { max_tokens: 1_000 }, asKey)).status).toBe(200);
  });

  it('takes the cheaper model that it names instead of refusing, and says so', async () => {
    const { gateway, openai, asKey } = await stageWith(
      'budgets: [{ holder: global, amount_usd: 0.002, window: total, fallbacks: { openai/gpt-4o: [openai/gpt-4o-mini] } }]',
    );

    const answer = await chat(gateway, { model: 'openai/gpt-4o', max_tokens: 1_000 }, asKey);

    expect(answer.status, answer.text).toBe(200);
    expect(openai.requests[0]?.json()).toMatchObject({ model: 'gpt-4o-mini' });
    expect(answer.headers.get('x-mpc-warnings')).toContain('openai/gpt-4o-mini served instead');
  });

  it('is shown in headers and by key/info', async () => {
    const { gateway, asKey } = await stageWith('budgets: [{ holder: global, amount_usd: 1, window: total }]');

    const answer = await chat(gateway, {}, asKey);
    const info = await ask(gateway, '/v1/key/info', { headers: asKey });

    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-mpc-budget'))).not.toEqual([]);
    expect(info.status).toBe(200);
    expect(info.text).toContain('global');
  });

  it('counts streams by what they used', async () => {
    const { gateway, openai, asKey } = await stageWith('budgets: [{ holder: global, amount_usd: 0.01, window: total }]');
    openai.respond(openaiStream());
    await chat(gateway, { stream: true }, asKey);

    await expect.poll(async () => (await ask(gateway, '/v1/key/info', { headers: asKey })).text).toMatch(/"spent_usd":0\.0*[1-9]/);
  });
});

describe('a rate limit', () => {
  it('answers 429 with the standard headers when it is used up', async () => {
    const { gateway, openai, asKey } = await stageWith('rate_limits: [{ holder: "key:*", unit: requests, amount: 2, per: 1m }]');

    const answers = [await chat(gateway, {}, asKey), await chat(gateway, {}, asKey), await chat(gateway, {}, asKey)];

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answers[2]?.json<OpenaiErrorBody>().error.code).toBe('limit_exceeded');
    expect(openai.requests).toHaveLength(2);
  });
});
