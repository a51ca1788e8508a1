// Every bad input, in every grammar: the field is named, nothing reaches a provider, nothing is lost.
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer } from '../support/canned-replies.ts';
import {
  type Answer,
  type AnthropicErrorBody,
  type ApiErrorBody,
  ask,
  chat,
  chatBody,
  claudeModel,
  exchangeBytes,
  gptModel,
  hello,
  type Json,
  lineOf,
  messages,
  messagesBody,
  type OpenaiErrorBody,
  type Stage,
  start,
  startStage,
} from './client.ts';

/** 200 MB of spaces. */
const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20), { level: 1 });

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

interface Grammar {
  readonly name: string;
  readonly path: string;
  readonly body: (more?: Json) => Json;
  /** The failure's message, after its shape was checked. */
  readonly read: (answer: Answer) => { readonly message: string; readonly param?: string | null };
}

const grammars: readonly Grammar[] = [
  {
    name: 'openai',
    path: '/v1/chat/completions',
    body: chatBody,
    read(answer) {
      const { error } = answer.json<OpenaiErrorBody>();
      expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'type', 'code', 'param']));
      return error;
    },
  },
  {
    name: 'anthropic',
    path: '/v1/messages',
    body: messagesBody,
    read(answer) {
      const body = answer.json<AnthropicErrorBody & { readonly request_id: string }>();
      expect(body).toMatchObject({
        type: 'error',
        error: { type: expect.any(String), message: expect.any(String) },
        request_id: answer.headers.get('x-request-id'),
      });
      return { message: body.error.message };
    },
  },
  {
    name: 'api',
    path: '/api/chat/completions',
    body: chatBody,
    read(answer) {
      const body = answer.json<ApiErrorBody>();
      expect(body.error).toBeTypeOf('string');
      expect(body.message).toBeTypeOf('string');
      return { message: body.message, ...(body.param !== undefined && { param: body.param }) };
    },
  },
];

describe.each(grammars)('in the grammar of $name', ({ path, body, read }) => {
  const refused = async (status: number, asked: Parameters<typeof ask>[2]): Promise<ReturnType<typeof read>> => {
    const before = stage.openai.requests.length + stage.anthropic.requests.length;
    const answer = await ask(stage.gateway, path, asked);
    expect(answer.status, answer.text.slice(0, 500)).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(stage.openai.requests.length + stage.anthropic.requests.length).toBe(before);
    return read(answer);
  };

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['a broken object', '{"model":"x",'],
    ['text after the object', '{"model":"x"} x'],
    ['a bare value', '17'],
    ['a list', '[1]'],
    ['single quotes', "{'model':'x'}"],
    ['a comment', '{"model":"x" /* y */}'],
    ['NaN', '{"temperature":NaN}'],
  ])('refuses a body that is %s with 400', async (_what, raw) => {
    const { message } = await refused(400, { raw: Buffer.from(raw), method: 'POST' });
    expect(message).not.toBe('');
  });

  it('refuses bytes that are not UTF-8', async () => {
    await refused(400, { raw: Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]) });
  });

  it.each([
    ['lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ])('refuses 10,000 nested %s, wherever they are', async (_what, deep) => {
    const raw = `${JSON.stringify(body()).slice(0, -1)},"extra":${deep}}`;
    const { message } = await refused(400, { raw });
    expect(message).toMatch(/deep|nest/);
  });

  it('refuses 33 MB with 413 and says the limit', async () => {
    const { message } = await refused(413, { raw: Buffer.alloc(33 * 1024 * 1024, 0x20) });
    expect(message).toMatch(/32 MB|33 MB/);
  });

  it('refuses a __proto__ key, on top and inside', async () => {
    await refused(400, { raw: `${JSON.stringify(body()).slice(0, -1)},"__proto__":{"admin":true}}` });
    await refused(400, { raw: JSON.stringify(body()).replace('"messages":[{', '"messages":[{"__proto__":{"x":1},') });
  });

  it('refuses a lone surrogate', async () => {
    await refused(400, { raw: JSON.stringify(body()).replace('Say hello', 'a\\ud800b') });
  });

  it.each<[string, Json]>([
    ['messages', { messages: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hi' }],
    ['messages', { messages: null }],
    ['messages[0]', { messages: ['hi'] }],
    ['messages[0].role', { messages: [{ content: 'x' }] }],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: { text: 'x' } }] }],
    ['messages[1].content', { messages: [...hello, { role: 'user', content: 5 }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] }],
    ['model', { model: 17 }],
    ['stream', { stream: 'true' }],
    ['temperature', { temperature: '0.5' }],
    ['top_p', { top_p: [1] }],
    ['max_tokens', { max_tokens: '100' }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['tools', { tools: { name: 'x' } }],
    ['tools[0]', { tools: ['x'] }],
  ])('refuses a wrong %s with 400 naming it: %j', async (field, more) => {
    const { message, param } = await refused(400, { body: body(more) });
    expect(message).toContain(field);
    if (param !== undefined) expect(param).toBe(field);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'refuses the content type %s with 415',
    async (type) => {
      const { message } = await refused(415, { raw: JSON.stringify(body()), headers: { 'content-type': type } });
      expect(message).toContain('application/json');
    },
  );

  it('refuses an unknown content encoding with 415', async () => {
    await refused(415, { raw: JSON.stringify(body()), headers: { 'content-encoding': 'br' } });
  });

  it('refuses gzip that is none', async () => {
    await refused(400, { raw: JSON.stringify(body()), headers: { 'content-encoding': 'gzip' } });
  });

  it('refuses a gzip bomb with 413 before it is unpacked', async () => {
    const before = process.memoryUsage().rss;

    await refused(413, { raw: bomb, headers: { 'content-encoding': 'gzip' } });

    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('refuses an image for a model that cannot see with 400 naming the capability', async () => {
    const image = path.endsWith('messages')
      ? { type: 'image', source: { type: 'url', url: 'https://pictures.example/a.png' } }
      : { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } };
    const { message } = await refused(400, {
      body: body({ model: 'gpt-3.5-turbo', messages: [{ role: 'user', content: [image, { type: 'text', text: 'look' }] }] }),
    });
    expect(message).toMatch(/vision|image/);
    expect(message).toContain('gpt-3.5-turbo');
  });

  it('refuses an unknown model with the nearest id', async () => {
    const { message } = await refused(path.startsWith('/api') ? 400 : 404, { body: body({ model: 'gpt-4o-mni' }) });
    expect(message).toContain(gptModel);
  });

  it('refuses a prompt that is larger than the model can read', async () => {
    const { message } = await refused(400, {
      body: body({ model: 'gpt-3.5-turbo', messages: [{ role: 'user', content: 'word '.repeat(100_000) }] }),
    });
    expect(message).toMatch(/fit|context|long/);
  });
});

