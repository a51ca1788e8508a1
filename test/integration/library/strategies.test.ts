import { describe, expect, it } from 'vitest';
import type { LLMRouter, RouterOptions } from '../../../src/index.ts';
import { openaiAnswer, openaiError } from '../../support/canned-replies.ts';
import { failureOf, model, openaiAt, router, upstream } from './router.ts';

describe('strategies', () => {
  async function two(strategy: RouterOptions['strategy']): Promise<{ one: LLMRouter; calls: () => readonly number[] }> {
    const first = await upstream(openaiAnswer({ text: 'a' }));
    const second = await upstream(openaiAnswer({ text: 'b' }));
    const one = router({
      accounts: {
        'openai-a': { provider: 'openai', apiKey: 'key-a1', baseUrl: first.baseUrl },
        'openai-b': { provider: 'openai', apiKey: 'key-b1', baseUrl: second.baseUrl },
      },
      ...(strategy !== undefined && { strategy }),
    });
    return { one, calls: () => [first.requests.length, second.requests.length] };
  }

  it('takes turns: round-robin', async () => {
    const { one, calls } = await two('round-robin');

    for (let i = 0; i < 4; i += 1) await one.generate({ model, prompt: 'x' });

    expect(calls()).toEqual([2, 2]);
  });

  it('spreads calls side by side: least-loaded', async () => {
    const { one, calls } = await two('least-loaded');

    await Promise.all([1, 2, 3, 4].map(() => one.generate({ model, prompt: 'x' })));

    expect(calls()).toEqual([2, 2]);
  });

  it('avoids what failed: adaptive', async () => {
    const bad = await upstream(openaiError(500));
    const good = await upstream(openaiAnswer({ text: 'ok' }));
    const one = router({
      accounts: {
        'openai-a': { provider: 'openai', apiKey: 'key-a1', baseUrl: bad.baseUrl },
        'openai-b': { provider: 'openai', apiKey: 'key-b1', baseUrl: good.baseUrl },
      },
      strategy: 'adaptive',
    });
    await one.generate({ model, prompt: 'first' });
    const before = bad.requests.length;

    // The failing one is quick to fail, so only its failures can speak against it.
    for (let i = 0; i < 3; i += 1) await one.generate({ model, prompt: 'x' });

    expect(bad.requests.length - before).toBeLessThan(3);
    expect(good.requests.length).toBeGreaterThanOrEqual(4);
  });

  it('follows a function, also one that was set later', async () => {
    const { one, calls } = await two(undefined);
    one.setStrategy((candidates) => candidates.toSorted((a, b) => b.connection.localeCompare(a.connection)));

    const result = await one.generate({ model, prompt: 'x' });

    expect(result.metadata.connection).toBe('openai-b');
    expect(calls()).toEqual([0, 1]);
  });

  it('refuses what a function made up', async () => {
    const { one } = await two(() => [{ connection: 'elsewhere' } as never]);

    expect(await failureOf(one.generate({ model, prompt: 'x' }))).toMatchObject({ code: 'invalid_request', param: 'strategy' });
  });

  it('lets the Brain choose by price for cost-optimized', async () => {
    const server = await upstream(openaiAnswer());
    const one = router({ ...openaiAt(server), strategy: 'cost-optimized' });

    const cheap = await one.generate({ prompt: 'Summarise this.', maxTokens: 10 });
    one.setStrategy('quality-first');
    const good = await one.generate({ prompt: 'Summarise this.', maxTokens: 10 });

    expect(cheap.model).not.toBe(good.model);
  });
});
