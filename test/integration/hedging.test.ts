// A second attempt beside a slow one: who serves, who is called off, and what both cost.
import { describe, expect, it } from 'vitest';
import { openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, chat, chatBody, lineOf, logLines, open, start, startProvider } from './client.ts';

interface Twins {
  readonly gateway: RunningGateway;
  readonly slow: FakeUpstream;
  readonly quick: FakeUpstream;
}

/** One model on two accounts; the first is asked first. The key has spent enough for second attempts, unless told otherwise. */
async function startTwins(settings = '', { spend = 25, percent = 100 } = {}): Promise<Twins> {
  const [slow, quick] = await Promise.all([startProvider(openaiAnswer()), startProvider(openaiAnswer())]);
  const yaml = `
routing: {circuit_breaker: 'off', hedge_max_extra_percent: ${percent}${settings}}
connections:
  - {id: first, provider: openai, base_url: "${slow.baseUrl}", api_key: sk-first-0123456789, priority: 0}
  - {id: second, provider: openai, base_url: "${quick.baseUrl}", api_key: sk-second-0123456789, priority: 1}
`;
  const gateway = await start({ yaml });
  for (let i = 0; i < spend; i += 1) await chat(gateway, {}, { 'x-mpc-hedge': '60000' });
  return { gateway, slow, quick };
}

const soon = { 'x-mpc-hedge': '30' };

describe('a call that is slower than it was told to wait', () => {
  it('is served by a second account, and the first is called off', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiAnswer(), headDelayMs: Infinity });
    const asked = slow.requests.length;

    const answer = await chat(gateway, {}, soon);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-connection')).toBe('second');
    expect(answer.headers.get('x-mpc-attempts')).toBe('2');
    expect(quick.requests).toHaveLength(1);
    await (await slow.request(asked)).aborted;
  });

  it('books both attempts: the lost one at what its prompt cost, the entry at what served', async () => {
    const { gateway, slow } = await startTwins();
    const usual = await lineOf(gateway, await chat(gateway));
    slow.respond({ ...openaiAnswer(), headDelayMs: Infinity });

    const line = await lineOf(gateway, await chat(gateway, {}, soon));

    expect(line.connection).toBe('second');
    expect(line.attempts).toMatchObject([{ error_code: 'overtaken', cost_nano_usd: expect.any(Number) }, { error_code: null }]);
    expect(line.cost_nano_usd).toBe(usual.cost_nano_usd);
  });

  it('passes the cost of the lost attempt on where the policy says so', async () => {
    const { gateway, slow } = await startTwins(', bill_hedges: yes');
    const usual = await lineOf(gateway, await chat(gateway));
    slow.respond({ ...openaiAnswer(), headDelayMs: Infinity });

    const answer = await chat(gateway, {}, soon);
    const line = await lineOf(gateway, answer);

    const [lost] = line.attempts as unknown as readonly { readonly cost_nano_usd: number }[];
    expect(lost?.cost_nano_usd).toBeGreaterThan(0);
    expect(line.cost_nano_usd).toBe((usual.cost_nano_usd ?? 0) + (lost?.cost_nano_usd ?? 0));
    expect(Math.round(Number(answer.headers.get('x-mpc-cost-usd')) * 1e9)).toBe(line.cost_nano_usd);
  });

  it('streams from whoever has the first content', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiStream({ text: 'too late' }), headDelayMs: Infinity });
    quick.respond(openaiStream({ text: 'in time' }));

    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), headers: soon });

    expect(openaiText(await collectStream(response))).toBe('in time');
    expect((await lineOf(gateway, response)).connection).toBe('second');
  });

  it('is served by the first when that is quicker after all, and says so everywhere', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiAnswer({ text: 'first' }), headDelayMs: 150 });
    quick.respond({ ...openaiAnswer({ text: 'second' }), headDelayMs: Infinity });

    const answer = await chat(gateway, {}, soon);
    const line = await lineOf(gateway, answer);

    expect(answer.text).toContain('first');
    expect(answer.headers.get('x-mpc-connection')).toBe('first');
    expect(line).toMatchObject({ connection: 'first', status: 200 });
    expect(line.attempts).toMatchObject([{ error_code: 'overtaken' }, { error_code: null }]);
    await (await quick.request(0)).aborted;
  });

  it('waits for the first when the second fails', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiAnswer({ text: 'first' }), headDelayMs: 200 });
    quick.respond(openaiError(500));

    const answer = await chat(gateway, {}, soon);
    const line = await lineOf(gateway, answer);

    expect(answer.text).toContain('first');
    expect(line.attempts).toMatchObject([{ error_code: 'upstream_error' }, { error_code: null }]);
  });

  it('is served by the second when the first fails meanwhile', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiError(500), headDelayMs: 80 });
    quick.respond({ ...openaiAnswer({ text: 'second' }), headDelayMs: 200 });

    const answer = await chat(gateway, {}, soon);

    expect(answer.text).toContain('second');
    expect((await lineOf(gateway, answer)).attempts).toMatchObject([{ error_code: 'upstream_error' }, { error_code: null }]);
  });

  it('fails with the last error when both do, each told of once', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiError(401), headDelayMs: 80 });
    quick.respond(openaiError(401));

    const answer = await chat(gateway, {}, soon);

    expect(answer.status).toBe(502);
    const line = await lineOf(gateway, answer);
    expect(line.attempts).toMatchObject([{ error_code: 'upstream_auth_failed' }, { error_code: 'upstream_auth_failed' }]);
    expect(line.cost_nano_usd).toBe(0);
  });

  it('is called off at both when its client leaves', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiAnswer(), headDelayMs: Infinity });
    quick.respond({ ...openaiAnswer(), headDelayMs: Infinity });
    const asked = slow.requests.length;
    const client = new AbortController();
    const call = open(gateway, '/v1/chat/completions', { body: chatBody(), headers: soon, signal: client.signal });
    const both = await Promise.all([slow.request(asked), quick.request(0)]);

    client.abort();

    await expect(call).rejects.toThrow();
    await Promise.all(both.map((request) => request.aborted));
  });
});

