import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, streamOf } from '../support/canned-replies.ts';
import { collectStream, jsonFrames } from '../support/collect.ts';
import type { FakeUpstream, Reply } from '../support/fake-upstream.ts';
import { listRecordings, noRecordings, recordedDir, replay } from '../support/fixtures.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ask, type Json, lineOf, type LogLine, open, start, startProvider } from './client.ts';

const key = 'AIza-upstream-google-0123456789';
const older = 'gemini-2.5-flash';
const newer = 'gemini-3-flash-preview';
let google: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  google = await startProvider();
  gateway = await start({ env: { GOOGLE_GEMINI_BASE_URL: google.url, GEMINI_API_KEY: key } });
});

interface Candidate {
  readonly parts?: readonly Json[];
  readonly finishReason?: string;
}

function answerOf({ parts = [{ text: 'Hello there' }], finishReason = 'STOP' }: Candidate = {}, more: Json = {}): Json {
  return {
    candidates: [{ content: { role: 'model', parts }, ...(finishReason !== '' && { finishReason }), index: 0 }],
    usageMetadata: {
      promptTokenCount: 50,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 5,
      totalTokenCount: 62,
    },
    modelVersion: older,
    responseId: 'resp-1',
    ...more,
  };
}
const whole = (candidate: Candidate = {}, more: Json = {}): Reply => ({
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(answerOf(candidate, more)),
});
const frames = (...candidates: readonly Candidate[]): string[] =>
  candidates.map((candidate) => `data: ${JSON.stringify(answerOf(candidate))}\r\n\r\n`);
const sent = (): { readonly path: string; readonly headers: Readonly<Record<string, unknown>>; readonly body: Json } => {
  const request = google.requests.at(-1);
  return { path: request?.path ?? '', headers: request?.headers ?? {}, body: JSON.parse(request?.body.toString() ?? '{}') as Json };
};

const hello = [{ role: 'user', content: 'Say hello' }];
const chat = (more: Json = {}) => ask(gateway, '/v1/chat/completions', { body: { model: older, messages: hello, ...more } });
const contents = [{ role: 'user', parts: [{ text: 'Say hello' }] }];

interface ChatAnswer {
  readonly choices: readonly {
    readonly finish_reason: string;
    readonly message: {
      readonly content: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[];
    } & Json;
  }[];
  readonly usage: Json;
}

describe('a Gemini client of the Gemini API', () => {
  it('gets the provider’s bytes, and the provider the caller’s', async () => {
    const body = `{"candidates": [{"content":{"parts":[{"text":"hi"}],"role":"model"},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["x"]}}],"usageMetadata":{"promptTokenCount":3,"totalTokenCount":4,"candidatesTokenCount":1}}`;
    google.respond({ headers: { 'content-type': 'application/json' }, body });
    const raw =
      '{"contents":[{"role":"user","parts":[{"text":"x"}]}], "safety_settings":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}';

    const answer = await ask(gateway, `/v1beta/models/google/${older}:generateContent`, {
      raw,
      headers: { 'x-goog-api-key': 'callers-own' },
    });

    expect(answer.text).toBe(body);
    expect(google.requests.at(-1)?.body.toString()).toBe(raw);
    expect(sent().path).toBe(`/v1beta/models/${older}:generateContent`);
    expect(sent().headers['x-goog-api-key']).toBe(key);
  });

  it('gets the frames of a stream as they came, billed from the last counts', async () => {
    const pieces = frames({ parts: [{ text: 'Hello' }], finishReason: '' }, { parts: [{ text: ' there' }] });
    google.respond(streamOf(pieces));

    const response = await open(gateway, `/v1beta/models/${older}:streamGenerateContent?alt=sse`, { body: { contents } });

    expect(await response.text()).toBe(pieces.join('').replaceAll('\r\n', '\n'));
    expect(sent().path).toBe(`/v1beta/models/${older}:streamGenerateContent?alt=sse`);
    expect((await lineOf(gateway, response)).usage).toMatchObject({ input: 10, cached_input: 40, output: 7, reasoning: 5 });
  });

  it('gets the list form although the provider is asked for events, with everything of the request', async () => {
    google.respond(
      streamOf(frames({ parts: [{ text: 'Hello', thoughtSignature: 'c2ln' }], finishReason: '' }, { parts: [{ text: ' there' }] })),
    );

    const body = { contents, safetySettings: [{ category: 'X', threshold: 'OFF' }] };
    const answer = await ask(gateway, `/v1beta/models/${older}:streamGenerateContent`, { body });

    expect(answer.json<Json[]>().map((one) => (one['candidates'] as { content: { parts: Json[] } }[])[0]?.content.parts[0])).toEqual([
      { text: 'Hello', thoughtSignature: 'c2ln' },
      { text: ' there' },
      { text: '' },
    ]);
    expect(sent().path).toContain('alt=sse');
    expect(sent().body).toEqual(body);
  });

  it('has its tokens counted by the provider, under the provider’s name of the model', async () => {
    google.respond({ headers: { 'content-type': 'application/json' }, body: '{"totalTokens":12}' });

    const answer = await ask(gateway, `/v1beta/models/google%2F${older}:countTokens`, {
      body: { generateContentRequest: { model: 'models/whatever', contents } },
    });

    expect(answer.json()).toEqual({ totalTokens: 12 });
    expect(sent().path).toBe(`/v1beta/models/${older}:countTokens`);
    expect(sent().body).toEqual({ generateContentRequest: { model: `models/${older}`, contents } });
  });

  it('embeds one content or several', async () => {
    google.respond({ headers: { 'content-type': 'application/json' }, body: '{"embeddings":[{"values":[0.5,1]}]}' });
    const single = await ask(gateway, '/v1beta/models/gemini-embedding-001:embedContent', {
      body: { content: { parts: [{ text: 'hi' }] }, taskType: 'RETRIEVAL_QUERY', outputDimensionality: 2 },
    });
    expect(single.json()).toEqual({ embedding: { values: [0.5, 1] } });
    expect(sent().path).toBe('/v1beta/models/gemini-embedding-001:batchEmbedContents');
    expect(sent().body).toEqual({
      requests: [
        {
          model: 'models/gemini-embedding-001',
          content: { parts: [{ text: 'hi' }] },
          taskType: 'RETRIEVAL_QUERY',
          outputDimensionality: 2,
        },
      ],
    });

    google.respond({ headers: { 'content-type': 'application/json' }, body: '{"embeddings":[{"values":[1]},{"values":[2]}]}' });
    const batch = await ask(gateway, '/v1beta/models/gemini-embedding-001:batchEmbedContents', {
      body: { requests: [{ model: 'models/x', content: { parts: [{ text: 'a' }] } }, { content: { parts: [{ text: 'b' }] } }] },
    });
    expect(batch.json()).toEqual({ embeddings: [{ values: [1] }, { values: [2] }] });
  });
});