describe('unknown models', () => {
  it('are 404 model_not_found naming the parameter on /v1', async () => {
    const answer = await chat(stage.gateway, { model: 'nonsense' });

    expect(answer.status).toBe(404);
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({ code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
  });

  it('are not_found_error for Anthropic clients', async () => {
    const answer = await messages(stage.gateway, { model: 'claude-nonsense' });

    expect(answer.status).toBe(404);
    expect(answer.json<AnthropicErrorBody>().error.type).toBe('not_found_error');
  });

  it('leave one entry each, with the error and no attempts', async () => {
    const line = await lineOf(stage.gateway, await chat(stage.gateway, { model: 'nonsense' }));

    expect(line).toMatchObject({ status: 404, error_code: 'unknown_model', requested_model: 'nonsense', attempts: [], cost_nano_usd: 0 });
  });

  it('never make a label or header of what the caller wrote', async () => {
    const answer = await chat(stage.gateway, { model: 'evil\r\nx-injected: 1' });

    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-injected')).toBeNull();
  });
});

it('finds wrong types for the simulator, too', async () => {
  const gateway = await start();

  const answer = await chat(gateway, { model: 'demo-fast', temperature: 'hot' });

  expect(answer.status).toBe(400);
  expect(answer.json<OpenaiErrorBody>().error.param).toBe('temperature');
});

it('keeps serving on the same connection after a refused body', async () => {
  const host = new URL(stage.gateway.url).host;
  stage.openai.respond(openaiAnswer());
  const bad = '{"model":';
  const good = JSON.stringify(chatBody());
  const post = (body: string, last = false): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${last ? 'connection: close\r\n' : ''}\r\n${body}`;

  const seen = await exchangeBytes(stage.gateway, post(bad) + post(good, true));

  expect(seen.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
});

describe.concurrent('floods and slowness', () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

  it('answers 431 to more than 64 KiB of headers', async () => {
    const seen = await exchangeBytes(stage.gateway, `${head}x-flood: ${'x'.repeat(80 * 1024)}\r\n\r\n`);

    expect(seen).toMatch(/^HTTP\/1\.1 431 /);
    expect(seen).toContain('"error"');
  });

  it('answers 431 to hundreds of header fields', async () => {
    const flood = Array.from({ length: 500 }, (_, index) => `x-${index}: y\r\n`).join('');

    const seen = await exchangeBytes(stage.gateway, `${head}${flood}content-length: 2\r\nconnection: close\r\n\r\n{}`);

    expect(seen).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('answers 400 to what is not HTTP', async () => {
    expect(await exchangeBytes(stage.gateway, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('answers 400 to a request with two lengths, which proxies read differently', async () => {
    const seen = await exchangeBytes(stage.gateway, `${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`);

    expect(seen).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('ends headers and bodies that come too slowly with 408', async () => {
    const slow = await start({ env: { MPC_SERVER_HEADER_TIMEOUT_MS: '150', MPC_SERVER_BODY_TIMEOUT_MS: '300' } });
    const headers = exchangeBytes(slow, head);
    const body = exchangeBytes(slow, `${head}content-length: 1000\r\n\r\n{"model":`);

    expect(await headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(await body).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('ends a body that drips a byte at a time', async () => {
    const slow = await start({ env: { MPC_SERVER_HEADER_TIMEOUT_MS: '150', MPC_SERVER_BODY_TIMEOUT_MS: '300' } });
    const socket = connect(Number(new URL(slow.url).port), '127.0.0.1');
    let seen = '';
    socket
      .on('error', () => undefined)
      .on('data', (bytes: Buffer) => {
        seen += bytes.toString('latin1');
      });
    socket.write(`${head}content-length: 100000\r\n\r\n{`);
    const drip = setInterval(() => socket.write(' '), 20);

    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);

    expect(seen).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('takes no harm from a client that leaves in the middle of its body', async () => {
    const socket = connect(Number(new URL(stage.gateway.url).port), '127.0.0.1');
    socket.write(`${head}content-length: 1000\r\n\r\n{"model":`);
    await new Promise((resolve) => socket.write(' ', resolve));
    socket.resetAndDestroy();
    stage.openai.respond(openaiAnswer());

    expect((await chat(stage.gateway)).status).toBe(200);
  });
});

describe('what a provider’s refusal becomes', () => {
  it.each([
    [400, 400, 'upstream_rejected', 1],
    [401, 502, 'upstream_auth_failed', 1],
    [403, 502, 'upstream_auth_failed', 1],
    [402, 429, 'upstream_quota_exhausted', 1],
    [404, 404, 'upstream_not_found', 1],
    [413, 413, 'upstream_rejected', 1],
    [422, 422, 'upstream_rejected', 1],
    [429, 429, 'upstream_rate_limited', 3],
    [500, 502, 'upstream_error', 3],
    [502, 502, 'upstream_error', 3],
    [503, 503, 'upstream_overloaded', 3],
    [529, 503, 'upstream_overloaded', 3],
    [504, 504, 'upstream_timeout', 1],
  ])('%i becomes %i %s after %i attempts', async (upstreamStatus, status, code, attempts) => {
    const own = await startStage();
    own.openai.respond({
      status: upstreamStatus,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"because","type":"some_type","param":null,"code":null}}',
    });

    const answer = await chat(own.gateway);

    expect(answer.status, answer.text).toBe(status);
    const line = await lineOf(own.gateway, answer);
    expect(line.error_code).toBe(code);
    expect(line.status).toBe(status);
    expect(line.attempts.map((attempt) => attempt.status)).toEqual(Array.from({ length: attempts }, () => upstreamStatus));
    expect(own.openai.requests).toHaveLength(attempts);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({
      message: expect.any(String),
      type: expect.any(String),
      code: expect.any(String),
    });
  });

  it('never shows the gateway’s own key, should the provider echo it', async () => {
    const own = await startStage();
    own.openai.respond((request) => ({
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: { message: `Incorrect API key provided: ${String(request.headers.authorization)}` } }),
    }));

    const answer = await chat(own.gateway);

    expect(answer.text).not.toContain('sk-upstream');
    expect(answer.text).not.toContain('Incorrect API key');
  });

  it('tells a refused caller why, in the provider’s words', async () => {
    const own = await startStage();
    own.openai.respond({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"bad schema for f","type":"invalid_request_error","param":"tools[0]","code":"invalid_function_parameters"}}',
    });

    const answer = await chat(own.gateway);

    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({
      message: expect.stringContaining('bad schema for f'),
      code: 'invalid_function_parameters',
      param: 'tools[0]',
    });
  });
});

it('serves a model that is written in capitals or with its provider in front', async () => {
  stage.anthropic.respond({
    headers: { 'content-type': 'application/json' },
    body: '{"id":"msg_1","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}',
  });

  expect((await messages(stage.gateway, { model: `Anthropic/${claudeModel.toUpperCase()}` })).status).toBe(200);
});

// Some grammars have statuses of their own for a failure: the ledger tells what the caller saw.
it.each([
  { path: '/v1/messages', body: messagesBody(), seen: 529 },
  { path: '/api/chat/completions', body: chatBody(), seen: 502 },
  { path: '/v1/chat/completions', body: chatBody(), seen: 503 },
])('has the status in the ledger that the caller of $path saw: $seen', async ({ path, body, seen }) => {
  const overloaded = { status: 503, body: '{"error":{"message":"busy","type":"overloaded_error"}}' };
  const { gateway, openai, anthropic } = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
  openai.respond(overloaded);
  anthropic.respond(overloaded);

  const answer = await ask(gateway, path, { body });

  expect(answer.status).toBe(seen);
  expect((await lineOf(gateway, answer)).status).toBe(seen);
});