it('is charged to budgets as it is written in the ledger, and nothing stays held', async () => {
  const admin = { authorization: 'Bearer admin-0123456789abcdef' };
  const [slow, quick] = await Promise.all([startProvider(openaiAnswer()), startProvider(openaiAnswer())]);
  const yaml = `
admin_key: admin-0123456789abcdef
routing: {circuit_breaker: 'off', hedge_max_extra_percent: 100, bill_hedges: 'yes'}
budgets: [{holder: 'key:*', amount_usd: 1, window: total}]
connections:
  - {id: first, provider: openai, base_url: "${slow.baseUrl}", api_key: sk-first-0123456789, priority: 0}
  - {id: second, provider: openai, base_url: "${quick.baseUrl}", api_key: sk-second-0123456789, priority: 1}
`;
  const gateway = await start({ yaml });
  const made = await ask(gateway, '/admin/keys', { body: { name: 'app' }, headers: admin });
  const asKey = { authorization: `Bearer ${made.json<{ key: string }>().key}` };
  for (let i = 0; i < 5; i += 1) await chat(gateway, {}, { ...asKey, 'x-mpc-hedge': '60000' });
  slow.respond({ ...openaiAnswer(), headDelayMs: Infinity });

  const last = await chat(gateway, {}, { ...asKey, ...soon });

  expect((await lineOf(gateway, last)).attempts).toHaveLength(2);
  const charged = (await logLines(gateway)).reduce((sum, line) => sum + (line.cost_nano_usd ?? 0), 0);
  const info = await ask(gateway, '/key/info', { headers: asKey });
  expect(info.json()).toMatchObject({ info: { budgets: [{ state: { spent_usd: charged / 1e9, reserved_usd: 0 } }] } });
});

describe('no second attempt starts', () => {
  it('unless it is asked for', async () => {
    const { gateway, slow, quick } = await startTwins();
    slow.respond({ ...openaiAnswer(), headDelayMs: 150 });

    await chat(gateway);

    expect(quick.requests).toEqual([]);
  });

  it('where the operator has switched it off', async () => {
    const { gateway, slow, quick } = await startTwins(', hedge: off');
    slow.respond({ ...openaiAnswer(), headDelayMs: 150 });

    await chat(gateway, {}, soon);

    expect(quick.requests).toEqual([]);
  });

  it('for a key that has spent nothing yet: the cap is a share of that', async () => {
    const { gateway, slow, quick } = await startTwins('', { spend: 0 });
    slow.respond({ ...openaiAnswer(), headDelayMs: 150 });

    await chat(gateway, {}, soon);

    expect(quick.requests).toEqual([]);
  });

  it('beyond the share of its spending that a key may waste', async () => {
    const { gateway, slow, quick } = await startTwins('', { percent: 0 });
    slow.respond({ ...openaiAnswer(), headDelayMs: 150 });

    await chat(gateway, {}, soon);

    expect(quick.requests).toEqual([]);
  });

  it('with p95 before twenty calls have shown what is slow', async () => {
    const { gateway, slow, quick } = await startTwins('', { spend: 5 });
    slow.respond({ ...openaiAnswer(), headDelayMs: 300 });

    await chat(gateway, {}, { 'x-mpc-hedge': 'on' });

    expect(quick.requests).toEqual([]);
  });
});

it('starts after the time that only one in twenty calls took', async () => {
  const { gateway, slow, quick } = await startTwins(', hedge: on');
  slow.respond({ ...openaiAnswer(), headDelayMs: 3_000 });

  const answer = await chat(gateway);

  expect(answer.headers.get('x-mpc-connection')).toBe('second');
  expect(quick.requests).toHaveLength(1);
});

it('a value that is neither on, off nor a time is refused by name', async () => {
  const { gateway } = await startTwins('', { spend: 0 });

  for (const value of ['yes', '-1', '0', '9999999', '1e3']) {
    const answer = await chat(gateway, {}, { 'x-mpc-hedge': value });
    expect(answer.status).toBe(400);
    expect(answer.json<{ error: { param: string } }>().error.param).toBe('x-mpc-hedge');
  }
});