describe('a chat client of the Gemini API', () => {
  it('gets a whole answer, thinking apart, and every token counted once', async () => {
    google.respond(whole({ parts: [{ text: 'hm', thought: true }, { text: 'Hello there' }] }));

    const answer = await chat({ max_tokens: 20, temperature: 0.3, reasoning_effort: 'low' });

    const [choice] = answer.json<ChatAnswer>().choices;
    expect(choice?.message).toMatchObject({ content: 'Hello there', reasoning_content: 'hm' });
    expect(choice?.finish_reason).toBe('stop');
    expect((await lineOf(gateway, answer)).usage).toMatchObject({ input: 10, cached_input: 40, output: 7, reasoning: 5 });
    expect(sent().body).toEqual({
      contents,
      generationConfig: { maxOutputTokens: 20, temperature: 0.3, thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } },
    });
  });

  it('streams', async () => {
    google.respond(streamOf(frames({ parts: [{ text: 'Hello' }], finishReason: '' }, { parts: [{ text: ' there' }] })));

    const response = await open(gateway, '/v1/chat/completions', {
      body: { model: older, messages: hello, stream: true, stream_options: { include_usage: true } },
    });
    const stream = await collectStream(response);

    const chunks = jsonFrames<{ choices: { delta: { content?: string } }[]; usage?: Json }>(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello there');
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 50, completion_tokens: 12 });
  });

  it.each([
    ['a chat client', (message: Json) => message],
    [
      'a client that keeps nothing but the calls',
      (message: Json) => ({ role: 'assistant', content: null, tool_calls: message['tool_calls'] }),
    ],
  ] as const)('works through a tool loop of three turns with %s', async (_name, keep) => {
    const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object', properties: { a: { type: 'integer' } } } } }];
    const history: Json[] = [...hello];
    for (const turn of [1, 2]) {
      google.respond(
        whole({
          parts: [
            { functionCall: { name: 'add', args: { a: turn } }, thoughtSignature: `c2lnbmF0dXJl${turn}` },
            { functionCall: { name: 'add', args: { a: turn + 10 } } },
          ],
        }),
      );
      const message = (await chat({ model: newer, messages: history, tools })).json<ChatAnswer>().choices[0]?.message;
      expect(message?.tool_calls?.map((call) => call.function)).toEqual([
        { name: 'add', arguments: `{"a":${turn}}` },
        { name: 'add', arguments: `{"a":${turn + 10}}` },
      ]);
      history.push(keep(message ?? {}));
      // Answered in the other order.
      for (const call of [...(message?.tool_calls ?? [])].reverse())
        history.push({ role: 'tool', tool_call_id: call.id, content: `done ${call.id}` });
    }
    google.respond(whole());

    const last = await chat({ model: newer, messages: history, tools });

    expect(last.json<ChatAnswer>().choices[0]?.message.content).toBe('Hello there');
    const turns = sent().body['contents'] as { role: string; parts: Json[] }[];
    expect(turns.map((turn) => turn.role)).toEqual(['user', 'model', 'user', 'model', 'user']);
    const signatures = turns.filter((turn) => turn.role === 'model').map((turn) => turn.parts.map((part) => part['thoughtSignature']));
    const expected = _name === 'a chat client' ? ['c2lnbmF0dXJl1', 'c2lnbmF0dXJl2'] : Array(2).fill('skip_thought_signature_validator');
    expect(signatures).toEqual(expected.map((signature: string) => [signature, undefined]));
    const ids = turns[1]?.parts.map((part) => (part['functionCall'] as Json)['id']);
    expect(turns[2]?.parts.map((part) => (part['functionResponse'] as Json)['id'])).toEqual(ids);
    expect(turns[2]?.parts[0]?.['functionResponse']).toMatchObject({ name: 'add', response: { output: `done ${String(ids?.[0])}` } });
  });

  it('is told that an answer or a prompt was blocked', async () => {
    google.respond(whole({ parts: [], finishReason: 'SAFETY' }));
    const blocked = await chat();
    google.respond({
      headers: { 'content-type': 'application/json' },
      body: '{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}',
    });
    const refused = await chat();

    expect(blocked.json<ChatAnswer>().choices[0]?.finish_reason).toBe('content_filter');
    expect(refused.json<ChatAnswer>().choices[0]).toMatchObject({ finish_reason: 'content_filter' });
  });

  it('never sees a failed function call: another try is made', async () => {
    google.respond(whole({ parts: [], finishReason: 'MALFORMED_FUNCTION_CALL' }), whole());

    const answer = await chat();

    expect(answer.json<ChatAnswer>().choices[0]?.message.content).toBe('Hello there');
    expect((await lineOf(gateway, answer)).attempts.map((attempt) => attempt.error_code)).toEqual(['upstream_error', null]);
  });

  it.each([
    [
      'an invalid key',
      400,
      {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
      },
      502,
      'upstream_auth_failed',
    ],
    [
      'a prompt that is too long',
      400,
      {
        code: 400,
        message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
        status: 'INVALID_ARGUMENT',
      },
      400,
      'context_length_exceeded',
    ],
    ['an overloaded model', 503, { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }, 503, 'upstream_overloaded'],
  ] as const)('hears of %s', async (_what, status, error, expected, code) => {
    google.respond({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) });

    const answer = await chat();

    expect(answer.status).toBe(expected);
    expect((await lineOf(gateway, answer)).error_code).toBe(code);
    expect(answer.text).not.toContain(key);
  });

  it('is told to wait as long as RetryInfo says, which is nowhere but in the body', async () => {
    const limited = await startProvider();
    const other = await start({ env: { GOOGLE_GEMINI_BASE_URL: limited.url, GEMINI_API_KEY: key } });
    const error = {
      code: 429,
      message: 'quota',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '134.4s' }],
    };
    limited.respond({ status: 429, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) });

    const answer = await ask(other, '/v1/chat/completions', { body: { model: older, messages: hello } });

    expect(answer.headers.get('retry-after-ms')).toBe('134400');
  });

  it.skipIf(recordedDir === undefined)(
    `understands every recorded answer (${recordedDir === undefined ? noRecordings : 'whole and streamed'})`,
    async () => {
      for (const path of listRecordings('google').filter((name) => !name.includes('rate-limited'))) {
        google.respond(replay(path));
        const stream = path.endsWith('.chunks.txt');

        const answer = await chat({ stream });

        expect(answer.status, path).toBe(200);
        const line: LogLine = await lineOf(gateway, answer);
        expect(line.usage?.source, path).toBe('upstream');
        expect(line.usage?.output, path).toBeGreaterThan(0);
      }
    },
  );
});

