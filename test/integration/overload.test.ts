import { describe, expect, it } from 'vitest';
import { openaiAnswer } from '../support/canned-replies.ts';
import { ask, chat, lineOf, type OpenaiErrorBody, startStage } from './client.ts';

describe('a session that goes in circles', () => {
  it('gets a readable 429 at the fifth identical prompt, and one ledger line that cost nothing', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiAnswer());
    const say = (content: string) => chat(gateway, { messages: [{ role: 'user', content }] }, { 'x-session-id': 'agent-1' });
    for (let i = 0; i < 4; i += 1) expect((await say('again')).status).toBe(200);

    const fifth = await say('again');
    const other = await say('something else');

    expect(fifth.status).toBe(429);
    expect(fifth.json<OpenaiErrorBody>().error.message).toContain('same prompt 5 times');
    expect(Number(fifth.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(other.status).toBe(200);
    expect(openai.requests).toHaveLength(5);
    const line = await lineOf(gateway, fifth);
    expect(line).toMatchObject({ error_code: 'repeated_prompt', attempts: [], cost_nano_usd: 0 });
  });

  it('may do so where the operator allows it, and without a session anyway', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_ROUTING_RUNAWAY_REPEATS: '0' } });
    const { gateway: guarded, openai: guardedUpstream } = await startStage();
    openai.respond(openaiAnswer());
    guardedUpstream.respond(openaiAnswer());

    for (let i = 0; i < 8; i += 1) {
      expect((await chat(gateway, {}, { 'x-session-id': 'agent-1' })).status).toBe(200);
      expect((await chat(guarded)).status).toBe(200);
    }
  });
});

describe('more calls than may be served at once', () => {
  it('wait in order of their priority, and are refused when as many wait', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_SERVER_MAX_IN_FLIGHT: '2' } });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    openai.respond(async () => {
      await held;
      return openaiAnswer();
    });
    const running = [chat(gateway), chat(gateway)];
    await expect.poll(() => openai.requests.length).toBe(2);
    const waiting = [
      chat(gateway, { user: 'low' }, { 'x-mpc-priority': 'low' }),
      chat(gateway, { user: 'high' }, { 'x-mpc-priority': 'high' }),
    ];
    // Two served, two waiting, and the one that asks.
    await expect.poll(async () => /mpc_in_flight (\d+)/.exec((await ask(gateway, '/metrics')).text)?.[1]).toBe('5');
    const refused = await chat(gateway);

    release();
    const answers = await Promise.all([...running, ...waiting]);

    expect(refused.status).toBe(503);
    expect(refused.json<OpenaiErrorBody>().error.code).toBe('gateway_overloaded');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect(openai.requests[2]?.json()).toMatchObject({ user: 'high' });
  });
});
