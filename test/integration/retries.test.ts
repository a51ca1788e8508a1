import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { anthropicAnswer, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import type { Reply } from '../support/fake-upstream.ts';
import {
  chat,
  claudeModel,
  gptModel,
  embeddingBody,
  ask,
  lineOf,
  type OpenaiErrorBody,
  type Stage,
  startProvider,
  start,
  startStage,
} from './client.ts';

/** A hundred times as fast as life, and it remembers what it was asked to wait. */
function hastyClock(): Clock & { readonly delays: number[] } {
  const delays: number[] = [];
  return {
    ...systemClock,
    delays,
    after(delayMs, callback) {
      delays.push(delayMs);
      return systemClock.after(delayMs / 100, callback);
    },
  };
}

const json = { 'content-type': 'application/json' };
const asking = (headers: Readonly<Record<string, string>>, body = '{"error":{"message":"slow down"}}', status = 429): Reply => ({
  status,
  headers: { ...json, ...headers },
  body,
});

describe('a failure that passes', () => {
  it.each<[string, Reply]>([
    ['429', openaiError(429)],
    ['500', openaiError(500)],
    ['502', openaiError(502)],
    ['503', openaiError(503)],
    ['529', openaiError(529)],
    ['a reset connection', { headers: json, pieces: ['x'], cutAt: 0, then: 'reset' }],
    [
      'an error in the first frame',
      { headers: { 'content-type': 'text/event-stream' }, pieces: ['data: {"error":{"message":"busy","type":"server_error"}}\n\n'] },
    ],
  ])('is tried again: %s', async (_what, failure) => {
    const { gateway, openai } = await startStage();
    openai.respond(failure, failure, openaiStream());

    const answer = await chat(gateway, { stream: true });

    expect(answer.status, answer.text).toBe(200);
    expect(openai.requests).toHaveLength(3);
    expect(answer.headers.get('x-mpc-attempts')).toBe('3');
    expect(answer.headers.get('x-litellm-attempted-retries')).toBe('2');
    const line = await lineOf(gateway, answer);
    expect(line.error_code).toBeNull();
    expect(line.attempts.map((attempt) => attempt.error_code === null)).toEqual([false, false, true]);
  });

  it('is tried again for embeddings, too', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiError(500), { headers: json, body: '{"object":"list","data":[],"usage":{"prompt_tokens":1,"total_tokens":1}}' });

    const answer = await ask(gateway, '/v1/embeddings', { body: embeddingBody });

    expect(answer.status).toBe(200);
    expect((await lineOf(gateway, answer)).attempts).toHaveLength(2);
  });

  it('is tried at most three times', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiError(500));

    expect((await chat(gateway)).status).toBe(502);
    expect(openai.requests).toHaveLength(3);
  });

  it('sends the same bytes each time', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiError(500), openaiError(500), openaiAnswer());

    await chat(gateway, { seed: 1 });

    const bodies = openai.requests.map((request) => request.body.toString());
    expect(new Set(bodies).size).toBe(1);
  });

  it('is tried on the same upstream first, and then on the fallback', async () => {
    const { gateway, openai, anthropic } = await startStage();
    openai.respond(openaiError(500));
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { fallbacks: [claudeModel] });

    expect(answer.status).toBe(200);
    expect((await lineOf(gateway, answer)).attempts.map((attempt) => attempt.provider)).toEqual([
      'openai',
      'openai',
      'openai',
      'anthropic',
    ]);
  });
});

describe('a failure that stays', () => {
  it.each([400, 401, 402, 403, 404, 413, 422])('is not tried again: %i', async (status) => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiError(status));

    await chat(gateway);

    expect(openai.requests).toHaveLength(1);
  });

  it('is not tried again when the account has no credit left, though it is a 429', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiError(429, { code: 'insufficient_quota', type: 'insufficient_quota' }));

    const answer = await chat(gateway);

    expect(answer.status).toBe(429);
    expect(openai.requests).toHaveLength(1);
    expect((await lineOf(gateway, answer)).error_code).toBe('upstream_quota_exhausted');
  });
});

