// The Responses API over real sockets: a client of it before upstreams of three grammars, and what is kept of its answers.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readResponseStream, sumUp } from '../conformance/openai-responses-grammar.ts';
import {
  anthropicAnswer,
  anthropicFrames,
  anthropicStream,
  openaiAnswer,
  openaiError,
  openaiStream,
  streamOf,
} from '../support/canned-replies.ts';
import { collectStream, type SeenStream } from '../support/collect.ts';
import type { FakeUpstream, Reply, SeenRequest } from '../support/fake-upstream.ts';
import {
  type Answer,
  ask,
  chat,
  claudeModel,
  gptModel,
  type Json,
  lineOf,
  open,
  type OpenaiErrorBody,
  type Stage,
  startProvider,
  startStage,
} from './client.ts';

const groqModel = 'groq/llama-3.3-70b-versatile';
const onlyModel = 'gpt-5-pro';

let stage: Stage;
let groq: FakeUpstream;
beforeAll(async () => {
  groq = await startProvider();
  stage = await startStage({ env: { GROQ_BASE_URL: groq.baseUrl, GROQ_API_KEY: 'gsk-upstream-0123456789' } });
});

let count = 0;
beforeEach(() => {
  count += 1;
});

interface ResponseBody {
  readonly id: string;
  readonly object: string;
  readonly status: string;
  readonly model: string;
  readonly output: readonly Json[];
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  readonly previous_response_id: string | null;
}

const wireResponse = (text: string, more: Json = {}): Json => ({
  id: `resp_up_${count}`,
  object: 'response',
  created_at: 1_700_000_000,
  status: 'completed',
  model: 'gpt-4o-mini-2024-07-18',
  error: null,
  incomplete_details: null,
  output: [
    {
      id: `msg_up_${count}`,
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 12,
  },
  ...more,
});
const wireAnswer = (text: string, more: Json = {}): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(wireResponse(text, more)),
});

const frame = (event: Json, sequence: number): string =>
  `event: ${String(event['type'])}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`;
