import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { openaiAnswer, openaiError } from '../support/canned-replies.ts';
import { chat, lineOf, type OpenaiErrorBody, startProvider, start, startStage } from './client.ts';

/** Real time, but the test can let some of it pass at once. */
function skippingClock(): Clock & { skip(delayMs: number): void } {
  let skippedMs = 0;
  return {
    ...systemClock,
    monotonicMs: () => systemClock.monotonicMs() + skippedMs,
    skip(delayMs) {
      skippedMs += delayMs;
    },
  };
}

const noRetries = { MPC_RETRY_ATTEMPTS: '0' };

describe('a model that keeps failing and has no stand-in', () => {
  it('is left alone after ten failures: callers are told at once, and when to come back', async () => {
    const clock = skippingClock();
    const { gateway, openai } = await startStage({ env: noRetries, parts: { clock } });
    openai.respond(...Array.from({ length: 14 }, () => openaiError(500)));
    for (let i = 0; i < 10; i += 1) expect((await chat(gateway)).status).toBe(502);
    // The first rest is short enough to be waited for; this probe fails, too, and so do the next ones.
    for (let i = 0; i < 2; i += 1) await chat(gateway);
    const asked = openai.requests.length;

    const answer = await chat(gateway);

    expect(openai.requests).toHaveLength(asked);
    expect(answer.status).toBe(502);
    expect(answer.json<OpenaiErrorBody>().error.message).toContain('rests after failures');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const line = await lineOf(gateway, answer);
    expect(line.attempts).toEqual([]);
  });

  it('is tried by one caller when its rest is over, and back in service when that went well', async () => {
    const clock = skippingClock();
    const { gateway, openai } = await startStage({ env: noRetries, parts: { clock } });
    openai.respond(...Array.from({ length: 10 }, () => openaiError(500)), openaiAnswer(), openaiAnswer(), openaiAnswer());
    for (let i = 0; i < 10; i += 1) await chat(gateway);
    clock.skip(1_000);

    const answers = await Promise.all([chat(gateway), chat(gateway), chat(gateway)]);

    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(openai.requests).toHaveLength(13);
  });

  it('is asked every time where the operator has switched that off', async () => {
    const { gateway, openai } = await startStage({ env: { ...noRetries, MPC_ROUTING_CIRCUIT_BREAKER: 'off' } });
    openai.respond(...Array.from({ length: 30 }, () => openaiError(500)));

    for (let i = 0; i < 30; i += 1) await chat(gateway);

    expect(openai.requests).toHaveLength(30);
  });
});

it('a 429 rests its model for as long as it asks, and only that model', async () => {
  const clock = skippingClock();
  const { gateway, openai } = await startStage({ env: noRetries, parts: { clock } });
  openai.respond(
    { ...openaiError(429), headers: { 'content-type': 'application/json', 'retry-after': '30' } },
    openaiAnswer(),
    openaiAnswer(),
  );
  await chat(gateway);

  const resting = await chat(gateway);
  const other = await chat(gateway, { model: 'openai/gpt-4o' });
  clock.skip(30_000);
  const later = await chat(gateway);

  expect(resting.status).toBe(429);
  expect(Number(resting.headers.get('retry-after'))).toBeGreaterThan(25);
  expect(other.status).toBe(200);
  expect(later.status).toBe(200);
  expect(openai.requests).toHaveLength(3);
});

it('a fallback serves without the resting model being asked', async () => {
  const { gateway, openai, anthropic } = await startStage({
    env: noRetries,
    yaml: 'aliases:\n  ours: [openai/gpt-4o-mini, openai/gpt-4o]\n',
  });
  openai.respond(
    { ...openaiError(429), headers: { 'content-type': 'application/json', 'retry-after': '30' } },
    openaiAnswer(),
    openaiAnswer(),
  );
  await chat(gateway, { model: 'ours' });

  const answer = await chat(gateway, { model: 'ours' });

  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-mpc-attempts')).toBe('1');
  expect(openai.requests.map((request) => (request.json() as { model: string }).model)).toEqual(['gpt-4o-mini', 'gpt-4o', 'gpt-4o']);
  expect(anthropic.requests).toEqual([]);
});

it('retries add at most a fifth to the load when a third of the calls fail', async () => {
  const upstream = await startProvider();
  let calls = 0;
  upstream.respond(() => {
    calls += 1;
    return calls % 10 < 3 ? openaiError(500) : openaiAnswer();
  });
  const gateway = await start({ env: { OPENAI_BASE_URL: upstream.baseUrl, OPENAI_API_KEY: 'k-0123456789' } });
  const wanted = 600;

  for (let done = 0; done < wanted; done += 20) await Promise.all(Array.from({ length: 20 }, () => chat(gateway)));

  expect(calls / wanted).toBeLessThanOrEqual(1.2);
});