describe('an Anthropic client of the Gemini API', () => {
  it('carries thought signatures through a tool loop without knowing them', async () => {
    const tools = [{ name: 'add', input_schema: { type: 'object', properties: { a: { type: 'integer' } } } }];
    const ask2 = (messages: readonly unknown[], stream: boolean) =>
      open(gateway, '/v1/messages', { body: { model: newer, max_tokens: 50, messages, tools, stream } });
    google.respond(whole({ parts: [{ functionCall: { name: 'add', args: { a: 1 } }, thoughtSignature: 'c2ln' }] }));
    const answer = (await (await ask2(hello, false)).json()) as { content: { type: string; id?: string }[]; stop_reason: string };
    google.respond(streamOf(frames({ parts: [{ text: 'Hello there' }] })));

    const result = { type: 'tool_result', tool_use_id: answer.content.at(-1)?.id, content: 'one' };
    const second = await ask2([...hello, { role: 'assistant', content: answer.content }, { role: 'user', content: [result] }], true);

    expect(answer.content.map((block) => block.type)).toEqual(['redacted_thinking', 'tool_use']);
    expect(answer.stop_reason).toBe('tool_use');
    expect(await second.text()).toContain('"stop_reason":"end_turn"');
    const turns = sent().body['contents'] as { parts: Json[] }[];
    expect(turns[1]?.parts).toMatchObject([{ functionCall: { name: 'add', args: { a: 1 } }, thoughtSignature: 'c2ln' }]);
    expect(turns[2]?.parts).toMatchObject([{ functionResponse: { name: 'add', response: { output: 'one' } } }]);
  });
});