const started = (): Json[] => [
  { type: 'response.created', response: wireResponse('', { status: 'in_progress', output: [], usage: null }) },
  { type: 'response.in_progress', response: wireResponse('', { status: 'in_progress', output: [], usage: null }) },
];
const textFrames = (text: string): string[] => {
  const place = { item_id: `msg_up_${count}`, output_index: 0, content_index: 0 };
  const part = { type: 'output_text', text, annotations: [] };
  const done = wireResponse(text);
  return [
    ...started(),
    { type: 'response.output_item.added', output_index: 0, item: { id: `msg_up_${count}`, type: 'message', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...[...text].map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item: (done['output'] as Json[])[0] },
    { type: 'response.completed', response: done },
  ].map(frame);
};
const failedFrames = (): string[] =>
  [
    ...started(),
    { type: 'error', error: { type: 'server_error', code: 'server_error', message: 'it broke', param: null } },
    {
      type: 'response.failed',
      response: wireResponse('', { status: 'failed', output: [], error: { code: 'server_error', message: 'it broke' } }),
    },
  ].map(frame);

const create = (more: Json = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(stage.gateway, '/v1/responses', { body: { model: gptModel, input: 'Say hello', ...more }, headers });
const stream = async (more: Json = {}): Promise<SeenStream> =>
  collectStream(await open(stage.gateway, '/v1/responses', { body: { model: gptModel, input: 'Say hello', stream: true, ...more } }));
const textOf = (answer: Answer): string => sumUp(answer.json<ResponseBody>().output).text;
const sentBody = (upstream: FakeUpstream, index = -1): Json => (upstream.requests.at(index) as SeenRequest).json() as Json;

describe('an upstream of the same grammar', () => {
  it('gets the body as it came but for the model, and its answer goes out as it came', async () => {
    const body = JSON.stringify(wireResponse('Hello', { vendor_extra: { deep: [1] } }));
    stage.openai.respond({ headers: { 'content-type': 'application/json' }, body });

    const answer = await create({ model: `openai/${gptModel}`, vendor_field: 1, include: ['reasoning.encrypted_content'] });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.text).toBe(body);
    expect(stage.openai.requests.at(-1)?.path).toBe('/v1/responses');
    expect(sentBody(stage.openai)).toEqual({
      model: gptModel,
      input: 'Say hello',
      vendor_field: 1,
      include: ['reasoning.encrypted_content'],
    });
    const line = await lineOf(stage.gateway, answer);
    expect(line).toMatchObject({ dialect: 'openai-responses', status: 200, usage: { input: 9, output: 3 }, priced: true });
  });

  it('streams byte for byte', async () => {
    const frames = textFrames('Hello there');
    stage.openai.respond(streamOf(frames));

    const seen = await stream();

    expect(seen.text).toBe(frames.join(''));
    expect(readResponseStream(seen.text).text).toBe('Hello there');
  });

  it('that answers 200 and then fails before content is retried, then is an error of its status', async () => {
    stage.openai.respond(streamOf(failedFrames()));

    const response = await open(stage.gateway, '/v1/responses', { body: { model: gptModel, input: 'x', stream: true } });

    expect(response.status).toBe(502);
    expect(((await response.json()) as OpenaiErrorBody).error).toMatchObject({ message: 'it broke', code: 'server_error' });
  });

  it('that answers 200 and then fails before content is replaced by a fallback', async () => {
    stage.openai.respond(streamOf(failedFrames()));
    stage.anthropic.respond(anthropicStream({ text: 'Saved' }));

    const read = readResponseStream((await stream({ fallbacks: [claudeModel] })).text);

    expect(read.text).toBe('Saved');
  });

  it('whose whole answer has failed is a failure, too', async () => {
    stage.openai.respond(wireAnswer('', { status: 'failed', output: [], error: { code: 'rate_limit_exceeded', message: 'slow down' } }));
    stage.anthropic.respond(anthropicAnswer({ text: 'Saved' }));

    expect(textOf(await create({ fallbacks: [claudeModel] }))).toBe('Saved');
  });

  it('that breaks off after content ends in response.failed with the next numbers', async () => {
    const frames = textFrames('Hello');
    stage.openai.respond({ ...streamOf(frames.slice(0, 6)), then: 'close' });

    const seen = await stream();

    expect(seen.frames.at(-1)?.event).toBe('response.failed');
    expect(seen.frames.at(-2)?.event).toBe('error');
    const failed = JSON.parse(seen.frames.at(-1)?.data ?? '') as { sequence_number: number; response: ResponseBody };
    expect(failed).toMatchObject({ sequence_number: 7, response: { id: `resp_up_${count}`, status: 'failed' } });
  });

  it('that fails after a silence in which the head went out ends in response.failed', async () => {
    const slow = await startProvider({ ...streamOf([failedFrames()[0] ?? '', failedFrames().slice(1).join('')]), gapMs: 400 });
    const { gateway } = await startStage({ env: { OPENAI_BASE_URL: slow.baseUrl, MPC_KEEP_ALIVE_MS: '100', MPC_RETRY_ATTEMPTS: '0' } });

    const response = await open(gateway, '/v1/responses', { body: { model: gptModel, input: 'x', stream: true } });
    const seen = await collectStream(response);

    expect(response.status).toBe(200);
    expect(seen.text).toContain(': keepalive');
    expect(seen.frames.filter(({ event }) => event !== '').map(({ event }) => event)).toEqual(['error', 'response.failed']);
    expect(seen.text).toContain('it broke');
  });

  it('is not sent reasoning that another provider encrypted', async () => {
    stage.openai.respond(wireAnswer('ok'));
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'anthropic-messages:EqQB' };

    const answer = await create({ input: [{ role: 'user', content: 'a' }, reasoning, { role: 'user', content: 'b' }] });

    expect(answer.status).toBe(200);
    expect(sentBody(stage.openai)['input']).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]);
    expect(answer.headers.get('x-mpc-warnings')).toContain('input');
  });
});

describe('a model that is served on this API only', () => {
  it('answers chat clients, streamed and whole', async () => {
    stage.openai.respond(wireAnswer('From afar'), streamOf(textFrames('Streamed')));

    const whole = await chat(stage.gateway, { model: onlyModel, max_tokens: 50 });
    const streamed = await collectStream(
      await open(stage.gateway, '/v1/chat/completions', {
        body: { model: onlyModel, stream: true, messages: [{ role: 'user', content: 'x' }] },
      }),
    );

    expect(whole.status, whole.text).toBe(200);
    expect(whole.json<{ choices: { message: { content: string } }[] }>().choices[0]?.message.content).toBe('From afar');
    expect(streamed.text).toContain('"content":"S"');
    expect(stage.openai.requests.at(-1)?.path).toBe('/v1/responses');
    expect(sentBody(stage.openai, -2)).toMatchObject({ store: false, max_output_tokens: 50, input: [{ role: 'user' }] });
  });
});