describe('pauses', () => {
  it('have full jitter: a random part of 0.5 s, then of 1 s', async () => {
    const clock = hastyClock();
    const { gateway, openai } = await startStage({ env: { MPC_RETRY_BASE_DELAY_MS: '500' }, parts: { clock, random: () => 0.5 } });
    openai.respond(openaiError(500), openaiError(500), openaiAnswer());

    expect((await chat(gateway)).status).toBe(200);
    expect(clock.delays.filter((delayMs) => delayMs === 250 || delayMs === 500)).toEqual([250, 500]);
  });

  it('are never longer than 8 s', async () => {
    const clock = hastyClock();
    const { gateway, openai } = await startStage({ env: { MPC_RETRY_BASE_DELAY_MS: '7000' }, parts: { clock, random: () => 1 } });
    openai.respond(openaiError(500), openaiError(500), openaiAnswer());

    expect((await chat(gateway)).status).toBe(200);
    expect(clock.delays.filter((delayMs) => delayMs === 7_000 || delayMs === 8_000)).toEqual([7_000, 8_000]);
  });

  const inTheFuture = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toUTCString();

  it.each<[string, Reply, number]>([
    ['retry-after in seconds', asking({ 'retry-after': '7' }), 7_000],
    ['retry-after in parts of seconds', asking({ 'retry-after': '1.5' }), 1_500],
    ['retry-after-ms', asking({ 'retry-after-ms': '1234', 'retry-after': '9' }), 1_234],
    ['x-ms-retry-after-ms', asking({ 'x-ms-retry-after-ms': '2345' }), 2_345],
    [
      'Google’s RetryInfo in the body',
      asking(
        {},
        '{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}]}}',
      ),
      3_500,
    ],
    ['retry-after of a 503', asking({ 'retry-after': '4' }, '{}', 503), 4_000],
  ])('are as long as the upstream asks: %s', async (_what, reply, delayMs) => {
    const clock = hastyClock();
    const { gateway, openai } = await startStage({ parts: { clock, random: () => 0 } });
    openai.respond(reply, openaiAnswer());

    expect((await chat(gateway)).status).toBe(200);
    expect(clock.delays).toContain(delayMs);
  });

  it('are as long as the upstream asks by date, whatever its clock says', async () => {
    const clock = hastyClock();
    const { gateway, openai } = await startStage({ parts: { clock, random: () => 0 } });
    openai.respond(asking({ 'retry-after': 'Wed, 21 Oct 2015 07:28:06 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' }), openaiAnswer());

    expect((await chat(gateway)).status).toBe(200);
    expect(clock.delays).toContain(6_000);
  });

  it('are not made when the upstream asks for longer than the limit; the caller is told when to come back', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(asking({ 'retry-after': '120' }));

    const answer = await chat(gateway);

    expect(answer.status).toBe(429);
    expect(openai.requests).toHaveLength(1);
    expect(answer.headers.get('retry-after')).toBe('120');
    expect(answer.headers.get('retry-after-ms')).toBe('120000');
  });

  it('tell the caller of a date as seconds', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(asking({ 'retry-after': inTheFuture(300), date: new Date().toUTCString() }));

    const seconds = Number((await chat(gateway)).headers.get('retry-after'));

    expect(seconds).toBeGreaterThan(290);
    expect(seconds).toBeLessThanOrEqual(301);
  });

  it('of more than 2 s are not made when another candidate stands by', async () => {
    const clock = hastyClock();
    const { gateway, openai, anthropic } = await startStage({ parts: { clock } });
    openai.respond(asking({ 'retry-after': '5' }));
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { fallbacks: [claudeModel] });

    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
    expect(openai.requests).toHaveLength(1);
    expect(clock.delays).not.toContain(5_000);
  });

  it('ignore the retry-after of an answer that is good', async () => {
    const { gateway, openai } = await startStage();
    openai.respond({ ...openaiAnswer(), headers: { ...json, 'retry-after': '30' } });

    const answer = await chat(gateway);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('retry-after')).toBeNull();
  });
});

