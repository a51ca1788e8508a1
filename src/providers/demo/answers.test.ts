import { Readable } from 'node:stream';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../core/json.ts';
import { demo, hello, post, json, frames, streamed, anthropicHello, type Wire } from '../../../test/support/demo-client.ts';
import { demoBaseUrl } from './index.ts';

describe('answers', () => {
  it('names itself as a simulator and mirrors the words, in both dialects', async () => {
    const dispatcher = demo();

    const openai = json(await post(dispatcher, '/chat/completions', hello));
    const anthropic = json(await post(dispatcher, '/messages', anthropicHello));

    expect(openai.choices[0].message.content).toContain('MPC-API demo simulator');
    expect(openai.choices[0].message.content).toContain('"hello"');
    expect(anthropic.content).toEqual([{ type: 'text', text: openai.choices[0].message.content }]);
    expect(anthropic.stop_reason).toBe('end_turn');
  });

  it.each(['/chat/completions', '/messages', '/completions', '/embeddings'])(
    'gives the same bytes for the same request at %s',
    async (path) => {
      const body = { ...anthropicHello, prompt: 'p', input: 'i', ...(path === '/embeddings' && { model: 'demo-embed' }) };

      const first = await post(demo(), path, body);
      const second = await post(
        demo(() => 0.9),
        path,
        body,
      );

      expect(first.status).toBe(200);
      expect(second.text).toBe(first.text);
    },
  );

  it('says in a stream what it says whole, with the same usage', async () => {
    const dispatcher = demo();
    const whole = json(await post(dispatcher, '/chat/completions', hello));

    const stream = await post(dispatcher, '/chat/completions', { ...streamed(hello), stream_options: { include_usage: true } });

    const chunks = frames(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0].message.content);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.at(-2)?.choices[0].finish_reason).toBe('stop');
    expect(stream.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('sends the events of a messages stream in their legal order', async () => {
    const stream = await post(demo(), '/messages', streamed(anthropicHello));

    const types = frames(stream).map((event) => event.type);
    expect(types.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'ping']);
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(new Set(types.slice(3, -3))).toEqual(new Set(['content_block_delta']));
  });

  it('says nothing but the words as demo-echo, and exactly so many tokens when asked', async () => {
    const dispatcher = demo();

    const echo = json(await post(dispatcher, '/chat/completions', { ...hello, model: 'demo-echo' }));
    const long = frames(await post(dispatcher, '/chat/completions', streamed({ ...hello, model: 'demo-fast:tokens=100' })));

    expect(echo.choices[0].message.content).toBe('hello');
    expect(long.filter((chunk) => chunk.choices[0].delta.content !== undefined && chunk.choices[0].delta.role === undefined)).toHaveLength(
      100,
    );
  });

  it('ends at max_tokens and at a stop sequence', async () => {
    const dispatcher = demo();

    const short = json(await post(dispatcher, '/chat/completions', { ...hello, max_tokens: 5 }));
    const stopped = json(await post(dispatcher, '/messages', { ...anthropicHello, stop_sequences: ['simulator'] }));

    expect(short.choices[0].finish_reason).toBe('length');
    expect(short.choices[0].message.content).toHaveLength(20);
    expect(short.usage.completion_tokens).toBe(5);
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'simulator' });
    expect(stopped.content[0]?.text).toBe('This is the MPC-API demo ');
  });

  it('refuses on demand in the way of each dialect', async () => {
    const dispatcher = demo();
    const messages = [{ role: 'user', content: 'please [refuse]' }];

    const openai = json(await post(dispatcher, '/chat/completions', { ...hello, messages }));
    const anthropic = json(await post(dispatcher, '/messages', { ...anthropicHello, messages }));

    expect(openai.choices[0].message).toMatchObject({ content: null, refusal: expect.stringContaining('refuse') });
    expect(anthropic).toMatchObject({ content: [], stop_reason: 'refusal' });
  });

  it('gives several choices and sees images', async () => {
    const pixel = Buffer.alloc(68).toString('base64');
    const content = [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
    ];

    const answer = json(await post(demo(), '/chat/completions', { model: 'demo-strong', n: 2, messages: [{ role: 'user', content }] }));

    expect(answer.choices).toHaveLength(2);
    expect(answer.choices[0].message.content).toContain('I see 1 image: image/png, 68 bytes.');
    expect(answer.choices[1]?.message.content).toMatch(/^Choice 2\. /);
  });

  it('answers with JSON when asked for JSON', async () => {
    const dispatcher = demo();
    const schema = {
      type: 'object',
      required: ['city', 'degrees'],
      properties: { city: { type: 'string' }, degrees: { type: 'integer', minimum: 3 } },
    };

    const shaped = json(
      await post(dispatcher, '/chat/completions', {
        ...hello,
        response_format: { type: 'json_schema', json_schema: { name: 'w', schema } },
      }),
    );
    const native = json(
      await post(dispatcher, '/messages', { ...anthropicHello, output_config: { format: { type: 'json_schema', schema } } }),
    );
    const loose = json(await post(dispatcher, '/chat/completions', { ...hello, response_format: { type: 'json_object' } }));

    expect(parseJson(shaped.choices[0].message.content)).toEqual({ city: 'demo city', degrees: 3 });
    expect(native.content[0]?.text).toBe(shaped.choices[0].message.content);
    expect(parseJson(loose.choices[0].message.content)).toMatchObject({ said: 'hello' });
  });

  it('counts what was sent before the last answer as cached, from 1,024 tokens on', async () => {
    const dispatcher = demo();
    const long = 'x'.repeat(8_000);
    const turns = [
      { role: 'user', content: long },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: 'and now?' },
    ];
    const marked = [{ role: 'user', content: [{ type: 'text', text: long, cache_control: { type: 'ephemeral', ttl: '1h' } }] }];

    const openai = json(await post(dispatcher, '/chat/completions', { ...hello, messages: turns }));
    const written = json(await post(dispatcher, '/messages', { ...anthropicHello, messages: marked }));
    const read = json(await post(dispatcher, '/messages', { ...anthropicHello, messages: [...marked, ...turns.slice(1)] }));

    expect(openai.usage.prompt_tokens_details.cached_tokens).toBe(1_920);
    expect(written.usage).toMatchObject({
      input_tokens: 0,
      cache_creation_input_tokens: 2_004,
      cache_creation: { ephemeral_1h_input_tokens: 2_004 },
    });
    expect(read.usage).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 2_004, input_tokens: 11 });
  });

  it('lists its models, counts prompts and completes', async () => {
    const dispatcher = demo();

    const models = parseJson(await (await request(`${demoBaseUrl}/models`, { dispatcher })).body.text()) as unknown as Wire;
    const counted = json(await post(dispatcher, '/messages/count_tokens', hello));
    const completed = json(await post(dispatcher, '/completions', { model: 'demo-echo', prompt: 'one two' }));

    expect(models.data.map((model) => model.id)).toContain('demo-flagship');
    expect(counted).toEqual({ input_tokens: 6 });
    expect(completed.choices).toEqual([{ text: 'one two', index: 0, logprobs: null, finish_reason: 'stop' }]);
  });

  it('takes the body as bytes, as a stream and as pieces', async () => {
    const dispatcher = demo();
    const text = JSON.stringify(hello);
    const bodies = [
      Buffer.from(text),
      Readable.from([text.slice(0, 9), text.slice(9)]),
      [Buffer.from(text.slice(0, 9)), Buffer.from(text.slice(9))],
    ];

    const answers = await Promise.all(
      bodies.map(async (body) =>
        (await request(`${demoBaseUrl}/chat/completions`, { dispatcher, method: 'POST', body: body as Buffer })).body.text(),
      ),
    );

    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('chat.completion');
  });
});
