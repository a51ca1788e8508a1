// Clients of two dialects in front of Bedrock, over real sockets: signed calls, binary streams, failures before and after content.
import { describe, expect, it } from 'vitest';
import { anthropicStream } from '../support/canned-replies.ts';
import { eventFrame, eventStream, exceptionFrame, textStream } from '../support/event-stream.ts';
import type { FakeUpstream, Reply, SeenRequest } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { verifySigV4 } from '../support/verify-sigv4.ts';
import { anthropicKey, ask, chat, type Json, lineOf, messages, type OpenaiErrorBody, start, startProvider } from './client.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLEAKIDEXAM', AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: 'eu-west-1' };
const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const model = `bedrock/${sonnet}`;
const tools = [
  { type: 'function', function: { name: 'get.weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } },
];

async function stage(env: Readonly<Record<string, string>> = keys): Promise<{ gateway: RunningGateway; bedrock: FakeUpstream }> {
  const bedrock = await startProvider();
  return { bedrock, gateway: await start({ env: { BEDROCK_BASE_URL: bedrock.url, ...env } }) };
}

const streamHead = { 'content-type': 'application/vnd.amazon.eventstream' };
const streamed = (bytes: Buffer, more: Partial<Reply> = {}): Reply => {
  const third = Math.ceil(bytes.length / 3);
  return { headers: streamHead, pieces: [bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)], ...more };
};
const whole = (content: readonly object[], more: Json = {}): Reply => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    output: { message: { role: 'assistant', content } },
    stopReason: 'end_turn',
    usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10, cacheReadInputTokens: 5, cacheWriteInputTokens: 2 },
    metrics: { latencyMs: 5 },
    ...more,
  }),
});
const failure = (status: number, type: string, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': `${type}:http://internal.amazon.com/` },
  body: JSON.stringify({ message }),
});
const bodyOf = (request: SeenRequest | undefined): Record<string, never> => request?.json() as never;

