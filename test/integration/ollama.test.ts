import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicStream, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { type Answer, ask, claudeModel, gptModel, hello, type Json, lineOf, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const lines = (answer: Answer): Json[] =>
  answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
const chat = (more: Json = {}): Promise<Answer> => ask(stage.gateway, '/api/chat', { body: { model: gptModel, messages: hello, ...more } });
const generate = (more: Json = {}): Promise<Answer> =>
  ask(stage.gateway, '/api/generate', { body: { model: gptModel, prompt: 'Say hello', ...more } });
const toGpt = (): Json => stage.openai.requests.at(-1)?.json() as Json;

describe('chat', () => {
  it('streams lines of JSON unless told otherwise', async () => {
    stage.openai.respond(openaiStream({ text: 'Hello there', reasoning: 'Greet' }));

    const answer = await chat();

    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const seen = lines(answer);
    expect(seen.map((line) => line['done'])).toEqual([...Array.from({ length: seen.length - 1 }, () => false), true]);
    const messages = seen.map((line) => line['message'] as Json);
    expect(messages.map((message) => message['content']).join('')).toBe('Hello there');
    expect(messages.map((message) => message['thinking'] ?? '').join('')).toBe('Greet');
    expect(seen.at(-1)).toMatchObject({
      model: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      done_reason: 'stop',
      prompt_eval_count: 9,
      eval_count: 2,
    });
    for (const name of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration']) {
      expect(seen.at(-1)?.[name], name).toBeGreaterThan(0);
    }
    expect((await lineOf(stage.gateway, answer)).usage).toMatchObject({ input: 9, output: 2 });
  });

  it('answers whole on request, options and format in the words of the upstream', async () => {
    stage.openai.respond(openaiAnswer({ text: '{}' }));
    const format = { type: 'object', properties: {} };

    const answer = await chat({
      stream: false,
      format,
      options: { temperature: 0.1, num_predict: 5, stop: ['x'], num_ctx: 8192, seed: 7 },
      keep_alive: '5m',
    });

    expect(answer.json()).toMatchObject({ message: { role: 'assistant', content: '{}' }, done: true, done_reason: 'stop' });
    expect(toGpt()).toMatchObject({
      temperature: 0.1,
      max_tokens: 5,
      stop: ['x'],
      seed: 7,
      response_format: { type: 'json_schema', json_schema: { schema: format } },
    });
    expect(answer.headers.get('x-mpc-warnings')).toContain('options.num_ctx');
    expect(answer.headers.get('x-mpc-warnings')).toContain('keep_alive');
  });

  it('runs tools of a client without call ids, on an Anthropic model', async () => {
    const tool = {
      type: 'function',
      function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
    };
    stage.anthropic.respond(
      anthropicStream({ tool: { name: 'weather', arguments: '{"city":"Oslo"}' } }),
      anthropicAnswer({ text: 'Cold' }),
    );

    const first = lines(await chat({ model: claudeModel, tools: [tool] }));
    const called = first.map((line) => line['message'] as Json).find((message) => message['tool_calls'] !== undefined);
    const second = await chat({
      model: claudeModel,
      tools: [tool],
      stream: false,
      messages: [
        ...hello,
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Oslo' } } }] },
        { role: 'tool', tool_name: 'weather', content: '-3' },
      ],
    });

    expect(called?.['tool_calls']).toEqual([{ id: 'toolu_canned', function: { index: 0, name: 'weather', arguments: { city: 'Oslo' } } }]);
    expect(second.json()).toMatchObject({ message: { content: 'Cold' } });
    const messages = (stage.anthropic.requests.at(-1)?.json() as { messages?: { content: Json[] }[] } | undefined)?.messages ?? [];
    expect(messages[1]?.content[0]).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Oslo' } });
    expect(messages[2]?.content[0]).toMatchObject({ type: 'tool_result', tool_use_id: messages[1]?.content[0]?.['id'] });
  });

  it('sends pictures with the type that their bytes tell', async () => {
    stage.openai.respond(openaiAnswer());

    await chat({ stream: false, messages: [{ role: 'user', content: 'look', images: [pixel] }] });

    expect(JSON.stringify(toGpt())).toContain(`data:image/png;base64,${pixel}`);
  });

  it.each(['no messages', 'empty messages'])('takes %s as the wish to load the model', async (kind) => {
    const sent = stage.openai.requests.length;

    const answer = await chat({ messages: kind === 'no messages' ? undefined : [] });

    expect(answer.json()).toMatchObject({ model: gptModel, message: { role: 'assistant', content: '' }, done: true, done_reason: 'load' });
    expect(stage.openai.requests).toHaveLength(sent);
  });

  it('is answered by the built-in demo without any provider', async () => {
    const answer = await chat({ model: 'demo-fast', stream: false });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<{ message: { content: string } }>().message.content).not.toBe('');
  });

  it('reads JSON whatever the content type says, as the examples of its documentation send it', async () => {
    stage.openai.respond(openaiAnswer({ text: 'ok' }));

    const answer = await ask(stage.gateway, '/api/chat', {
      body: { model: gptModel, messages: hello, stream: false },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    expect(answer.status).toBe(200);
  });
});

describe('generate', () => {
  it('streams the answer in `response`', async () => {
    stage.openai.respond(openaiStream({ text: 'Hello there' }));

    const seen = lines(await generate({ system: 'Be brief' }));

    expect(seen.map((line) => line['response']).join('')).toBe('Hello there');
    expect(seen.at(-1)).toMatchObject({ done: true, done_reason: 'stop', response: '' });
    expect(toGpt()['messages']).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Say hello' },
    ]);
  });

  it('says what it cannot do with a suffix, a template and a raw prompt', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await generate({ stream: false, suffix: 'end', template: '{{ .Prompt }}', raw: true });

    const warnings = answer.headers.get('x-mpc-warnings') ?? '';
    for (const field of ['suffix', 'template', 'raw']) expect(warnings).toContain(field);
  });

  it('takes an empty prompt as the wish to load the model', async () => {
    expect((await generate({ prompt: '' })).json()).toMatchObject({ response: '', done: true, done_reason: 'load' });
  });
});

