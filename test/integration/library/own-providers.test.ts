import { describe, expect, it } from 'vitest';
import { type AdapterPart, defineProvider, LLMError, LLMRouter, type ProviderAdapter } from '../../../src/index.ts';
import { openaiChat } from '../../../src/providers/index.ts';
import { openaiAnswer } from '../../support/canned-replies.ts';
import { failureOf, openaiAt, router, upstream } from './router.ts';

describe('providers of one’s own', () => {
  it('can be declared', async () => {
    const server = await upstream(openaiAnswer({ text: 'acme says hi' }));
    const acme = defineProvider({
      id: 'acme',
      name: 'Acme',
      docs: 'https://docs.acme.example',
      baseUrl: 'https://api.acme.example/v1',
      auth: { kind: 'header', name: 'x-acme-key' },
      openEnded: true,
      chat: [openaiChat({ rename: { max_completion_tokens: 'max_tokens' } })],
    });
    const one = router({ adapters: [acme], accounts: { acme: { apiKey: 'acme-secret', baseUrl: server.baseUrl } } });

    const result = await one.generate({ model: 'acme/rocket-1', prompt: 'hi', maxTokens: 5 });

    expect(result).toMatchObject({ text: 'acme says hi', provider: 'acme', cost: null });
    expect(server.requests[0]?.headers['x-acme-key']).toBe('acme-secret');
    expect(server.requests[0]?.json()).toMatchObject({ model: 'rocket-1', max_tokens: 5 });
  });

  it('have the prices that the program gives', async () => {
    const server = await upstream(openaiAnswer({ inputTokens: 2_000, outputTokens: 1_000 }));
    const acme = defineProvider({
      id: 'acme',
      name: 'Acme',
      docs: 'https://docs.acme.example',
      baseUrl: 'https://api.acme.example/v1',
      auth: { kind: 'bearer' },
      chat: [openaiChat()],
    });
    const one = router({
      adapters: [acme],
      accounts: { acme: { apiKey: 'acme-secret', baseUrl: server.baseUrl } },
      catalog: {
        models: { 'rocket-1': { quality: 'strong' } },
        offers: [{ provider: 'acme', id: 'rocket-1', price: { input: 0.5, output: 1.5 } }],
      },
      maxCostUsd: 1,
    });

    const result = await one.generate({ model: 'acme/rocket-1', prompt: 'hi', maxTokens: 1_000 });

    expect(result.metadata.costNanoUsd).toBe(2_000 * 500 + 1_000 * 1_500);
  });

  it('reads the variables of a declared one', async () => {
    const server = await upstream(openaiAnswer({ text: 'env' }));
    const acme = defineProvider({
      id: 'acme-two',
      name: 'Acme',
      docs: 'https://docs.acme.example',
      auth: { kind: 'bearer' },
      openEnded: true,
      chat: [openaiChat()],
    });

    const one = router({ adapters: [acme], env: { ACME_TWO_API_KEY: 'key-env', ACME_TWO_BASE_URL: server.baseUrl } });

    expect((await one.generate({ model: 'acme-two/any', prompt: 'x' })).text).toBe('env');
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer key-env');
  });

  function parrot(parts: readonly AdapterPart[] = []): ProviderAdapter {
    return {
      id: 'parrot',
      load: () => Promise.resolve(),
      complete: ({ messages }) =>
        Promise.resolve({
          text: `${messages.at(-1)?.text}!`,
          finishReason: 'stop',
          usage: { promptTokens: 3, completionTokens: 2 },
        }),
      async *stream() {
        yield* parts;
      },
      getHeaders: () => ({}),
      parseResponse: () => ({ text: '', finishReason: 'stop' }),
      calculateCost: ({ promptTokens, completionTokens }) => (promptTokens + completionTokens) / 1e6,
      listModels: () => Promise.resolve(['grey']),
    };
  }

  it('can be an object with methods, whose costs count', async () => {
    const one = router({ adapters: [parrot()] });

    expect(await one.generate({ model: 'parrot/grey', prompt: 'hello' })).toMatchObject({
      text: 'hello!',
      provider: 'parrot',
      cost: 0.000_005,
      usage: { promptTokens: 3, completionTokens: 2 },
    });
  });

  it('streams from an object with methods', async () => {
    const one = router({
      adapters: [
        parrot([
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'tool-call', toolCall: { id: 'c1', name: 'fly', arguments: '{}' } },
          { type: 'finish', finishReason: 'tool-calls', usage: { promptTokens: 1, completionTokens: 4 } },
        ]),
      ],
    });
    const parts = [];

    for await (const part of one.stream({ model: 'parrot/grey', prompt: 'x' })) parts.push(part);

    expect(parts.map((part) => part.type)).toEqual(['reasoning', 'text', 'text', 'tool-call', 'finish']);
    expect(parts.at(-1)).toMatchObject({ result: { text: 'ab', reasoning: 'hm', cost: 0.000_005, finishReason: 'tool-calls' } });
  });

  it('ends a stream without a finish as broken', async () => {
    const one = router({ adapters: [parrot([{ type: 'text', text: 'a' }])] });

    const error = await failureOf(
      (async () => {
        for await (const _part of one.stream({ model: 'parrot/grey', prompt: 'x' })) void _part;
      })(),
    );

    expect(error.code).toBe('upstream_truncated');
  });

  it('takes the status of what an object throws', async () => {
    const busy = {
      ...parrot(),
      complete: () => Promise.reject(Object.assign(new Error('too busy'), { status: 429, retryAfterMs: 1_500 })),
    };

    const error = await failureOf(router({ adapters: [busy] }).generate({ model: 'parrot/grey', prompt: 'x' }));

    expect(error).toMatchObject({ code: 'upstream_rate_limited', provider: 'parrot', retryAfterMs: 1_500 });
  });

  it('names the methods that an object lacks', () => {
    expect(() => new LLMRouter({ adapters: [{ id: 'half', complete: () => undefined } as never] })).toThrow('load, stream, getHeaders');
  });

  it('has every declared provider as an adapter, too', async () => {
    const server = await upstream(openaiAnswer({ text: 'hi', inputTokens: 4, outputTokens: 2 }));
    const adapter = await router(openaiAt(server)).provider('openai');

    const answer = await adapter.complete({ model: 'gpt-4o-mini', messages: [{ role: 'user', text: 'hello' }] });

    expect(answer).toMatchObject({ text: 'hi', finishReason: 'stop', usage: { promptTokens: 4, completionTokens: 2 } });
    expect(await adapter.getHeaders()).toMatchObject({ authorization: 'Bearer sk-library' });
    expect(adapter.calculateCost({ promptTokens: 1_000_000, completionTokens: 0 }, 'gpt-4o-mini')).toBe(0.15);
    expect(adapter.calculateCost({ promptTokens: 1, completionTokens: 0 }, 'no-such-model')).toBeUndefined();
    expect(adapter.parseResponse(JSON.parse(String(openaiAnswer({ text: 'parsed' }).body)))).toMatchObject({ text: 'parsed' });
    expect(() => adapter.parseResponse({ nonsense: true })).toThrow(LLMError);
  });
});