describe('a call to Bedrock', () => {
  it('is signed so that AWS would accept it, with the model escaped in the path', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(whole([{ text: 'Hello' }]));

    const answer = await chat(gateway, { model });

    expect(answer.status, answer.text).toBe(200);
    const seen = bedrock.requests[0];
    expect(seen?.path).toBe(`/model/${encodeURIComponent(sonnet)}/converse`);
    const verdict = verifySigV4(
      { method: 'POST', url: seen?.path ?? '', headers: seen?.headers ?? {}, body: seen?.body ?? Buffer.alloc(0) },
      secret,
    );
    expect(verdict).toMatchObject({ valid: true, accessKeyId: 'AKIDEXAMPLEAKIDEXAM' });
    expect(verdict.scope).toContain('/eu-west-1/bedrock/');
    expect(bodyOf(seen)).not.toHaveProperty('model');
  });

  it('carries an ARN as one path segment', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(whole([{ text: 'Hello' }]));
    const arn = 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-x-v1:0';

    const answer = await chat(gateway, { model: `bedrock/${arn}` });

    expect(answer.status, answer.text).toBe(200);
    const seen = bedrock.requests[0];
    expect(seen?.path).toBe(`/model/${encodeURIComponent(arn)}/converse`);
    expect(
      verifySigV4({ method: 'POST', url: seen?.path ?? '', headers: seen?.headers ?? {}, body: seen?.body ?? Buffer.alloc(0) }, secret)
        .valid,
    ).toBe(true);
  });

  it('takes a Bedrock API key as a bearer token, and signs nothing then', async () => {
    const { gateway, bedrock } = await stage({ ...keys, AWS_BEARER_TOKEN_BEDROCK: 'bedrock-api-key-0123456789' });
    bedrock.respond(whole([{ text: 'Hello' }]));

    expect((await chat(gateway, { model })).status).toBe(200);
    expect(bedrock.requests[0]?.headers['authorization']).toBe('Bearer bedrock-api-key-0123456789');
    expect(bedrock.requests[0]?.headers).not.toHaveProperty('x-amz-date');
  });

  it('answers a chat client with usage in disjoint classes', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(whole([{ text: 'Hello' }, { text: ' there' }]));

    const answer = await chat(gateway, { model });

    expect(answer.json()).toMatchObject({
      choices: [{ message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 14, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 5 } },
    });
    expect((await lineOf(gateway, answer)).usage).toMatchObject({
      input: 7,
      cached_input: 5,
      cache_write: 2,
      output: 3,
      source: 'upstream',
    });
  });

  it('streams to a chat client', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(streamed(textStream(['Grüße ', '💶', '!'])));

    const answer = await chat(gateway, { model, stream: true, stream_options: { include_usage: true } });

    expect(bedrock.requests[0]?.path).toBe(`/model/${encodeURIComponent(sonnet)}/converse-stream`);
    const chunks = dataOf(answer.text);
    expect(chunks.map((chunk) => chunk.choices?.[0]?.delta?.content ?? '').join('')).toBe('Grüße 💶!');
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: 7, completion_tokens: 3 } });
    expect(answer.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('streams to an Anthropic client, thinking with its signature included', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(
      streamed(
        eventStream([
          { messageStart: { role: 'assistant' } },
          { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Let me think' } } } },
          { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'c2lnbmVk' } } } },
          { contentBlockStop: { contentBlockIndex: 0 } },
          { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Three.' } } },
          { contentBlockStop: { contentBlockIndex: 1 } },
          { metadata: { usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 } } },
          { messageStop: { stopReason: 'end_turn' } },
        ]),
      ),
    );

    const answer = await messages(gateway, { model, stream: true, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } });

    expect(answer.status, answer.text).toBe(200);
    expect(bodyOf(bedrock.requests[0])).toMatchObject({
      inferenceConfig: { maxTokens: 4000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
    });
    expect(answer.text).toContain('"signature":"c2lnbmVk"');
    expect(answer.text).toContain('event: message_stop');
  });

  it('keeps a signed thinking block through a loop of tools', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(
      whole(
        [
          { reasoningContent: { reasoningText: { text: 'I need the weather', signature: 'c2lnbmVk' } } },
          { toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Bern' } } },
        ],
        { stopReason: 'tool_use' },
      ),
      whole([{ text: 'Sunny.' }]),
    );
    const ask1 = {
      model,
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
    };

    const first = (await messages(gateway, ask1)).json<{ content: readonly Json[] }>();
    const second = await messages(gateway, {
      ...ask1,
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tooluse_1', content: 'sunny' }] },
      ],
    });

    expect(second.status, second.text).toBe(200);
    expect(bodyOf(bedrock.requests[1])).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'I need the weather', signature: 'c2lnbmVk' } } },
            { toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Bern' } } },
          ],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 'tooluse_1', content: [{ text: 'sunny' }] } }] },
      ],
      additionalModelRequestFields: { thinking: { type: 'enabled' } },
    });
  });

  it('gives streamed tool calls their own names back', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond((request) => {
      const wire = bodyOf(request) as { toolConfig?: { tools: readonly { toolSpec: { name: string } }[] } };
      const name = wire.toolConfig?.tools[0]?.toolSpec.name ?? '';
      return streamed(
        eventStream([
          { messageStart: { role: 'assistant' } },
          { contentBlockStart: { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'tooluse_1', name } } } },
          { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '{"city":' } } } },
          { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '"Bern"}' } } } },
          { contentBlockStop: { contentBlockIndex: 0 } },
          { messageStop: { stopReason: 'tool_use' } },
        ]),
      );
    });

    const answer = await chat(gateway, { model, stream: true, tools });

    const calls = dataOf(answer.text).flatMap((chunk) => chunk.choices?.[0]?.delta?.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ id: 'tooluse_1', function: { name: 'get.weather' } });
    expect(calls.map((call) => call.function?.arguments ?? '').join('')).toBe('{"city":"Bern"}');
    expect(answer.text).toContain('"finish_reason":"tool_calls"');
  });
});