describe('failures', () => {
  it('are one sentence with the right status', async () => {
    stage.openai.respond(openaiError(429, { message: 'slow down' }));
    const limited = await chat({ stream: false });
    const unknown = await chat({ model: 'nothing-here' });
    const unloaded = await generate({ model: 'nothing-here', prompt: '' });
    const wrong = await chat({ messages: [{ role: 'user', content: 7 }] });

    expect([limited.status, unknown.status, unloaded.status, wrong.status]).toEqual([429, 404, 404, 400]);
    for (const answer of [limited, unknown, unloaded, wrong]) expect(answer.json<{ error: unknown }>().error).toEqual(expect.any(String));
    expect(wrong.json<{ error: string }>().error).toContain('messages[0].content');
  });

  it('in mid-stream are the last line', async () => {
    const whole = openaiStream({ text: 'Hello there' });
    stage.openai.respond({ ...whole, pieces: (whole.pieces ?? []).slice(0, 3), then: 'close' });

    const seen = lines(await chat());

    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ error: expect.any(String) });
    expect(seen.some((line) => line['done'] === true)).toBe(false);
  });
});

describe('lists', () => {
  it('name the models that can chat or embed, with the members typed clients insist on', async () => {
    const { models } = (await ask(stage.gateway, '/api/tags')).json<{ models: Json[] }>();

    const names = models.map((model) => model['name']);
    expect(names).toContain(`openai/${gptModel}`);
    expect(names.some((name) => String(name).includes('dall-e'))).toBe(false);
    for (const model of models.slice(0, 20)) {
      expect(model).toEqual({
        name: expect.any(String),
        model: model['name'],
        modified_at: expect.any(String),
        size: 0,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        details: {
          parent_model: '',
          format: '',
          family: expect.any(String),
          families: [expect.any(String)],
          parameter_size: '',
          quantization_level: '',
        },
      });
    }
  });

  it('can be chatted with: a name from the list, also with the tag that tools add', async () => {
    stage.openai.respond(openaiAnswer({ text: 'ok' }));

    for (const model of [`openai/${gptModel}`, gptModel, `${gptModel}:latest`])
      expect((await chat({ model, stream: false })).status, model).toBe(200);
  });

  it('describe a model by what it can do', async () => {
    const shown = (await ask(stage.gateway, '/api/show', { body: { model: gptModel } })).json<{
      capabilities: string[];
      model_info: Json;
    }>();
    const architecture = shown.model_info['general.architecture'] as string;

    expect(shown.capabilities).toEqual(expect.arrayContaining(['completion', 'tools', 'vision']));
    expect(shown.model_info[`${architecture}.context_length`]).toBeGreaterThan(1000);
    expect((await ask(stage.gateway, '/api/show', { body: { name: 'nothing-here' } })).status).toBe(404);
  });

  it('tell a version that tools accept, and no loaded models', async () => {
    expect((await ask(stage.gateway, '/api/version')).json()).toEqual({ version: expect.stringMatching(/^0\.1\d\.\d+$/) });
    expect((await ask(stage.gateway, '/api/ps')).json()).toEqual({ models: [] });
  });
});

describe('embeddings', () => {
  const vectors = {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      object: 'list',
      model: 'text-embedding-3-small',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
      usage: { prompt_tokens: 4, total_tokens: 4 },
    }),
  };

  it('come as lists of numbers', async () => {
    stage.openai.respond(vectors);

    const many = await ask(stage.gateway, '/api/embed', { body: { model: 'text-embedding-3-small', input: 'a' } });
    const one = await ask(stage.gateway, '/api/embeddings', { body: { model: 'text-embedding-3-small', prompt: 'a' } });

    expect(many.status, many.text).toBe(200);
    expect(many.json()).toMatchObject({ embeddings: [[0.5, 0.25]], prompt_eval_count: 4 });
    expect(one.json()).toEqual({ embedding: [0.5, 0.25] });
  });
});

describe('the gateway’s own family', () => {
  it('is not touched: its errors stay its own', async () => {
    const answer = await ask(stage.gateway, '/api/chat/completions', { body: { model: 'nothing-here', messages: hello } });

    expect(answer.json()).toMatchObject({ error: 'Unknown model alias: nothing-here', message: expect.any(String) });
    expect((await open(stage.gateway, '/api/models')).status).toBe(200);
  });
});
