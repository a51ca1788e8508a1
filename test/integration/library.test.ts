// The library over real sockets: the same gateway without a server, against scripted upstreams.
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type AdapterPart,
  defineProvider,
  type Entry,
  LLMError,
  LLMRouter,
  type ProviderAdapter,
  type RouterOptions,
} from '../../src/index.ts';
import { openaiChat } from '../../src/providers/index.ts';
import { anthropicAnswer, anthropicStream, openaiAnswer, openaiError, openaiFrames, openaiStream } from '../support/canned-replies.ts';
import { type FakeUpstream, type Responder, startUpstream } from '../support/fake-upstream.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function upstream(...responders: readonly Responder[]): Promise<FakeUpstream> {
  const started = await startUpstream(...responders);
  open.push(started);
  return started;
}

function router(options: RouterOptions): LLMRouter {
  const made = new LLMRouter({ env: false, retry: 0, ...options });
  open.push(made);
  return made;
}

const model = 'openai/gpt-4o-mini';

function openaiAt(server: FakeUpstream): RouterOptions {
  return { openai: { apiKey: 'sk-library', baseUrl: server.baseUrl } };
}

async function failureOf(work: Promise<unknown>): Promise<LLMError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LLMError);
  return error as LLMError;
}

describe('generate', () => {
  it('answers text, usage, the cost and who served it', async () => {
    const server = await upstream(openaiAnswer({ text: 'Four.', inputTokens: 1_000, outputTokens: 100 }));

    const result = await router(openaiAt(server)).generate({ model, prompt: '2+2?', system: 'Be short.', maxTokens: 50, temperature: 0 });

    expect(result).toMatchObject({
      text: 'Four.',
      provider: 'openai',
      finishReason: 'stop',
      model: 'openai-gpt-4o-mini-main',
      reasoning: '',
    });
    expect(result.usage).toMatchObject({ promptTokens: 1_000, completionTokens: 100, totalTokens: 1_100, estimated: false });
    // 0.15 and 0.60 USD per million tokens.
    expect(result.metadata.costNanoUsd).toBe(1_000 * 150 + 100 * 600);
    expect(result.cost).toBe(0.00021);
    expect(Date.parse(result.timestamp)).not.toBeNaN();
    expect(result.message).toEqual({ role: 'assistant', content: 'Four.' });
    const [request] = server.requests;
    expect(request?.headers['authorization']).toBe('Bearer sk-library');
    expect(request?.json()).toMatchObject({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: '2+2?' },
      ],
      temperature: 0,
    });
  });

  it('says the same to a provider of another dialect', async () => {
    const server = await upstream(anthropicAnswer({ text: 'Hi', reasoning: 'greet' }));
    const anthropic = { apiKey: 'sk-ant', baseUrl: `${server.url}/v1` };

    const result = await router({ anthropic }).generate({ model: 'anthropic/claude-sonnet-4-5', prompt: 'hello' });

    expect(result).toMatchObject({ text: 'Hi', reasoning: 'greet', provider: 'anthropic' });
    // What goes back in the next turn keeps the signature, without which the provider refuses its own thinking.
    expect(result.message.content).toContainEqual({ type: 'reasoning', text: 'greet', signature: 'c2lnbmVk' });
  });

  it('falls back in the listed order and tells every attempt', async () => {
    const broken = await upstream(openaiError(500));
    const good = await upstream(openaiAnswer({ text: 'from the second' }));
    const both = router({ ...openaiAt(broken), mistral: { apiKey: 'key-mistral', baseUrl: good.baseUrl } });

    const result = await both.generate({ model, prompt: 'x', fallbacks: ['mistral/mistral-small-latest'] });

    expect(result).toMatchObject({ text: 'from the second', provider: 'mistral' });
    expect(result.metadata.attempts.map(({ provider, status }) => [provider, status])).toEqual([
      ['openai', 500],
      ['mistral', 200],
    ]);
  });

  it('tries again as often as the call allows', async () => {
    const server = await upstream(openaiError(503), openaiAnswer({ text: 'second try' }));

    const result = await router(openaiAt(server)).advanced({ model, prompt: 'x', retry: 1, timeout: 10_000 });

    expect(result.text).toBe('second try');
    expect(server.requests).toHaveLength(2);
  });

  it('fails with code, provider, status and the pause that was asked for', async () => {
    const limited = { ...openaiError(429), headers: { 'content-type': 'application/json', 'retry-after': '7' } };
    const server = await upstream(limited);

    const error = await failureOf(router(openaiAt(server)).generate({ model, prompt: 'x' }));

    expect(error).toMatchObject({ code: 'upstream_rate_limited', provider: 'openai', status: 429, retryAfterMs: 7_000 });
    expect(error.attempts).toHaveLength(1);
    expect(error.message).not.toContain('sk-library');
  });

  it('ends a call that takes longer than its timeout', async () => {
    const server = await upstream({ headDelayMs: Number.POSITIVE_INFINITY });

    const error = await failureOf(router(openaiAt(server)).generate({ model, prompt: 'x', timeout: 50 }));

    expect(error.code).toBe('upstream_timeout');
  });

  it('stops the upstream when its signal aborts', async () => {
    const server = await upstream({ headDelayMs: Number.POSITIVE_INFINITY });
    const controller = new AbortController();
    const call = router(openaiAt(server)).generate({ model, prompt: 'x', signal: controller.signal });
    const request = await server.request(0);

    controller.abort(new Error('changed my mind'));

    const error = await failureOf(call);
    expect(error).toMatchObject({ code: 'aborted', name: 'AbortError', cause: { message: 'changed my mind' } });
    await request.aborted;
  });

  it('sends nothing for a signal that had aborted before', async () => {
    const server = await upstream(openaiAnswer());

    const error = await failureOf(router(openaiAt(server)).generate({ model, prompt: 'x', signal: AbortSignal.abort() }));

    expect(error.code).toBe('aborted');
    expect(server.requests).toHaveLength(0);
  });

  it('names the nearest model for one that is unknown', async () => {
    const server = await upstream(openaiAnswer());

    const error = await failureOf(router(openaiAt(server)).generate({ model: 'gpt-4o-minni', prompt: 'x' }));

    expect(error).toMatchObject({ code: 'unknown_model', param: 'model' });
    expect(error.message).toContain('gpt-4o-mini');
  });

  it.each([
    [{ prompt: 1 }, 'prompt'],
    [{}, 'prompt'],
    [{ prompt: 'x', messages: [] }, 'prompt'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'messages[0].content[0]'],
    [{ prompt: 'x', temperature: 'hot' }, 'temperature'],
    [{ prompt: 'x', maxTokens: 0 }, 'maxTokens'],
    [{ prompt: 'x', tools: [{}] }, 'tools[0].name'],
  ])('refuses %o and names the option', async (request, param) => {
    const server = await upstream(openaiAnswer());

    const error = await failureOf(router(openaiAt(server)).generate(request as never));

    expect(error).toMatchObject({ code: 'invalid_request', param });
    expect(server.requests).toHaveLength(0);
  });
});

