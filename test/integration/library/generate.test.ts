import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError } from '../../support/canned-replies.ts';
import { failureOf, model, openaiAt, router, upstream } from './router.ts';

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