describe('Vertex AI', () => {
  it('serves Gemini, Claude and open models of a project, each in its own grammar', async () => {
    const vertex = await startProvider();
    const file = join(tempDir(), 'mpc.yaml');
    writeFileSync(
      file,
      `connections:\n  - id: vx\n    provider: vertex\n    base_url: ${vertex.url}/v1\n    api_key: ya29.token-of-this-test\n    account: { project: my-project, location: europe-west4 }\n`,
    );
    const other = await start({ env: { MPC_CONFIG: file } });
    const place = '/v1/projects/my-project/locations/europe-west4';
    const path = (): string => decodeURIComponent(vertex.requests.at(-1)?.path ?? '');
    const body = (): Json => JSON.parse(vertex.requests.at(-1)?.body.toString() ?? '{}') as Json;

    vertex.respond(whole());
    const history = [
      ...hello,
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
    ];
    const gemini = await ask(other, '/v1/chat/completions', { body: { model: `vertex/${older}`, messages: history } });
    expect(gemini.status).toBe(200);
    expect(path()).toBe(`${place}/publishers/google/models/${older}:generateContent`);
    expect(vertex.requests.at(-1)?.headers['x-goog-api-key']).toBe('ya29.token-of-this-test');
    expect((body()['contents'] as { parts: Json[] }[])[1]?.parts[0]).toEqual({ functionCall: { name: 'f', args: {} } });

    vertex.respond(anthropicAnswer());
    const claude = await ask(other, '/v1/messages', {
      body: { model: 'vertex/claude-sonnet-4-5@20250929', max_tokens: 10, messages: hello },
    });
    expect(claude.status).toBe(200);
    expect(path()).toBe(`${place}/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`);
    expect(body()).toEqual({ max_tokens: 10, messages: hello, anthropic_version: 'vertex-2023-10-16' });

    await ask(other, '/v1/messages', {
      headers: { 'anthropic-beta': 'context-1m-2025-08-07, interleaved-thinking-2025-05-14' },
      body: { model: 'vertex/claude-sonnet-4-5@20250929', max_tokens: 10, messages: hello, anthropic_beta: ['context-1m-2025-08-07'] },
    });
    expect(body()['anthropic_beta']).toEqual(['context-1m-2025-08-07', 'interleaved-thinking-2025-05-14']);
    expect(vertex.requests.at(-1)?.headers['anthropic-beta']).toBeUndefined();

    vertex.respond(openaiAnswer());
    const llama = await ask(other, '/v1/chat/completions', { body: { model: 'vertex/meta/llama-3.3-70b-instruct-maas', messages: hello } });
    expect(llama.status).toBe(200);
    expect(path()).toBe(`${place}/endpoints/openapi/chat/completions`);
    expect(body()['model']).toBe('meta/llama-3.3-70b-instruct-maas');
  });

  it('serves Gemini without a project where there is an API key', async () => {
    const vertex = await startProvider(whole());
    const other = await start({ env: { VERTEX_API_KEY: 'AQ.express-key-of-this-test', VERTEX_BASE_URL: vertex.url } });

    const answer = await ask(other, '/v1/chat/completions', { body: { model: `vertex/${older}`, messages: hello } });

    expect(answer.status).toBe(200);
    expect(vertex.requests.at(-1)?.path).toBe(`/v1/publishers/google/models/${older}:generateContent`);
  });
});
