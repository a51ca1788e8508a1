import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicStream, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { collectStream, jsonFrames } from '../support/collect.ts';
import { type Answer, ask, claudeModel, gptModel, type Json, lineOf, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

interface GeminiAnswer {
  readonly candidates: readonly {
    readonly content: { readonly role: string; readonly parts: readonly Json[] };
    readonly finishReason?: string;
    readonly index: number;
  }[];
  readonly usageMetadata?: Readonly<Record<string, number>>;
  readonly modelVersion: string;
  readonly responseId: string;
}
interface GeminiError {
  readonly error: { readonly code: number; readonly message: string; readonly status: string; readonly details: readonly Json[] };
}

const hello = { contents: [{ role: 'user', parts: [{ text: 'Say hello' }] }] };
const generate = (model: string, more: Json = {}, folder = '/v1beta/models'): Promise<Answer> =>
  ask(stage.gateway, `${folder}/${model}:generateContent`, { body: { ...hello, ...more } });
const textOf = (answer: GeminiAnswer): string =>
  (answer.candidates[0]?.content.parts ?? []).map((part) => (part['thought'] === true ? '' : String(part['text'] ?? ''))).join('');

describe('a Gemini client of a chat upstream', () => {
  it('gets a whole answer in its own words', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await generate(gptModel, { generationConfig: { maxOutputTokens: 50, temperature: 0.5, stopSequences: ['END'] } });

    const body = answer.json<GeminiAnswer>();
    expect(answer.status).toBe(200);
    expect(textOf(body)).toBe('Hello there');
    expect(body.candidates[0]).toMatchObject({ finishReason: 'STOP', index: 0, content: { role: 'model' } });
    expect(body.usageMetadata?.['totalTokenCount']).toBeGreaterThan(0);
    const sent = stage.openai.requests.at(-1)?.body.toString() ?? '';
    expect(JSON.parse(sent)).toMatchObject({ model: gptModel, temperature: 0.5, stop: ['END'] });
  });

  it.each([
    '/v1/models',
    '/v1beta1/publishers/google/models',
    '/v1/v1beta/models',
    '//v1beta/models',
    '/v1beta1/projects/p/locations/global/publishers/google/models',
    '/v1/projects/p/locations/europe-west4/publishers/google/models',
  ])('is served under %s', async (folder) => {
    stage.openai.respond(openaiAnswer());

    expect(textOf((await generate(gptModel, {}, folder)).json())).toBe('Hello there');
  });

  it('names another publisher in the path, as the SDK does on Vertex AI paths', async () => {
    stage.openai.respond(openaiAnswer());

    expect((await generate(gptModel, {}, '/v1beta1/publishers/openai/models')).status).toBe(200);
  });

  it.each(['openai%2Fgpt-4o-mini', 'openai/gpt-4o-mini', 'models/gpt-4o-mini'])('names its model as %s', async (model) => {
    stage.openai.respond(openaiAnswer());

    expect((await generate(model)).status).toBe(200);
  });

  it('gets server-sent events with alt=sse, and the upstream is asked for a stream', async () => {
    stage.openai.respond(openaiStream({ text: 'Hello there', tool: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }));

    const response = await open(stage.gateway, `/v1beta/models/${gptModel}:streamGenerateContent?alt=sse`, { body: hello });
    const frames = jsonFrames<GeminiAnswer>(await collectStream(response));

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(frames.map(textOf).join('')).toBe('Hello there');
    const calls = frames.flatMap((frame) => frame.candidates[0]?.content.parts.filter((part) => part['functionCall'] !== undefined) ?? []);
    expect(calls).toEqual([{ functionCall: { id: expect.any(String) as string, name: 'get_weather', args: { city: 'Oslo' } } }]);
    expect(frames.at(-1)?.candidates[0]?.finishReason).toBe('STOP');
    expect(frames.at(-1)?.usageMetadata?.['totalTokenCount']).toBeGreaterThan(0);
    expect(JSON.parse(stage.openai.requests.at(-1)?.body.toString() ?? '')).toMatchObject({ stream: true });
  });

  it('gets one JSON list without alt=sse', async () => {
    stage.openai.respond(openaiStream());

    const answer = await ask(stage.gateway, `/v1beta/models/${gptModel}:streamGenerateContent`, { body: hello });

    const list = answer.json<readonly GeminiAnswer[]>();
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(list.map(textOf).join('')).toBe('Hello there');
    expect(list.at(-1)?.candidates[0]?.finishReason).toBe('STOP');
  });

  it('gets the error as the last member of the list when the stream breaks off', async () => {
    const whole = openaiStream().pieces ?? [];
    stage.openai.respond({ headers: { 'content-type': 'text/event-stream' }, pieces: whole.slice(0, 2) });

    const answer = await ask(stage.gateway, `/v1beta/models/${gptModel}:streamGenerateContent`, { body: hello });

    const list = answer.json<readonly (GeminiAnswer & Partial<GeminiError>)[]>();
    expect(list.at(-1)?.error).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('streams from an Anthropic upstream', async () => {
    stage.anthropic.respond(anthropicStream({ reasoning: 'hm', text: 'Hello there' }));

    const response = await open(stage.gateway, `/v1beta/models/${claudeModel}:streamGenerateContent?alt=sse`, { body: hello });
    const frames = jsonFrames<GeminiAnswer>(await collectStream(response));

    expect(frames.map(textOf).join('')).toBe('Hello there');
    const parts = frames.flatMap((frame) => frame.candidates[0]?.content.parts ?? []);
    expect(parts.flatMap((part) => (part['thought'] === true ? [part['text']] : [])).join('')).toBe('hm');
  });

  it('keeps ids over a tool loop where it sends none', async () => {
    stage.openai.respond(openaiAnswer());

    await generate(gptModel, {
      contents: [
        ...hello.contents,
        { role: 'model', parts: [{ functionCall: { name: 'a', args: { x: 1 } } }, { functionCall: { name: 'b' } }] },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'b', response: { output: 'two' } } },
            { functionResponse: { name: 'a', response: { output: 'one' } } },
          ],
        },
      ],
      tools: [
        { functionDeclarations: [{ name: 'a', parameters: { type: 'OBJECT', properties: { x: { type: 'INTEGER' } } } }, { name: 'b' }] },
      ],
    });

    const { messages, tools } = JSON.parse(stage.openai.requests.at(-1)?.body.toString() ?? '') as {
      messages: { role: string; tool_call_id?: string; content?: string; tool_calls?: { id: string; function: { name: string } }[] }[];
      tools: { function: { parameters: Json } }[];
    };
    const ids = new Map(messages[1]?.tool_calls?.map((call) => [call.function.name, call.id]));
    expect(messages.filter((message) => message.role === 'tool')).toEqual(
      expect.arrayContaining([
        { role: 'tool', tool_call_id: ids.get('a'), content: 'one' },
        { role: 'tool', tool_call_id: ids.get('b'), content: 'two' },
      ]),
    );
    expect(tools[0]?.function.parameters).toEqual({ type: 'object', properties: { x: { type: 'integer' } } });
  });

  it('is warned of settings that only Gemini knows', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await generate(gptModel, {
      safetySettings: [{ category: 'X', threshold: 'OFF' }],
      generationConfig: { mediaResolution: 'LOW' },
    });

    expect(answer.headers.get('x-mpc-warnings')).toContain('safetySettings');
    expect(answer.headers.get('x-mpc-warnings')).toContain('generationConfig.mediaResolution');
  });
});

