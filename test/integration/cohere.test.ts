import { beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { collectStream } from '../support/collect.ts';
import { type FakeUpstream, type Reply, startUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, gptModel, type Json, lineOf, open, start } from './client.ts';

const model = 'command-a-03-2025';
let cohere: FakeUpstream;
let openai: FakeUpstream;
let gateway: RunningGateway;

beforeAll(async () => {
  [cohere, openai] = await Promise.all([startUpstream(), startUpstream()]);
  gateway = await start({
    env: {
      COHERE_API_KEY: 'co-upstream-0123456789',
      COHERE_BASE_URL: cohere.url,
      OPENAI_API_KEY: 'sk-upstream-0123456789',
      OPENAI_BASE_URL: openai.baseUrl,
    },
  });
});

const hello = [{ role: 'user', content: 'Say hello' }];
const usage = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 507, output_tokens: 10 },
  cached_tokens: 448,
};
const whole = (message: Json, finish = 'COMPLETE'): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ id: 'c-1', finish_reason: finish, message: { role: 'assistant', ...message }, usage }),
});
const event = (members: Json): string => `event: ${String(members['type'])}\ndata: ${JSON.stringify(members)}\n\n`;
const pieces = [
  event({ id: 'c-1', type: 'message-start', delta: { message: { role: 'assistant', content: [] } } }),
  event({ type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
  event({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } }),
  event({ type: 'content-delta', index: 0, delta: { message: { content: { text: ' there' } } } }),
  event({ type: 'content-end', index: 0 }),
  event({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage } }),
];
const streamed: Reply = { headers: { 'content-type': 'text/event-stream' }, pieces };
const text = (content: string): Json => ({ content: [{ type: 'text', text: content }] });
const v2 = (more: Json = {}): Promise<Awaited<ReturnType<typeof ask>>> =>
  ask(gateway, '/v2/chat', { body: { model, messages: hello, ...more } });
const events = async (body: Json): Promise<Json[]> =>
  (await collectStream(await open(gateway, '/v2/chat', { body }))).frames.map((frame) => JSON.parse(frame.data) as Json);

describe('a Cohere client on Cohere', () => {
  it('gets the bytes as they came, and is billed by the billed units', async () => {
    cohere.respond(whole({ ...text('Hello there'), citations: [{ start: 0, end: 5, text: 'Hello', sources: [] }] }));

    const answer = await v2({ safety_mode: 'STRICT', documents: ['a'] });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({ id: 'c-1', message: { citations: [{ text: 'Hello' }] }, usage });
    const seen = cohere.requests.at(-1);
    expect(seen?.path).toBe('/v2/chat');
    expect(seen?.headers['authorization']).toBe('Bearer co-upstream-0123456789');
    expect(seen?.json()).toEqual({ model, messages: hello, safety_mode: 'STRICT', documents: ['a'] });
    const line = await lineOf(gateway, answer);
    expect(line.usage).toMatchObject({ input: 59, cached_input: 448, output: 10 });
    // 12 tokens at 2.5 and 7 at 10 USD a million.
    expect(line.cost_nano_usd).toBe(100_000);
  });

  it('gets the stream as it came', async () => {
    cohere.respond(streamed);

    const response = await open(gateway, '/v2/chat', { body: { model, messages: hello, stream: true } });

    expect(await response.text()).toBe(pieces.join(''));
    expect(cohere.requests.at(-1)?.json()).toEqual({ model, messages: hello, stream: true });
  });

  it.each(['/v1/v2/chat', '/v2/v2/chat'])('is understood on %s, as a mis-set base URL makes it', async (path) => {
    cohere.respond(whole(text('Hi')));

    expect((await ask(gateway, path, { body: { model, messages: hello } })).status).toBe(200);
  });

  it('hears of failures in the grammar of its SDK', async () => {
    cohere.respond({ status: 498, headers: { 'content-type': 'application/json' }, body: '{"id":"x","message":"invalid token"}' });
    const badKey = await v2();
    const wrongType = await v2({ messages: [{ role: 'user', content: 7 }] });
    const unknown = await v2({ model: 'command-nothing' });

    expect([badKey.status, badKey.json<{ message: string }>().message]).toEqual([502, expect.stringContaining('credentials')]);
    expect(wrongType.json()).toMatchObject({ message: expect.stringContaining('messages[0].content'), code: 'invalid_request' });
    expect([wrongType.status, unknown.status]).toEqual([400, 404]);
    expect(unknown.json()).toMatchObject({ id: expect.stringMatching(/^req_/), code: 'unknown_model' });
  });
});