describe.each([
  ['chat', () => groq, groqModel, openaiAnswer, openaiStream],
  ['messages', () => stage.anthropic, claudeModel, anthropicAnswer, anthropicStream],
] as const)('an upstream of the grammar of %s', (_name, upstream, model, whole, streamed) => {
  const tools = [
    { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: true },
  ];

  it('answers whole, with what the request said repeated', async () => {
    upstream().respond(whole({ text: 'Hello there', inputTokens: 9, outputTokens: 2 }));

    const answer = await create({ model, instructions: 'Be brief', max_output_tokens: 64, metadata: { a: 'b' } });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({
      object: 'response',
      status: 'completed',
      instructions: 'Be brief',
      max_output_tokens: 64,
      metadata: { a: 'b' },
      usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
    });
    expect(answer.json<ResponseBody>().id).toMatch(/^resp_/);
    expect(textOf(answer)).toBe('Hello there');
    expect(JSON.stringify(sentBody(upstream()))).toContain('Be brief');
  });

  it('streams in the full order', async () => {
    upstream().respond(streamed({ text: 'Hello there', inputTokens: 9, outputTokens: 2 }));

    const seen = await stream({ model });
    const read = readResponseStream(seen.text);

    expect(read.text).toBe('Hello there');
    expect(read.response).toMatchObject({ status: 'completed', usage: { input_tokens: 9, output_tokens: 2 } });
  });

  it('keeps tool calls and their results together over turns', async () => {
    upstream().respond(whole({ text: 'It is warm' }));

    const answer = await create({
      model,
      tools,
      input: [
        { role: 'user', content: 'Weather?' },
        { type: 'function_call', call_id: 'call_a', name: 'get_weather', arguments: '{"city":"Kyjiw"}' },
        { type: 'function_call', call_id: 'call_b', name: 'get_weather', arguments: '{"city":"Lwiw"}' },
        { type: 'function_call_output', call_id: 'call_b', output: 'cold' },
        { type: 'function_call_output', call_id: 'call_a', output: [{ type: 'input_text', text: 'warm' }] },
      ],
    });

    expect(answer.status, answer.text).toBe(200);
    const sent = JSON.stringify(sentBody(upstream()));
    for (const text of ['call_a', 'call_b', 'warm', 'cold', 'Kyjiw', 'Lwiw']) expect(sent).toContain(text);
  });

  it('a failure before content is its status, after it a legal end', async () => {
    upstream().respond(openaiError(400, { message: 'no such thing', type: 'invalid_request_error' }));
    const refused = await create({ model, stream: true });
    upstream().respond({ ...streamed({ text: 'Hello there' }), cutAt: model === claudeModel ? 700 : 500, then: 'close' });
    const broken = await stream({ model });

    expect(refused.status).toBe(400);
    const read = readResponseStream(broken.text);
    expect(read.response).toMatchObject({ status: 'failed' });
  });

  it('names what it could not be told', async () => {
    upstream().respond(whole({ text: 'ok' }));

    const answer = await create({
      model,
      truncation: 'auto',
      background: true,
      tools: [{ type: 'web_search' }, { type: 'custom', name: 'patch', description: 'Apply' }],
      include: ['message.output_text.logprobs'],
    });

    const warnings = answer.headers.get('x-mpc-warnings') ?? '';
    for (const word of ['truncation', 'background', 'web_search', 'custom', 'include']) expect(warnings).toContain(word);
  });
});