describe('what Bedrock takes in another form', () => {
  it('gets the bytes of a picture behind an address, which it would not fetch', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
    const pictures = await startProvider({ headers: { 'content-type': 'image/jpeg' }, body: png });
    const { gateway, bedrock } = await stage({ ...keys, MPC_MEDIA_ALLOWED_HOSTS: '127.0.0.1' });
    bedrock.respond(whole([{ text: 'A cat' }]));
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: `${pictures.url}/cat.png` } },
    ];

    const answer = await chat(gateway, { model, messages: [{ role: 'user', content }] });

    expect(answer.status, answer.text).toBe(200);
    expect(bodyOf(bedrock.requests[0])).toMatchObject({
      messages: [{ content: [{ text: 'Look' }, { image: { format: 'png', source: { bytes: png.toString('base64') } } }] }],
    });
  });

  it('keeps a JSON schema through a forced tool, streamed, and the caller sees text', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(
      streamed(
        eventStream([
          { messageStart: { role: 'assistant' } },
          { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Here you are:' } } },
          { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'tooluse_1', name: 'json' } } } },
          { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"city":"Bern"}' } } } },
          { contentBlockStop: { contentBlockIndex: 1 } },
          { messageStop: { stopReason: 'tool_use' } },
        ]),
      ),
    );
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };

    const answer = await chat(gateway, {
      model,
      stream: true,
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema } },
    });

    expect(answer.status, answer.text).toBe(200);
    expect(bodyOf(bedrock.requests[0])).toMatchObject({ toolConfig: { toolChoice: { tool: { name: 'json' } } } });
    expect(
      dataOf(answer.text)
        .map((chunk) => chunk.choices?.[0]?.delta?.content ?? '')
        .join(''),
    ).toBe('{"city":"Bern"}');
    expect(answer.text).toContain('"finish_reason":"stop"');
    expect(answer.headers.get('x-mpc-warnings')).toContain('response_format');
  });
});

