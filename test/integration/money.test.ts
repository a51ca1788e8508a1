import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { createLogger } from '../../src/observability/log.ts';
import { startMailServer } from '../support/mail-server.ts';
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

  it('tells by mail that a threshold is passed, while the calls go on, and no name of a caller steers the mail', async () => {
    const mail = await startMailServer({ failures: 1, account: { user: 'gateway', password: 'mail-password' } });
    const { gateway, asKey } = await stageWith(`
budgets: [{ holder: 'end_user:*', amount_usd: 0.000001, window: day, mode: soft, alerts: [50] }]
alerts: { allow_private: yes, mail_host: localhost, mail_port: ${mail.port}, mail_tls: none, mail_user: gateway, mail_password: mail-password, mail_from: gateway@example.com, mail_to: [ops@example.com] }
`);

    const answer = await chat(gateway, { user: 'eve\r\nBcc: thief@example.com\r\n\r\nDear all' }, asKey);

    expect(answer.status, answer.text).toBe(200);
    await expect.poll(() => mail.mails.length, { timeout: 10_000 }).toBe(1);
    const [received] = mail.mails;
    expect(received).toMatchObject({ from: 'gateway@example.com', to: ['ops@example.com'], user: 'gateway' });
    const [head = '', text = ''] = (received?.raw ?? '').replaceAll('=\r\n', '').split(/\r\n\r\n(.*)/s);
    expect(head).toContain('Subject: Budget of end_user:eve Bcc: thief@example.com');
    expect(head).not.toMatch(/^Bcc:/im);
    expect(text).toMatch(/^end_user:eve .* has spent 0\.0*[1-9]\d* of 0\.000001 USD per day/);
    await mail.close();
  });

  it('tells the log why a mail could not be sent, without the password that the mail server repeats', async () => {
    const password = 'mail-password-0123456789';
    const mail = await startMailServer({ account: { user: 'gateway', password: 'another' } });
    const lines: string[] = [];
    const { gateway, openai } = await startStage({
      yaml: `
budgets: [{ holder: global, amount_usd: 0.000001, window: day, mode: soft, alerts: [50] }]
alerts: { allow_private: yes, mail_host: 127.0.0.1, mail_port: ${mail.port}, mail_tls: none, mail_user: gateway, mail_password: ${password}, mail_from: gateway@example.com, mail_to: [ops@example.com] }
`,
      parts: { logger: createLogger('warn', { write: (line) => void lines.push(line) }) },
    });
    openai.respond(openaiAnswer());

    expect((await chat(gateway)).status).toBe(200);

    await expect.poll(() => lines.find((line) => line.includes('could not be sent')), { timeout: 10_000 }).toContain('wrong password …');
    expect(lines.join('\n')).not.toContain(password);
    expect(mail.mails).toEqual([]);
    await mail.close();
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

describe('an answer that is there already', () => {
  const cached = { 'x-mpc-cache': 'on' };
  const header = (answer: { readonly headers: Headers }, name: string) => answer.headers.get(name);

  it('counts as a request, and is refused when the limit on requests is used up', async () => {
    const { gateway, openai, asKey } = await stageWith('rate_limits: [{ holder: "key:*", unit: requests, amount: 2, per: 1m }]');
    const ask = () => chat(gateway, {}, { ...asKey, ...cached });

    const answers = [await ask(), await ask(), await ask()];

    expect(answers.map((answer) => [answer.status, header(answer, 'x-mpc-cache')])).toEqual([
      [200, 'miss'],
      [200, 'hit'],
      [429, 'off'],
    ]);
    expect(answers.slice(0, 2).map((answer) => header(answer, 'x-ratelimit-remaining-requests'))).toEqual(['1', '0']);
    expect(answers[2]?.json<OpenaiErrorBody>().error.code).toBe('limit_exceeded');
    expect(openai.requests).toHaveLength(1);
    expect(await lineOf(gateway, answers[2] ?? expect.fail())).toMatchObject({ error_code: 'limit_exceeded', attempts: [] });
  });

  it('has no tokens, runs beside nobody and costs nothing: the other limits and budgets do not notice it', async () => {
    const { gateway, openai, asKey } = await stageWith(
      [
        'budgets: [{ holder: "key:*", amount_usd: 0.00005, window: day }]',
        'rate_limits:',
        '  - { holder: "key:*", unit: tokens, amount: 100, per: 1h }',
        '  - { holder: "key:*", unit: parallel, amount: 1 }',
        '',
      ].join('\n'),
    );
    const ask = () => chat(gateway, { max_tokens: 20 }, { ...asKey, ...cached });
    const info = async () => (await keyInfo(gateway, asKey)).info.spend;
    expect((await ask()).status).toBe(200);
    const spent = await info();

    const hits = await Promise.all(Array.from({ length: 20 }, ask));

    expect(hits.map((hit) => [hit.status, header(hit, 'x-mpc-cache')])).toEqual(hits.map(() => [200, 'hit']));
    expect(openai.requests).toHaveLength(1);
    expect(spent).toBeGreaterThan(0);
    expect(await info()).toBe(spent);
  });

  it('costs nothing though nobody knows the price of the model', async () => {
    const { gateway, openai } = await startStage({ yaml: 'providers:\n  openai:\n    models: [house-model]\n' });
    openai.respond(openaiAnswer());
    const ask = () => chat(gateway, { model: 'openai/house-model' }, cached);

    expect(await lineOf(gateway, await ask())).toMatchObject({ cost_nano_usd: null, priced: false });
    expect(await lineOf(gateway, await ask())).toMatchObject({ cost_nano_usd: 0 });
  });

  it('that is given again for an Idempotency-Key is no request at all', async () => {
    const { gateway, asKey } = await stageWith(
      'rate_limits: [{ holder: "key:*", unit: requests, amount: 2, per: 1m }]\nbudgets: [{ holder: "key:*", amount_usd: 1, window: day }]\n',
    );
    const once = { ...asKey, 'idempotency-key': 'order-7' };
    const first = await chat(gateway, {}, once);
    const { spend } = (await keyInfo(gateway, asKey)).info;

    for (let i = 0; i < 5; i += 1) {
      const again = await chat(gateway, {}, once);
      expect([again.status, header(again, 'idempotent-replayed'), again.text]).toEqual([200, 'true', first.text]);
    }

    expect((await keyInfo(gateway, asKey)).info.spend).toBe(spend);
    expect([(await chat(gateway, {}, asKey)).status, (await chat(gateway, {}, asKey)).status]).toEqual([200, 429]);
    expect((await chat(gateway, {}, once)).status).toBe(200);
  });
});

async function keyInfo(gateway: { readonly url: string }, headers: Readonly<Record<string, string>>) {
  return (await ask(gateway, '/v1/key/info', { headers })).json<{ info: { spend: number } }>();
}