describe('a Cohere client on an OpenAI model', () => {
  const onGpt = (more: Json = {}): Json => ({ model: gptModel, messages: hello, ...more });

  it('is answered in its own grammar, whole', async () => {
    openai.respond(openaiAnswer({ text: 'Hi', tool: { name: 'clock', arguments: '{}', id: 'call_1' } }));

    const answer = await ask(gateway, '/v2/chat', { body: onGpt({ p: 0.5, stop_sequences: ['END'], k: 3, safety_mode: 'NONE' }) });

    expect(answer.json()).toMatchObject({
      finish_reason: 'TOOL_CALL',
      message: {
        role: 'assistant',
        content: [{ type: 'text', text: 'Hi' }],
        tool_calls: [{ id: 'call_1', function: { name: 'clock', arguments: '{}' } }],
      },
      usage: { tokens: { input_tokens: 9, output_tokens: 2 } },
    });
    expect(openai.requests.at(-1)?.json()).toMatchObject({ top_p: 0.5, stop: ['END'] });
    expect(answer.headers.get('x-mpc-warnings')).toContain('safety_mode');
  });

  it('is answered in its own grammar, streamed', async () => {
    openai.respond(openaiStream({ text: 'Hello there', reasoning: 'Greet' }));

    const seen = await events(onGpt({ stream: true }));

    expect(seen.map((one) => one['type'])).toEqual([
      'message-start',
      'content-start',
      'content-delta',
      'content-delta',
      'content-end',
      'content-start',
      'content-delta',
      'content-delta',
      'content-end',
      'message-end',
    ]);
    expect(seen.at(-1)).toMatchObject({ delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 9, output_tokens: 2 } } } });
  });

  it('hears of a break in mid-stream by a last event that says ERROR', async () => {
    const whole = openaiStream({ text: 'Hello there' });
    openai.respond({ ...whole, pieces: (whole.pieces ?? []).slice(0, 3), then: 'close' });

    const seen = await events(onGpt({ stream: true }));

    expect(seen.at(-1)).toMatchObject({ type: 'message-end', delta: { finish_reason: 'ERROR', error: expect.any(String) } });
  });
});