describe('a failure of Bedrock', () => {
  it('before any content leads to the fallback, also when the stream had begun with 200', async () => {
    const [bedrock, anthropic] = await Promise.all([startProvider(), startProvider()]);
    const gateway = await start({
      env: { BEDROCK_BASE_URL: bedrock.url, ...keys, ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: anthropicKey },
    });
    const opening = eventFrame('messageStart', { role: 'assistant' });
    bedrock.respond(streamed(Buffer.concat([opening, exceptionFrame('serviceUnavailableException', { message: 'try later' })])));
    anthropic.respond(anthropicStream());

    const answer = await chat(gateway, { model, stream: true, fallbacks: ['claude-haiku-4-5'] });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
    expect((await lineOf(gateway, answer)).attempts[0]).toMatchObject({ provider: 'bedrock', error_code: 'upstream_overloaded' });
  });

  it('after content ends the stream with an error event, never with [DONE]', async () => {
    const { gateway, bedrock } = await stage();
    const content = eventStream([
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Half an ans' } } },
    ]);
    bedrock.respond({
      headers: streamHead,
      pieces: [content, exceptionFrame('modelStreamErrorException', { message: 'the model broke off', originalStatusCode: 500 })],
      gapMs: 20,
    });

    const answer = await chat(gateway, { model, stream: true });

    expect(answer.text).toContain('Half an ans');
    expect(answer.text).toContain('the model broke off');
    expect(answer.text).not.toContain('[DONE]');
  });

  it('is an error where the stream breaks off without a stop reason', async () => {
    const { gateway, bedrock } = await stage();
    const bytes = textStream(['Half']);
    bedrock.respond({ headers: streamHead, pieces: [bytes.subarray(0, bytes.length - 300)] });

    const answer = await chat(gateway, { model, stream: true });

    expect(answer.text).not.toContain('[DONE]');
    expect((await lineOf(gateway, answer)).error_code).toBe('upstream_truncated');
  });

  it('is an error where a frame is damaged', async () => {
    const { gateway, bedrock } = await stage();
    const bytes = Buffer.from(textStream(['Hello']));
    bytes[120] = (bytes[120] ?? 0) ^ 1;
    bedrock.respond(streamed(bytes));

    const answer = await chat(gateway, { model, stream: true });

    expect((await lineOf(gateway, answer)).error_code).toBe('upstream_bad_reply');
    expect(answer.text).not.toContain('[DONE]');
  });

  it.each<[string, Reply, number, string]>([
    [
      'a prompt that is too long',
      failure(400, 'ValidationException', 'Input is too long for requested model.'),
      400,
      'context_length_exceeded',
    ],
    ['an id it does not know', failure(400, 'ValidationException', 'The provided model identifier is invalid.'), 404, 'upstream_not_found'],
    ['a body it refuses', failure(400, 'ValidationException', 'messages: roles must alternate'), 400, 'upstream_rejected'],
    ['a used-up quota', failure(400, 'ServiceQuotaExceededException', 'too many requests'), 429, 'upstream_rate_limited'],
    [
      'an expired session',
      failure(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
      502,
      'upstream_auth_failed',
    ],
    ['a model that timed out', failure(408, 'ModelTimeoutException', 'took too long'), 504, 'upstream_timeout'],
  ])('is told in the caller’s grammar: %s', async (_what, reply, status, code) => {
    const { gateway, bedrock } = await stage();
    bedrock.respond(reply);

    const answer = await chat(gateway, { model });

    expect(answer.status, answer.text).toBe(status);
    expect(answer.json<OpenaiErrorBody>().error.message).not.toContain('AKID');
    expect((await lineOf(gateway, answer)).error_code).toBe(code);
  });
});

describe('work that is not chat', () => {
  it('embeds with Titan', async () => {
    const { gateway, bedrock } = await stage();
    bedrock.respond({ headers: { 'content-type': 'application/json' }, body: '{"embedding":[0.5,-1],"inputTextTokenCount":3}' });

    const answer = await ask(gateway, '/v1/embeddings', {
      body: { model: 'bedrock/amazon.titan-embed-text-v2:0', input: 'hello', dimensions: 256 },
    });

    expect(answer.status, answer.text).toBe(200);
    expect(bedrock.requests[0]?.path).toBe('/model/amazon.titan-embed-text-v2%3A0/invoke');
    expect(bodyOf(bedrock.requests[0])).toEqual({ inputText: 'hello', dimensions: 256 });
    expect(answer.json()).toMatchObject({ data: [{ index: 0, embedding: [0.5, -1] }], usage: { prompt_tokens: 3 } });
  });

  it('draws with Nova Canvas and reranks with Cohere', async () => {
    const { gateway, bedrock } = await stage();
    const json = { 'content-type': 'application/json' };
    bedrock.respond(
      { headers: json, body: '{"images":["AAAA"]}' },
      { headers: json, body: '{"results":[{"index":1,"relevance_score":0.75}]}' },
    );

    const image = await ask(gateway, '/v1/images/generations', {
      body: { model: 'bedrock/amazon.nova-canvas-v1:0', prompt: 'a cat', size: '1024x1024' },
    });
    const ranked = await ask(gateway, '/v1/rerank', { body: { model: 'bedrock/cohere.rerank-v3-5:0', query: 'q', documents: ['a', 'b'] } });

    expect(image.json()).toMatchObject({ data: [{ b64_json: 'AAAA' }] });
    expect(ranked.json()).toMatchObject({ results: [{ index: 1, relevance_score: 0.75 }] });
    expect(bedrock.requests.map(({ path }) => path)).toEqual([
      '/model/amazon.nova-canvas-v1%3A0/invoke',
      '/model/cohere.rerank-v3-5%3A0/invoke',
    ]);
  });
});

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string;
      readonly tool_calls?: readonly { readonly id?: string; readonly function?: { readonly arguments?: string } }[];
    };
  }[];
  readonly usage?: Json;
}

function dataOf(text: string): readonly Chunk[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)) as Chunk);
}
