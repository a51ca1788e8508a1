import { describe, expect, it } from 'vitest';
import { LLMRouter } from '../../../src/index.ts';
import { openaiAnswer, openaiError } from '../../support/canned-replies.ts';
import { failureOf, model, openaiAt, router, upstream } from './router.ts';

describe('options', () => {
  it.each([
    [{ providers: ['mistrall'] }, 'did you mean mistral?'],
    [{ stratgy: 'balanced' }, 'did you mean strategy?'],
    [{ strategy: 'fastest' }, 'round-robin'],
    [{ mistral: { apikey: 'x' } }, 'did you mean apiKey?'],
    [{ mistral: { apiKey: 'two words' } }, 'mistral.apiKey'],
    [{ mistral: { apiKey: 'key-1', baseUrl: 'ftp://x' } }, 'mistral.baseUrl'],
    [{ mistral: {} }, 'MISTRAL_API_KEY'],
    [{ maxCostUsd: -1 }, 'maxCostUsd'],
    [{ maxCostUsd: Number.NaN }, 'maxCostUsd'],
    [{ fallbacks: 'x' }, 'fallbacks'],
  ])('%o is refused when the router is made', (options, said) => {
    expect(() => new LLMRouter({ env: false, ...options } as never)).toThrow(said);
  });

  it('reads the variables of a provider that is named without a key, and no others', async () => {
    const server = await upstream(openaiAnswer({ text: 'env' }));
    const env = { MISTRAL_API_KEY: 'key-env', MISTRAL_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'with spaces in it' };

    const result = await router({ providers: ['mistral'], env }).generate({ model: 'mistral-small-latest', prompt: 'x' });

    expect(result.text).toBe('env');
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer key-env');
  });

  it('prefers what is given to what the environment says', async () => {
    const server = await upstream(openaiAnswer());
    const env = { MISTRAL_API_KEY: 'key-env', MISTRAL_BASE_URL: 'http://127.0.0.1:9' };

    await router({ mistral: { apiKey: 'key-given', baseUrl: server.baseUrl }, env }).generate({
      model: 'mistral-small-latest',
      prompt: 'x',
    });

    expect(server.requests[0]?.headers['authorization']).toBe('Bearer key-given');
  });

  it('answers from the demo only when nothing else is configured or it is named', async () => {
    const real = router({ mistral: { apiKey: 'key-1', baseUrl: 'http://127.0.0.1:9/v1' } });

    expect((await router({}).generate({ prompt: 'hello' })).provider).toBe('demo');
    expect((await failureOf(real.generate({ model: 'demo-fast', prompt: 'x' }))).code).toBe('model_not_configured');
  });
});

describe('maxCostUsd', () => {
  it('refuses a call that could overshoot, before it is sent', async () => {
    const server = await upstream(openaiAnswer());
    const one = router({ ...openaiAt(server), maxCostUsd: 0.000_1 });

    const error = await failureOf(one.generate({ model, prompt: 'x', maxTokens: 1_000 }));

    expect(error).toMatchObject({ code: 'budget_exceeded', status: 402 });
    expect(server.requests).toHaveLength(0);
    expect(one.budget()).toEqual({ limitUsd: 0.000_1, spentUsd: 0, heldUsd: 0 });
  });

  it('counts what calls really cost and holds under calls side by side', async () => {
    const server = await upstream(openaiAnswer({ inputTokens: 10, outputTokens: 100 }));
    // One call of 100 output tokens costs 61,500 nano-USD, at worst a little more for its input: two fit, three do not.
    const one = router({ ...openaiAt(server), maxCostUsd: 0.000_15 });
    const calls = await Promise.allSettled([1, 2, 3].map(() => one.generate({ model, prompt: 'x', maxTokens: 100 })));

    expect(calls.filter((call) => call.status === 'fulfilled')).toHaveLength(2);
    expect(server.requests).toHaveLength(2);
    expect(one.budget()).toMatchObject({ spentUsd: 0.000_123, heldUsd: 0 });
  });

  it('lets go of what a failed call held', async () => {
    const server = await upstream(openaiError(500));
    const one = router({ ...openaiAt(server), maxCostUsd: 1 });

    await failureOf(one.generate({ model, prompt: 'x', maxTokens: 100 }));

    expect(one.budget()).toEqual({ limitUsd: 1, spentUsd: 0, heldUsd: 0 });
  });

  it('refuses models without a price unless they are allowed', async () => {
    const server = await upstream(openaiAnswer({ text: 'ok' }));
    const custom = { baseUrl: server.baseUrl };

    const error = await failureOf(router({ custom, maxCostUsd: 1 }).generate({ model: 'custom/unheard-of', prompt: 'x', maxTokens: 5 }));
    const result = await router({ custom, maxCostUsd: 1, unknownPrice: 'allow' }).generate({ model: 'custom/unheard-of', prompt: 'x' });

    expect(error.code).toBe('budget_exceeded');
    expect(error.message).toContain('unknownPrice');
    expect(result).toMatchObject({ text: 'ok', cost: null });
  });
});

describe('events', () => {
  it('tell each attempt and the end of the exchange', async () => {
    const server = await upstream(openaiError(503), openaiAnswer({ text: 'ok' }));
    const one = router({ ...openaiAt(server), retry: 1 });
    const seen: string[] = [];
    one.on('attempt-end', (attempt) => seen.push(`attempt ${attempt.status} ${attempt.errorCode ?? 'ok'}`));
    const off = one.on('exchange-end', (entry) => seen.push(`end ${entry.status} ${entry.attempts.length}`));

    await one.generate({ model, prompt: 'x' });
    off();
    await one.generate({ model, prompt: 'x' });

    expect(seen).toEqual(['attempt 503 upstream_overloaded', 'attempt 200 ok', 'end 200 2', 'attempt 200 ok']);
  });
});

describe('load and models', () => {
  it('load says that a model resolves and its provider answers', async () => {
    const server = await upstream({ headers: { 'content-type': 'application/json' }, body: '{"data":[{"id":"gpt-4o-mini"}]}' });

    expect(await router(openaiAt(server)).load('gpt-4o-mini')).toMatchObject({ providerModel: model, connection: 'openai', listed: true });
  });

  it('load rejects when the provider refuses the key', async () => {
    const server = await upstream(openaiError(401));

    expect(await failureOf(router(openaiAt(server)).load('gpt-4o-mini'))).toMatchObject({ code: 'upstream_auth_failed' });
  });

  it('models lists what the configured providers offer, with prices', async () => {
    const server = await upstream(openaiAnswer());

    const models = await router(openaiAt(server)).models();

    expect(new Set(models.map((info) => info.provider))).toEqual(new Set(['openai']));
    expect(models.find((info) => info.providerModel === model)).toMatchObject({ inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6 });
  });
});

it('refuses calls after close', async () => {
  const one = router({ providers: ['demo'] });
  await one.close();

  expect(await failureOf(one.generate({ prompt: 'x' }))).toMatchObject({ code: 'shutting_down' });
});

it('tells a mistake in the catalog at the first call, and closes all the same', async () => {
  const one = router({ providers: ['demo'], catalog: { prices: { 'acme/none': { input: 1 } } } });

  const error = await failureOf(one.generate({ prompt: 'x' }));
  one.setStrategy('balanced');
  await one.close();

  expect(error.message).toContain('acme/none');
});

it('quick answers the text', async () => {
  expect(await router({ providers: ['demo'] }).quick('hello', { model: 'demo-echo' })).toContain('hello');
});