describe('stream', () => {
  it('yields text as it comes and the result at the end', async () => {
    const server = await upstream(openaiStream({ text: 'one two three', inputTokens: 10, outputTokens: 3 }));
    const texts: string[] = [];
    let finish: unknown;

    for await (const part of router(openaiAt(server)).stream({ model, prompt: 'count' })) {
      if (part.type === 'text') texts.push(part.text);
      if (part.type === 'finish') finish = part.result;
    }

    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe('one two three');
    expect(finish).toMatchObject({ text: 'one two three', usage: { promptTokens: 10, completionTokens: 3 }, finishReason: 'stop' });
  });

  it('tells a tool call once its arguments are complete', async () => {
    const server = await upstream(anthropicStream({ tool: { name: 'weather', arguments: '{"city":"Bonn"}', id: 'toolu_1' } }));
    const parts = [];
    const anthropic = { apiKey: 'sk-ant', baseUrl: `${server.url}/v1` };
    const tools = [{ name: 'weather', parameters: z.object({ city: z.string() }) }] as const;

    for await (const part of router({ anthropic }).stream({ model: 'anthropic/claude-sonnet-4-5', prompt: 'x', tools })) parts.push(part);

    expect(parts.filter((part) => part.type === 'tool-call')).toEqual([
      {
        type: 'tool-call',
        text: '',
        toolCall: { id: 'toolu_1', name: 'weather', arguments: { city: 'Bonn' }, argumentsText: '{"city":"Bonn"}' },
      },
    ]);
  });

  it('stops the upstream when the loop is left', async () => {
    const frames = openaiFrames({ text: 'a b c d e f' });
    const server = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: frames.slice(0, 3), then: 'stall' });
    const ended: Entry[] = [];
    const one = router(openaiAt(server));
    one.on('exchange-end', (entry) => ended.push(entry));

    for await (const part of one.stream({ model, prompt: 'x' })) {
      expect(part.type).toBe('text');
      break;
    }

    await (await server.request(0)).aborted;
    expect(ended).toMatchObject([{ errorCode: 'client_gone', attempts: [{ provider: 'openai' }] }]);
    // What was made for a caller that left is paid for.
    expect(ended[0]?.usage?.source).toBe('estimated');
  });

  it('sends nothing before its first part is asked for', async () => {
    const server = await upstream(openaiStream());

    const stream = router(openaiAt(server)).stream({ model, prompt: 'x' });
    await stream.return();

    expect(server.requests).toHaveLength(0);
  });

  it('throws where a stream breaks, after the parts before it', async () => {
    const frames = openaiFrames({ text: 'a b c d' });
    const server = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: frames.slice(0, 3), then: 'close' });
    let text = '';

    const error = await failureOf(
      (async () => {
        for await (const part of router(openaiAt(server)).stream({ model, prompt: 'x' })) text += part.text;
      })(),
    );

    expect(error).toMatchObject({ code: 'upstream_truncated', provider: 'openai' });
    expect(text.length).toBeGreaterThan(0);
  });

  it('falls back before the first content without a trace of the first attempt', async () => {
    const [role = ''] = openaiFrames({ text: 'never' });
    const broken = await upstream({ headers: { 'content-type': 'text/event-stream' }, pieces: [role], then: 'close' });
    const good = await upstream(openaiStream({ text: 'from the second' }));
    const both = router({ ...openaiAt(broken), mistral: { apiKey: 'key-mistral', baseUrl: good.baseUrl } });
    let text = '';

    for await (const part of both.stream({ model, prompt: 'x', fallbacks: ['mistral/mistral-small-latest'] })) text += part.text;

    expect(text).toBe('from the second');
  });

  it('loses nothing to a slow loop', async () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `w${index}`).join(' ');
    const server = await upstream(openaiStream({ text }));
    let seen = '';
    let count = 0;

    for await (const part of router(openaiAt(server)).stream({ model, prompt: 'x' })) {
      seen += part.text;
      count += 1;
      if (count % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }

    expect(seen).toBe(text);
  });
});

