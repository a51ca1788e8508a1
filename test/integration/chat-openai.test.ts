import { beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer, openaiFrames, openaiStream, streamOf } from '../support/canned-replies.ts';
import { collectStream, jsonFrames, openaiText } from '../support/collect.ts';
import { ask, chat, chatBody, gptModel, hello, lineOf, open, openaiKey, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
const lastSent = (): string => stage.openai.requests.at(-1)?.body.toString() ?? '';

describe('a whole answer', () => {
  it('is the provider’s bytes', async () => {
    const body =
      '{ "id":"chatcmpl-1", "object":"chat.completion","created":1,"model":"gpt-x","new_field":{"kept":[1,2.50,1e3]},\n "choices":[{"index":0,"message":{"role":"assistant","content":"h\\u00e9","annotations":[]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\n';
    stage.openai.respond({ headers: { 'content-type': 'application/json' }, body });

    const answer = await chat(stage.gateway);

    expect(answer.text).toBe(body);
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  it('carries who served it, what it cost and what it took', async () => {
    stage.openai.respond(openaiAnswer({ inputTokens: 1_000, outputTokens: 100 }));

    const { headers } = await chat(stage.gateway);

    const line = await lineOf(stage.gateway, { headers });
    expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-mpc-') || name.startsWith('x-litellm-')))).toMatchObject({
      'x-mpc-model': `openai-${gptModel}-main`,
      'x-mpc-provider': 'openai',
      'x-mpc-connection': 'openai',
      'x-mpc-layer': 'direct',
      'x-mpc-attempts': '1',
      'x-mpc-cache': 'off',
      'x-mpc-decision-id': line.decision_id,
      'x-mpc-overhead-ms': expect.stringMatching(/^\d+(\.\d+)?$/),
      'x-litellm-call-id': line.id,
      'x-litellm-model-id': `openai/${gptModel}`,
      'x-litellm-attempted-retries': '0',
    });
    expect(Number(headers.get('x-mpc-cost-usd')) * 1e9).toBeCloseTo(line.cost_nano_usd ?? -1, 3);
    expect(headers.get('x-litellm-response-cost')).toBe(headers.get('x-mpc-cost-usd'));
  });

  it('hands the provider’s rate limits on, and no other header of it', async () => {
    stage.openai.respond({
      ...openaiAnswer(),
      headers: {
        'content-type': 'application/json',
        'x-ratelimit-remaining-requests': '7',
        'openai-organization': 'org-secret',
        'set-cookie': 'a=b',
        server: 'cloud',
      },
    });

    const { headers } = await chat(stage.gateway);

    expect(headers.get('x-ratelimit-remaining-requests')).toBe('7');
    for (const name of ['openai-organization', 'set-cookie', 'server']) expect(headers.get(name), name).toBeNull();
  });
});

describe('the request upstream', () => {
  it('differs from the caller’s in the model only', async () => {
    stage.openai.respond(openaiAnswer());
    const raw = `{ "temperature": 0.10, "x_new": {"a":[1, 2]},\n"model" : "openai/${gptModel}","messages":[{"role":"user","content":"\\u00fc 😀"}], "metadata":{"k":"v"} }`;

    await ask(stage.gateway, '/v1/chat/completions', { raw });

    expect(lastSent()).toBe(raw.replace(`"openai/${gptModel}"`, `"${gptModel}"`));
  });

  it('is the very same bytes where the model needs no other name', async () => {
    stage.openai.respond(openaiAnswer());
    const raw = `{"model":"${gptModel}","messages":[{"role":"user","content":"x"}],"seed":12345678901234567890}`;

    await ask(stage.gateway, '/v1/chat/completions', { raw });

    expect(lastSent()).toBe(raw);
  });

  it('means the same to the provider as to the gateway, where members come twice', async () => {
    stage.openai.respond(openaiAnswer());

    await ask(stage.gateway, '/v1/chat/completions', {
      raw: `{"model":"gpt-4","mod\\u0065l":"${gptModel}","messages":[{"role":"user","content":"first"}],"messages":[{"role":"user","content":"second"}],"stream":true,"stream":false}`,
    });

    expect(lastSent().match(/gpt-4[^"]*/g)).toEqual([gptModel]);
    expect(lastSent()).not.toContain('first');
    expect(lastSent()).not.toContain('true');
  });

  it('carries the gateway’s key and none of the caller’s credentials or headers', async () => {
    stage.openai.respond(openaiAnswer());

    await chat(
      stage.gateway,
      {},
      {
        authorization: 'Bearer sk-callers-own',
        'x-api-key': 'callers-too',
        cookie: 'a=b',
        'x-forwarded-for': '10.0.0.1',
        'user-agent': 'caller',
      },
    );

    const request = stage.openai.requests.at(-1);
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${openaiKey}`, 'content-type': 'application/json' });
    expect(request?.rawHeaders.join('\n')).not.toMatch(/callers|cookie|10\.0\.0\.1/);
    expect(request?.path).toBe('/v1/chat/completions');
  });

  it('uses the connection again for the next call', async () => {
    stage.openai.respond(openaiAnswer());
    await chat(stage.gateway);
    await chat(stage.gateway);

    const [one, other] = stage.openai.requests.slice(-2);
    expect(one?.connection).toBe(other?.connection);
  });
});

describe('a stream', () => {
  it('is the provider’s frames, byte for byte', async () => {
    const frames = openaiFrames({ text: 'one two three', tool: { name: 'f', arguments: '{"a":1}' } }).filter(
      (frame) => !frame.includes('"choices":[]'),
    );
    stage.openai.respond(streamOf(frames));

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe(frames.join(''));
  });

  it('asks the provider for usage, keeps the chunk to itself, and bills from it', async () => {
    stage.openai.respond(openaiStream({ inputTokens: 30, outputTokens: 4 }));

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    const stream = await collectStream(response);

    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(stream.text).not.toContain('"choices":[]');
    expect((await lineOf(stage.gateway, response)).usage).toMatchObject({ input: 30, output: 4, source: 'upstream' });
  });

  it('hands the usage chunk on to a caller that asked for it', async () => {
    stage.openai.respond(openaiStream({ inputTokens: 30, outputTokens: 4 }));

    const stream = await collectStream(
      await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true, stream_options: { include_usage: true } }) }),
    );

    const last = jsonFrames<{ choices: unknown[]; usage?: { prompt_tokens: number } }>(stream).at(-1);
    expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 4, total_tokens: 34 } });
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });

  it('asks for usage beside other stream options of the caller', async () => {
    stage.openai.respond(openaiStream());

    await (
      await open(stage.gateway, '/v1/chat/completions', {
        body: chatBody({ stream: true, stream_options: { include_obfuscation: false } }),
      })
    ).text();

    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ stream_options: { include_obfuscation: false, include_usage: true } });
  });

  it('keeps a final chunk that carries usage beside a choice', async () => {
    const frames = openaiFrames({ text: 'hi' }).filter((frame) => !frame.includes('"choices":[]'));
    const joined = frames.map((frame) =>
      frame.includes('"finish_reason":"stop"')
        ? frame.replace(/\}\n\n$/, ',"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}\n\n')
        : frame,
    );
    stage.openai.respond(streamOf(joined));

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    const stream = await collectStream(response);

    expect(openaiText(stream)).toBe('hi');
    expect(stream.text).toContain('"finish_reason":"stop"');
    expect((await lineOf(stage.gateway, response)).usage).toMatchObject({ input: 3, output: 1 });
  });

  it('carries no cost header, because the cost is not known yet', async () => {
    stage.openai.respond(openaiStream());

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    await response.text();

    expect(response.headers.get('x-mpc-cost-usd')).toBeNull();
    expect(response.headers.get('x-litellm-response-cost')).toBeNull();
    expect(response.headers.get('x-mpc-model')).toBe(`openai-${gptModel}-main`);
  });

  it('reaches the client frame by frame, not at the end', async () => {
    const frames = openaiFrames({ text: 'one two' });
    stage.openai.respond({ ...streamOf(frames.slice(0, 2)), then: 'stall' });
    const controller = new AbortController();

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), signal: controller.signal });
    const first = await response.body?.getReader().read();

    expect(new TextDecoder().decode(first?.value)).toContain('one');
    controller.abort();
  });
});

it('answers a caller that sends no content type', async () => {
  stage.openai.respond(openaiAnswer());

  const answer = await ask(stage.gateway, '/v1/chat/completions', {
    raw: Buffer.from(JSON.stringify({ model: gptModel, messages: hello })),
    headers: { 'content-type': '' },
  });

  expect(answer.status, answer.text).toBe(200);
});

it('answers a gzip body', async () => {
  const { gzipSync } = await import('node:zlib');
  stage.openai.respond(openaiAnswer());

  const answer = await ask(stage.gateway, '/v1/chat/completions', {
    raw: gzipSync(JSON.stringify(chatBody())),
    headers: { 'content-encoding': 'gzip' },
  });

  expect(answer.status, answer.text).toBe(200);
  expect(stage.openai.requests.at(-1)?.json()).toEqual(chatBody());
});