describe('an OpenAI client on Cohere', () => {
  const tools = [{ type: 'function', function: { name: 'clock', parameters: { type: 'object', properties: {} } } }];
  const chat = (more: Json = {}): ReturnType<typeof ask> =>
    ask(gateway, '/v1/chat/completions', { body: { model, messages: hello, ...more } });

  it('gets a chat completion that names the model', async () => {
    cohere.respond(whole(text('Hello')));

    const answer = await chat({ temperature: 1.5, stop: 'END', n: 1 });

    expect(answer.json()).toMatchObject({
      model,
      choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 507, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 448 } },
    });
    expect(cohere.requests.at(-1)?.json()).toEqual({ model, messages: hello, temperature: 1, stop_sequences: ['END'] });
    expect(answer.headers.get('x-mpc-warnings')).toContain('temperature');
  });

  it('runs a tool over two turns', async () => {
    cohere.respond(
      whole(
        { tool_plan: 'I look', tool_calls: [{ id: 'clock_1', type: 'function', function: { name: 'clock', arguments: 'null' } }] },
        'TOOL_CALL',
      ),
      whole(text('Noon')),
    );

    const first = await chat({ tools, tool_choice: 'required' });
    const message = first.json<{ choices: [{ message: Json }] }>().choices[0].message;
    const second = await chat({ tools, messages: [...hello, message, { role: 'tool', tool_call_id: 'clock_1', content: '12:00' }] });

    expect(message).toMatchObject({
      reasoning_content: 'I look',
      tool_calls: [{ id: 'clock_1', function: { name: 'clock', arguments: '{}' } }],
    });
    expect(second.json()).toMatchObject({ choices: [{ message: { content: 'Noon' } }] });
    expect(cohere.requests[cohere.requests.length - 2]?.json()).toMatchObject({ tool_choice: 'REQUIRED' });
    const last = cohere.requests.at(-1)?.json() as { messages: Json[] } | undefined;
    expect(last?.messages.slice(1)).toEqual([
      { role: 'assistant', tool_calls: [{ id: 'clock_1', type: 'function', function: { name: 'clock', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'clock_1', content: '12:00' },
    ]);
  });

  it('gets a stream with a finish reason and usage', async () => {
    cohere.respond(streamed);

    const seen = await collectStream(
      await open(gateway, '/v1/chat/completions', {
        body: { model, messages: hello, stream: true, stream_options: { include_usage: true } },
      }),
    );

    expect(seen.text).toContain('"content":"Hello"');
    expect(seen.text).toContain('"finish_reason":"stop"');
    expect(seen.text).toContain('"prompt_tokens":507');
    expect(seen.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('falls back when the provider fails in its first event', async () => {
    cohere.respond({
      headers: { 'content-type': 'text/event-stream' },
      pieces: [pieces[0] ?? '', event({ type: 'message-end', delta: { finish_reason: 'ERROR', error: 'overloaded' } })],
    });
    openai.respond(openaiStream({ text: 'Rescued' }));

    const seen = await collectStream(
      await open(gateway, '/v1/chat/completions', { body: { model, messages: hello, stream: true, fallbacks: [gptModel] } }),
    );

    expect(seen.text).toContain('Rescued');
  });
});

describe('embeddings and rerank', () => {
  it('pass to Cohere as they are', async () => {
    const answer = {
      id: 'e',
      embeddings: { int8: [[1, 2]] },
      meta: { billed_units: { input_tokens: 3 } },
      response_type: 'embeddings_by_type',
    };
    cohere.respond({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) });
    const body = { model: 'embed-v4.0', texts: ['a'], input_type: 'search_query', embedding_types: ['int8'] };

    const embedded = await ask(gateway, '/v2/embed', { body });

    expect(embedded.status, embedded.text).toBe(200);
    expect(embedded.json()).toEqual(answer);
    expect(cohere.requests.at(-1)?.json()).toEqual(body);
  });

  it('serve an OpenAI client, with the purpose taken for granted and said', async () => {
    cohere.respond({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'e', embeddings: { float: [[0.5, 0.25]] }, meta: { billed_units: { input_tokens: 3 } } }),
    });

    const embedded = await ask(gateway, '/v1/embeddings', { body: { model: 'embed-v4.0', input: ['a'] } });

    expect(embedded.status, embedded.text).toBe(200);
    expect(embedded.json()).toMatchObject({ data: [{ index: 0, embedding: [0.5, 0.25] }], usage: { prompt_tokens: 3 } });
    expect(cohere.requests.at(-1)?.json()).toEqual({
      model: 'embed-v4.0',
      texts: ['a'],
      input_type: 'search_document',
      embedding_types: ['float'],
    });
    expect(embedded.headers.get('x-mpc-warnings')).toContain('input_type');
  });

  it('rank documents, on the old path with the documents in the answer', async () => {
    cohere.respond({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: 'r',
        results: [
          { index: 1, relevance_score: 0.9 },
          { index: 0, relevance_score: 0.1 },
        ],
        meta: { billed_units: { search_units: 1 } },
      }),
    });
    const body = { model: 'rerank-v3.5', query: 'q', documents: [{ text: 'a' }, 'b'], return_documents: true };

    const ranked = await ask(gateway, '/v1/rerank', { body });

    expect(ranked.status, ranked.text).toBe(200);
    expect(ranked.json()).toMatchObject({
      results: [
        { index: 1, relevance_score: 0.9, document: { text: 'b' } },
        { index: 0, relevance_score: 0.1, document: { text: 'a' } },
      ],
      meta: { billed_units: { search_units: 1 } },
    });
    expect(cohere.requests.at(-1)?.json()).toEqual({ model: 'rerank-v3.5', query: 'q', documents: ['a', 'b'] });
  });

  it('answer errors of the provider in their grammar', async () => {
    cohere.respond(openaiError(400, { message: 'too many texts' }));

    const answer = await ask(gateway, '/v2/embed', { body: { model: 'embed-v4.0', texts: ['a'], input_type: 'search_query' } });

    expect([answer.status, answer.json<{ message: string }>().message]).toEqual([400, 'too many texts']);
  });
});