describe('errors in Google’s words', () => {
  it('name the field of a wrong type', async () => {
    const answer = await generate(gptModel, { contents: [{ role: 'user', parts: [{ text: 5 }] }] });

    expect(answer.status).toBe(400);
    expect(answer.json<GeminiError>().error).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining('contents[0].parts[0].text') as string,
    });
  });

  it('tell an unknown model, an unknown method and a wrong verb', async () => {
    const unknown = await generate('no-such-model-at-all');
    const method = await ask(stage.gateway, `/v1beta/models/${gptModel}:predictTheFuture`, { body: hello });
    const verb = await ask(stage.gateway, `/v1beta/models`, { method: 'POST', body: {} });

    expect(unknown.json<GeminiError>().error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
    expect(method.json<GeminiError>().error).toMatchObject({
      code: 404,
      status: 'NOT_FOUND',
      message: expect.stringContaining('generateContent'),
    });
    expect(verb.status).toBe(405);
  });

  it('carry the delay as RetryInfo', async () => {
    // A stage of its own: a connection that was told to wait is left alone for that time.
    const limited = await startStage();
    limited.openai.respond({
      ...openaiError(429, { message: 'slow down' }),
      headers: { 'content-type': 'application/json', 'retry-after': '120' },
    });

    const answer = await ask(limited.gateway, `/v1beta/models/${gptModel}:generateContent`, { body: hello });

    expect(answer.json<GeminiError>().error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
    expect(answer.json<GeminiError>().error.details).toContainEqual({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: '120s',
    });
  });
});