describe('a server that has chat only, under the address of a provider', () => {
  it.each([
    ['whole', false],
    ['streamed', true],
  ])('is asked for chat from the second try on, %s', async (_form, streamed) => {
    const server = await startProvider((request) =>
      request.path === '/v1/chat/completions'
        ? (streamed ? openaiStream : openaiAnswer)({ text: 'From chat' })
        : { status: 404, headers: { 'content-type': 'application/json' }, body: '{"detail":"Not Found"}' },
    );
    const { gateway } = await startStage({ env: { OPENAI_BASE_URL: server.baseUrl } });
    const body = { model: gptModel, input: 'x', stream: streamed };

    const first = await ask(gateway, '/v1/responses', { body });
    const second = await ask(gateway, '/v1/responses', { body });

    expect(first.status, first.text).toBe(200);
    expect(first.text).toContain('From');
    expect(second.status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/chat/completions', '/v1/chat/completions']);
  });

  it('is believed when it says that it does not know the model', async () => {
    stage.openai.respond(openaiError(404, { message: 'The model `x` does not exist', code: 'model_not_found' }));
    const before = stage.openai.requests.length;

    const answer = await create();

    expect(answer.status).toBe(404);
    expect(stage.openai.requests.length).toBe(before + 1);
  });
});

describe('wrong requests', () => {
  it.each([
    [{ input: 5 }, 'input'],
    [{ input: [1] }, 'input[0]'],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: [{ text: 'x' }] }] }, 'input[0].content[0].type'],
    [{ input: null }, 'input'],
    [{ tools: [{}] }, 'tools[0].type'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ store: 'yes' }, 'store'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ previous_response_id: 7 }, 'previous_response_id'],
  ] as const)('%j is refused with the field named', async (more, param) => {
    const answer = await create(more);

    expect(answer.status).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error.param).toBe(param);
  });

  it('an unknown model is 404 in the vendor’s words', async () => {
    const answer = await create({ model: 'no-such-model-at-all' });

    expect(answer.status).toBe(404);
    expect(answer.json<OpenaiErrorBody>().error.code).toBe('model_not_found');
  });
});

describe('the other paths', () => {
  it.each(['/responses', '/openai/v1/responses', '/openai/responses', '/v1/v1/responses'])('%s is the same route', async (path) => {
    stage.openai.respond(wireAnswer('Hello'));

    const answer = await ask(stage.gateway, path, { body: { model: gptModel, input: 'x' } });
    const fetched = await ask(stage.gateway, `${path}/${answer.json<ResponseBody>().id}`);

    expect(answer.status).toBe(200);
    expect(fetched.json<ResponseBody>().id).toBe(answer.json<ResponseBody>().id);
  });

  it('input tokens are estimated, and said to be', async () => {
    const answer = await ask(stage.gateway, '/v1/responses/input_tokens', { body: { model: gptModel, input: 'x'.repeat(400) } });

    expect(answer.json()).toMatchObject({ object: 'response.input_tokens' });
    expect(answer.json<{ input_tokens: number }>().input_tokens).toBeGreaterThan(50);
    expect(answer.headers.get('x-mpc-warnings')).toContain('estimated');
  });

  it('the demo answers, too', async () => {
    const answer = await create({ model: 'demo-fast' });
    const read = readResponseStream((await stream({ model: 'demo-fast' })).text);

    expect(textOf(answer)).not.toBe('');
    expect(read.text).not.toBe('');
  });
});

describe('thinking of an Anthropic model', () => {
  it('is a reasoning item that goes back as the signed block it was', async () => {
    stage.anthropic.respond(
      streamOf(anthropicFrames({ reasoning: 'Hm, well', tool: { name: 'get_weather', arguments: '{}', id: 'toolu_1' } })),
    );
    const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } }];

    const read = readResponseStream((await stream({ model: claudeModel, reasoning: { effort: 'low' }, tools })).text);
    stage.anthropic.respond(anthropicAnswer({ text: 'Warm' }));
    const output = read.response['output'] as readonly Json[];
    const second = await create({
      model: claudeModel,
      reasoning: { effort: 'low' },
      tools,
      input: [{ role: 'user', content: 'Weather?' }, ...output, { type: 'function_call_output', call_id: 'toolu_1', output: 'warm' }],
    });

    expect(read.reasoning).toBe('Hm, well');
    expect(textOf(second), second.text).toBe('Warm');
    const [, assistant] = sentBody(stage.anthropic)['messages'] as readonly { readonly content: readonly Json[] }[];
    expect(assistant?.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm, well', signature: expect.stringMatching(/./) as string },
      { type: 'tool_use', id: 'toolu_1' },
    ]);
  });
});