describe('schemas', () => {
  const person = z.object({ name: z.string(), age: z.number().int() });

  it('types and checks the object', async () => {
    const server = await upstream(openaiAnswer({ text: '{"name":"Ada","age":36}' }));

    const { object } = await router(openaiAt(server)).generate({ model, prompt: 'who?', schema: person, schemaName: 'person' });

    expectTypeOf(object).toEqualTypeOf<{ name: string; age: number }>();
    expect(object).toEqual({ name: 'Ada', age: 36 });
    expect(server.requests[0]?.json()).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: { required: ['name', 'age'] } } },
    });
  });

  it('throws what does not fit, with the answer that was paid for', async () => {
    const server = await upstream(openaiAnswer({ text: '{"name":"Ada","age":"old"}' }));

    const error = await failureOf(router(openaiAt(server)).generate({ model, prompt: 'who?', schema: person }));

    expect(error.code).toBe('invalid_output');
    expect(error.message).toContain('age');
    expect(error.result).toMatchObject({ text: '{"name":"Ada","age":"old"}', provider: 'openai' });
  });

  it('takes JSON Schema itself, whose output is unknown', async () => {
    const server = await upstream(openaiAnswer({ text: '{"a":1}' }));

    const { object } = await router(openaiAt(server)).generate({ model, prompt: 'x', schema: { type: 'object', properties: {} } });

    expectTypeOf(object).toBeUnknown();
    expect(object).toEqual({ a: 1 });
  });

  it('types the arguments of tools and says what is wrong with them', async () => {
    const server = await upstream(openaiAnswer({ tool: { name: 'weather', arguments: '{"city":7}', id: 'call_1' } }));
    const tools = [{ name: 'weather', description: 'by city', parameters: z.object({ city: z.string() }) }] as const;

    const { toolCalls, finishReason, object } = await router(openaiAt(server)).generate({ model, prompt: 'x', tools });

    expectTypeOf(toolCalls[0]?.arguments).toEqualTypeOf<{ city: string } | undefined>();
    expectTypeOf(toolCalls[0]?.name).toEqualTypeOf<'weather' | undefined>();
    expectTypeOf(object).toEqualTypeOf<undefined>();
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls[0]).toMatchObject({ id: 'call_1', arguments: { city: 7 } });
    expect(toolCalls[0]?.problem).toContain('city');
  });

  it('carries a tool round trip', async () => {
    const server = await upstream(
      openaiAnswer({ tool: { name: 'weather', arguments: '{"city":"Bonn"}', id: 'call_1' } }),
      openaiAnswer({ text: 'Rain.' }),
    );
    const one = router(openaiAt(server));
    const tools = [{ name: 'weather', parameters: z.object({ city: z.string() }) }] as const;
    const first = await one.generate({ model, messages: [{ role: 'user', content: 'Bonn?' }], tools });

    const second = await one.generate({
      model,
      tools,
      messages: [{ role: 'user', content: 'Bonn?' }, first.message, { role: 'tool', toolCallId: 'call_1', content: 'rain, 9 degrees' }],
    });

    expect(second.text).toBe('Rain.');
    expect(server.requests[1]?.json()).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: '{"city":"Bonn"}' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'rain, 9 degrees' },
      ],
    });
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
