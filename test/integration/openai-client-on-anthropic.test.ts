import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicFrames, anthropicStream, streamOf } from '../support/canned-replies.ts';
import { collectStream, jsonFrames, openaiText, type SeenStream } from '../support/collect.ts';
import { chat, chatBody, claudeModel, hello, type Json, lineOf, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

const chatOnClaude = (more: Json = {}): ReturnType<typeof chat> => chat(stage.gateway, { model: claudeModel, ...more });
const toClaude = <Shape = Record<string, unknown>>(): Shape => stage.anthropic.requests.at(-1)?.json() as Shape;
const streamOnClaude = async (more: Json = {}): Promise<SeenStream> =>
  collectStream(await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ model: claudeModel, stream: true, ...more }) }));

const weather = {
  name: 'get_weather',
  description: 'Weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('an OpenAI client on an Anthropic model', () => {
  it('gets a chat completion with usage in its own terms', async () => {
    stage.anthropic.respond(anthropicAnswer({ text: 'Bonjour', inputTokens: 50, cachedTokens: 40, outputTokens: 7 }));

    const answer = await chatOnClaude();

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({
      object: 'chat.completion',
      created: expect.any(Number),
      choices: [{ index: 0, message: { role: 'assistant', content: 'Bonjour' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 50, completion_tokens: 7, total_tokens: 57, prompt_tokens_details: { cached_tokens: 40 } },
    });
    expect((await lineOf(stage.gateway, answer)).usage).toMatchObject({ input: 10, cached_input: 40, output: 7, reasoning: 0 });
  });

  it('reaches it with system prompt, turns, limits and stop words', async () => {
    stage.anthropic.respond(anthropicAnswer());

    await chatOnClaude({
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'one' },
        { role: 'assistant', content: 'two' },
        { role: 'user', content: 'three' },
      ],
      max_tokens: 12,
      temperature: 0.5,
      stop: ['END'],
    });

    expect(stage.anthropic.requests.at(-1)?.path).toBe('/v1/messages');
    expect(toClaude()).toMatchObject({ model: claudeModel, max_tokens: 12, temperature: 0.5, stop_sequences: ['END'] });
    expect(JSON.stringify(toClaude().system)).toContain('Be brief');
    expect(toClaude<{ messages: { role: string }[] }>().messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user']);
  });

  it('reaches it with max_tokens where the client gave none', async () => {
    stage.anthropic.respond(anthropicAnswer());

    await chatOnClaude();

    expect(toClaude().max_tokens).toBeGreaterThan(0);
  });

  it('reaches it with images, by URL and inline', async () => {
    stage.anthropic.respond(anthropicAnswer());

    await chatOnClaude({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'https://pictures.example/a.png' } },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
          ],
        },
      ],
    });

    expect(toClaude<{ messages: { content: unknown[] }[] }>().messages[0]?.content).toMatchObject([
      { type: 'text', text: 'look' },
      { type: 'image', source: { type: 'url', url: 'https://pictures.example/a.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
    ]);
  });

  it('calls tools, and hands their results back', async () => {
    stage.anthropic.respond(anthropicAnswer({ tool: { name: 'get_weather', arguments: '{"city":"Oslo"}', id: 'toolu_1' } }));

    const answer = await chatOnClaude({
      tools: [{ type: 'function', function: weather }],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });

    expect(toClaude()).toMatchObject({
      tools: [{ name: 'get_weather', input_schema: weather.parameters }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(answer.json()).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
          },
        },
      ],
    });

    stage.anthropic.respond(anthropicAnswer());
    await chatOnClaude({
      tools: [{ type: 'function', function: weather }],
      messages: [
        ...hello,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: '-3 °C' },
      ],
    });
    expect(toClaude()).toMatchObject({
      messages: [
        {},
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
      ],
    });
  });

  it('streams: one role, the text, a finish reason, [DONE]', async () => {
    stage.anthropic.respond(anthropicStream({ text: 'one two three' }));

    const stream = await streamOnClaude();

    expect(openaiText(stream)).toBe('one two three');
    const chunks = jsonFrames<{ object: string; id: string; choices: { delta: { role?: string }; finish_reason: string | null }[] }>(
      stream,
    );
    expect(new Set(chunks.map((chunk) => chunk.object))).toEqual(new Set(['chat.completion.chunk']));
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.delta.role !== undefined)).toHaveLength(1);
    expect(chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.finish_reason !== null)).toMatchObject([
      { finish_reason: 'stop' },
    ]);
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
    expect(stream.text).not.toContain('"usage":{');
  });

  it('gets the usage chunk of a stream when it asked for it', async () => {
    stage.anthropic.respond(anthropicStream({ inputTokens: 9, outputTokens: 2 }));

    const stream = await streamOnClaude({ stream_options: { include_usage: true } });

    expect(jsonFrames(stream).at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 } });
  });

  it('sees thinking as reasoning_content, streamed and whole', async () => {
    stage.anthropic.respond(anthropicAnswer({ reasoning: 'Let me see', text: 'done' }));
    const whole = await chatOnClaude();
    expect(whole.json()).toMatchObject({ choices: [{ message: { content: 'done', reasoning_content: 'Let me see' } }] });

    stage.anthropic.respond(anthropicStream({ reasoning: 'Let me see', text: 'done' }));
    const stream = await streamOnClaude();
    const deltas = jsonFrames<{ choices: { delta: { reasoning_content?: string } }[] }>(stream).flatMap((chunk) => chunk.choices);
    expect(deltas.map((choice) => choice.delta.reasoning_content ?? '').join('')).toBe('Let me see');
    expect(openaiText(stream)).toBe('done');
  });

  it('streams tool calls with their arguments in pieces', async () => {
    stage.anthropic.respond(anthropicStream({ tool: { name: 'get_weather', arguments: '{"city":"Oslo"}', id: 'toolu_9' } }));

    const stream = await streamOnClaude({ tools: [{ type: 'function', function: weather }] });

    const calls = jsonFrames<{
      choices: { delta: { tool_calls?: { index: number; id?: string; function: { name?: string; arguments?: string } }[] } }[];
    }>(stream).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, id: 'toolu_9', function: { name: 'get_weather' } });
    expect(calls.map((call) => call.function.arguments ?? '').join('')).toBe('{"city":"Oslo"}');
    expect(stream.text).toContain('"finish_reason":"tool_calls"');
  });

  it('does not take tools that the provider ran itself for its own', async () => {
    const body = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
        { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
        { type: 'text', text: 'found' },
      ],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    stage.anthropic.respond({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

    const { message, finish_reason } = (await chatOnClaude()).json<{
      choices: [{ message: { content: string; tool_calls?: unknown[] }; finish_reason: string }];
    }>().choices[0];

    expect(message.content).toBe('found');
    expect(message.tool_calls ?? []).toEqual([]);
    expect(finish_reason).toBe('stop');
  });

  it('is told in x-mpc-warnings what could not be carried', async () => {
    stage.anthropic.respond(anthropicAnswer());

    const answer = await chatOnClaude({ frequency_penalty: 0.5, seed: 7, logit_bias: { 5: 1 } });

    expect(answer.status).toBe(200);
    const warnings = answer.headers.get('x-mpc-warnings') ?? '';
    for (const field of ['frequency_penalty', 'seed', 'logit_bias']) expect(warnings).toContain(field);
    expect((await lineOf(stage.gateway, answer)).warnings.join()).toContain('frequency_penalty');
  });

  it('is told so on a stream, too', async () => {
    stage.anthropic.respond(anthropicStream());

    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ model: claudeModel, stream: true, seed: 7 }) });
    await response.text();

    expect(response.headers.get('x-mpc-warnings')).toContain('seed');
  });

  it('gets an error of the provider in its own grammar', async () => {
    stage.anthropic.respond({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: too many"}}',
    });

    const answer = await chatOnClaude();

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: {
        message: expect.stringContaining('max_tokens: too many'),
        type: 'invalid_request_error',
        code: expect.any(String),
        param: null,
      },
    });
  });

  it('gets an error in mid-stream in its own grammar, and no [DONE]', async () => {
    const frames = anthropicFrames({ text: 'one two' }).slice(0, 4);
    stage.anthropic.respond(
      streamOf([...frames, 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n']),
    );

    const stream = await streamOnClaude();

    expect(openaiText(stream)).toBe('one');
    expect(JSON.parse(stream.frames.at(-1)?.data ?? '')).toMatchObject({ error: { message: expect.stringContaining('Overloaded') } });
    expect(stream.text).not.toContain('[DONE]');
  });
});
