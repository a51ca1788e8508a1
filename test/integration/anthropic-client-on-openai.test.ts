import { beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer, openaiFrames, openaiStream, streamOf } from '../support/canned-replies.ts';
import { anthropicText, collectStream, jsonFrames, type SeenStream } from '../support/collect.ts';
import { gptModel, hello, type Json, messages, messagesBody, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

const messagesOnGpt = (more: Json = {}): ReturnType<typeof messages> => messages(stage.gateway, { model: gptModel, ...more });
const toGpt = <Shape = Record<string, unknown>>(): Shape => stage.openai.requests.at(-1)?.json() as Shape;
const streamOnGpt = async (more: Json = {}): Promise<SeenStream> =>
  collectStream(await open(stage.gateway, '/v1/messages', { body: messagesBody({ model: gptModel, stream: true, ...more }) }));

const weather = {
  name: 'get_weather',
  description: 'Weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('an Anthropic client on an OpenAI model', () => {
  it('gets a message with usage in its own terms', async () => {
    stage.openai.respond(openaiAnswer({ text: 'Bonjour', inputTokens: 50, cachedTokens: 40, outputTokens: 7 }));

    const answer = await messagesOnGpt();

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Bonjour' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 40, output_tokens: 7 },
    });
  });

  it('reaches it with system prompt, turns, limits and stop words', async () => {
    stage.openai.respond(openaiAnswer());

    await messagesOnGpt({ system: [{ type: 'text', text: 'Be brief' }], max_tokens: 12, stop_sequences: ['END'], temperature: 0.5 });

    expect(stage.openai.requests.at(-1)?.path).toBe('/v1/chat/completions');
    expect(toGpt()).toMatchObject({
      model: gptModel,
      stop: ['END'],
      temperature: 0.5,
      messages: [{ content: expect.anything() }, { role: 'user' }],
    });
    expect(JSON.stringify(toGpt().messages)).toContain('Be brief');
    expect(toGpt().max_tokens ?? toGpt().max_completion_tokens).toBe(12);
  });

  it('reaches it with images', async () => {
    stage.openai.respond(openaiAnswer());

    await messagesOnGpt({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
            { type: 'text', text: 'look' },
          ],
        },
      ],
    });

    expect(stage.openai.requests.at(-1)?.body.toString()).toContain(`data:image/png;base64,${pixel}`);
  });

  it('calls tools, and hands their results back', async () => {
    stage.openai.respond(openaiAnswer({ tool: { name: 'get_weather', arguments: '{"city":"Oslo"}', id: 'call_1' } }));
    const tools = [{ name: 'get_weather', description: 'Weather', input_schema: weather.parameters }];

    const answer = await messagesOnGpt({ tools, tool_choice: { type: 'tool', name: 'get_weather' } });

    expect(toGpt()).toMatchObject({
      tools: [{ type: 'function', function: weather }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    expect(answer.json()).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } }],
    });

    stage.openai.respond(openaiAnswer());
    await messagesOnGpt({
      tools,
      messages: [
        ...hello,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '-3 °C' }] },
      ],
    });
    expect(toGpt()).toMatchObject({
      messages: [
        {},
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'get_weather' } }] },
        { role: 'tool', tool_call_id: 'call_1' },
      ],
    });
  });

  it('streams legal events: start, blocks, delta, stop', async () => {
    stage.openai.respond(
      openaiStream({ text: 'one two', reasoning: 'hm hm', tool: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }),
    );

    const stream = await streamOnGpt({ tools: [{ name: 'get_weather', input_schema: weather.parameters }] });

    expect(anthropicText(stream)).toBe('one two');
    const events = stream.frames.map((frame) => frame.event);
    expect(events[0]).toBe('message_start');
    expect(events.slice(-2)).toEqual(['message_delta', 'message_stop']);
    expect(events.filter((event) => event === 'content_block_start')).toHaveLength(3);
    expect(events.filter((event) => event === 'content_block_stop')).toHaveLength(3);
    const starts = jsonFrames<{ type: string; index?: number; content_block?: { type: string } }>(stream).filter(
      (event) => event.type === 'content_block_start',
    );
    expect(starts.map((event) => [event.index, event.content_block?.type])).toEqual([
      [0, 'thinking'],
      [1, 'text'],
      [2, 'tool_use'],
    ]);
    expect(jsonFrames(stream).at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } });
    for (const frame of stream.frames) expect(frame.event).toBe((JSON.parse(frame.data) as { type: string }).type);
  });

  it('sees reasoning_content as thinking', async () => {
    stage.openai.respond(openaiAnswer({ reasoning: 'Let me see', text: 'done' }));

    const answer = await messagesOnGpt();

    expect(answer.json()).toMatchObject({
      content: [
        { type: 'thinking', thinking: 'Let me see' },
        { type: 'text', text: 'done' },
      ],
    });
  });

  it('is told in x-mpc-warnings what could not be carried', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await messagesOnGpt({ top_k: 5 });

    expect(answer.headers.get('x-mpc-warnings')).toContain('top_k');
  });

  it('gets an error of the provider in its own grammar', async () => {
    stage.openai.respond({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"bad schema","type":"invalid_request_error","param":"tools","code":null}}',
    });

    const answer = await messagesOnGpt();

    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('bad schema') },
    });
  });

  it('gets an error in mid-stream in its own grammar', async () => {
    const frames = openaiFrames({ text: 'one two' }).slice(0, 2);
    stage.openai.respond(streamOf([...frames, 'data: {"error":{"message":"The server had an error","type":"server_error"}}\n\n']));

    const stream = await streamOnGpt();

    expect(anthropicText(stream)).toBe('one');
    const last = stream.frames.at(-1);
    expect(last?.event).toBe('error');
    expect(JSON.parse(last?.data ?? '')).toMatchObject({
      type: 'error',
      error: { message: expect.stringContaining('The server had an error') },
    });
    expect(stream.text).not.toContain('message_stop');
  });

  it('asks an overloaded provider’s question again as 529', async () => {
    const own = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
    own.openai.respond({ status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":{"message":"busy"}}' });

    const answer = await messages(own.gateway, { model: gptModel });

    expect(answer.status).toBe(529);
    expect(answer.json()).toMatchObject({ error: { type: 'overloaded_error' } });
  });
});