describe('an upstream that is not there', () => {
  it('is a 502 in the caller’s grammar, naming no address', async () => {
    const gone = await startProvider();
    const { port } = new URL(gone.url);
    await gone.close();
    const gateway = await start({ env: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'sk-0123456789' } });

    const answer = await chat(gateway);

    expect(answer.status).toBe(502);
    expect(answer.json<OpenaiErrorBody>().error.code).toBe('upstream_unreachable');
    expect(await lineOf(gateway, answer)).toMatchObject({
      status: 502,
      error_code: 'upstream_unreachable',
      provider: 'openai',
      cost_nano_usd: 0,
    });
  });

  it('is passed over after three failures while another candidate is well', async () => {
    const stage: Stage = await startStage({ yaml: `aliases:\n  ours: [gpt-4o-mini, ${claudeModel}]\n` });
    stage.openai.respond(openaiError(401));
    stage.anthropic.respond(anthropicAnswer());

    for (let call = 0; call < 5; call += 1) expect((await chat(stage.gateway, { model: 'ours' })).status).toBe(200);

    expect(stage.openai.requests).toHaveLength(3);
  });
});

describe('a request that cannot be said to the first candidate', () => {
  // The encoder for Claude refuses such drawings by name; to OpenAI the bytes go as they are.
  const drawing = { type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,PHN2Zy8+' } };
  const look = [{ role: 'user', content: [drawing] }];

  it('goes to the next one that takes it, and counts no attempt', async () => {
    const { gateway, openai, anthropic } = await startStage();
    openai.respond(openaiAnswer());

    const answer = await chat(gateway, { model: claudeModel, messages: look, fallbacks: [gptModel] });

    expect(answer.status, answer.text).toBe(200);
    expect(anthropic.requests).toHaveLength(0);
    expect((await lineOf(gateway, answer)).attempts).toHaveLength(1);
  });

  it('is refused for the first one’s reason when no other takes it', async () => {
    const { gateway, anthropic } = await startStage();

    const answer = await chat(gateway, { model: claudeModel, messages: look, fallbacks: ['claude-sonnet-4-5'] });

    expect([answer.status, answer.json<OpenaiErrorBody>().error.code]).toEqual([400, 'unsupported_capability']);
    expect(anthropic.requests).toHaveLength(0);
    expect((await lineOf(gateway, answer)).attempts).toEqual([]);
  });

  it('keeps a real failure as the answer when only those are left that cannot take it', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
    openai.respond(openaiError(503));

    const answer = await chat(gateway, { messages: look, fallbacks: [claudeModel] });

    expect([answer.status, answer.json<OpenaiErrorBody>().error.code]).toEqual([503, 'upstream_overloaded']);
  });

  it('is no chat alone: embeddings of token lists go to a provider that knows them', async () => {
    const [cohere, openai] = await Promise.all([startProvider(), startProvider()]);
    openai.respond({ headers: json, body: '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m"}' });
    const gateway = await start({
      env: {
        COHERE_API_KEY: 'co-0123456789',
        COHERE_BASE_URL: cohere.url,
        OPENAI_API_KEY: 'sk-0123456789',
        OPENAI_BASE_URL: openai.baseUrl,
      },
    });

    const answer = await ask(gateway, '/v1/embeddings', {
      body: { model: 'cohere/embed-v4.0', input: [1, 2, 3], fallbacks: ['openai/text-embedding-3-small'] },
    });

    expect(answer.status, answer.text).toBe(200);
    expect(cohere.requests).toHaveLength(0);
  });
});

it('a provider’s own word for an empty account passes on to the next one, in a stream too', async () => {
  const { gateway, openai, anthropic } = await startStage();
  openai.respond({
    headers: { 'content-type': 'text/event-stream' },
    pieces: ['data: {"error":{"message":"pay first","type":"billing_hard_limit_reached"}}\n\n'],
  });
  anthropic.respond(anthropicAnswer());

  const answer = await chat(gateway, { fallbacks: [claudeModel] });

  expect(answer.status, answer.text).toBe(200);
});