describe('countTokens', () => {
  it('estimates for a provider that cannot count, and says so', async () => {
    const answer = await ask(stage.gateway, `/v1beta/models/${gptModel}:countTokens`, { body: hello });

    expect(answer.json()['totalTokens']).toBeGreaterThan(0);
    expect(answer.headers.get('x-mpc-warnings')).toContain('estimated');
  });

  it('wants something to count', async () => {
    expect((await ask(stage.gateway, `/v1beta/models/${gptModel}:countTokens`, { body: {} })).json<GeminiError>().error.status).toBe(
      'INVALID_ARGUMENT',
    );
  });
});

describe('the key in the query', () => {
  const adminKey = 'admin-secret-of-this-test';

  it('is taken as in every header, but for the admin key, and goes no further', async () => {
    const keyed = await startStage({ env: { MPC_ADMIN_KEY: adminKey, MPC_SERVER_AUTH: 'required' } });
    const { key } = (
      await ask(keyed.gateway, '/admin/keys', { body: { name: 'k' }, headers: { authorization: `Bearer ${adminKey}` } })
    ).json<{ key: string }>();
    const withKey = (text: string): Promise<Answer> =>
      ask(keyed.gateway, `/v1beta/models/${gptModel}:generateContent?key=${encodeURIComponent(text)}`, { body: hello });
    keyed.openai.respond(openaiAnswer());

    expect((await withKey(key)).status).toBe(200);
    expect(JSON.stringify(keyed.openai.requests)).not.toContain(key);
    expect((await withKey(adminKey)).json<GeminiError>().error).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    expect((await withKey('mpc-wrong')).json<GeminiError>().error.details[0]).toMatchObject({ reason: 'INVALID_KEY' });
    expect((await withKey('')).json<GeminiError>().error.details[0]).toMatchObject({ reason: 'MISSING_KEY' });
  });
});

describe('the list of models', () => {
  it('has Google’s shape and pages', async () => {
    const first = (await ask(stage.gateway, '/v1beta/models?pageSize=2')).json<{ models: Json[]; nextPageToken: string }>();
    const second = (await ask(stage.gateway, `/v1beta/models?pageSize=2&pageToken=${first.nextPageToken}`)).json<{ models: Json[] }>();

    expect(first.models).toHaveLength(2);
    expect(first.models[0]?.['name']).toMatch(/^models\//);
    expect(second.models[0]).not.toEqual(first.models[0]);
  });

  it('describes one model, and answers Google’s SDK under /v1/models too', async () => {
    const one = await ask(stage.gateway, `/v1beta/models/${gptModel}`);
    const listed = await ask(stage.gateway, '/v1/models', { headers: { 'x-goog-api-client': 'google-genai-sdk/3.1.0' } });

    expect(one.json()).toMatchObject({
      name: `models/${gptModel}`,
      supportedGenerationMethods: expect.arrayContaining(['generateContent']) as string[],
    });
    expect(listed.json()['models']).toBeDefined();
  });
});

it('is logged with its dialect and model', async () => {
  stage.openai.respond(openaiAnswer());

  const line = await lineOf(stage.gateway, await generate(gptModel));

  expect(line).toMatchObject({ dialect: 'gemini', requested_model: gptModel, provider: 'openai', stream: false });
});
