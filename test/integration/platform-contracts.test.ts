// Platforms that cannot be installed here, by the rules their own code reads answers with (read 2026-11): each reader below is
// written from those rules, and gets what the gateway really sends.
import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicStream, openaiAnswer, openaiFrames, openaiStream, streamOf } from '../support/canned-replies.ts';
import type { Reply, Responder } from '../support/fake-upstream.ts';
import { ask, type Json, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

const providers = [
  { behind: 'openai', model: 'gpt-4o-mini', whole: openaiAnswer, stream: openaiStream },
  { behind: 'anthropic', model: 'claude-haiku-4-5', whole: anthropicAnswer, stream: anthropicStream },
] as const;

const script = (behind: 'openai' | 'anthropic', ...responders: readonly Responder[]): void => stage[behind].respond(...responders);
const ping = [{ role: 'user', content: 'ping' }];

async function streamText(body: Json): Promise<string> {
  const answer = await ask(stage.gateway, '/v1/chat/completions', { body: { stream: true, ...body } });
  expect(answer.headers.get('content-type'), answer.text).toContain('text/event-stream');
  return answer.text;
}

interface DifyCall {
  readonly name: string;
  arguments: string;
}

interface DifyHeard {
  readonly text: string;
  readonly calls: readonly DifyCall[];
  readonly finish: string | undefined;
  readonly usage: Json | undefined;
  /** What it says when a frame is no JSON; it stops reading there. */
  readonly cut: string | undefined;
}

/**
 * Dify's plugin for OpenAI-compatible APIs: frames end at exactly two line feeds, a frame that begins with a colon is dropped as a
 * whole, `data:` is taken off, what is left has to be JSON with `choices`, and pieces of tool calls belong to the last one named.
 */
function readAsDify(stream: string): DifyHeard {
  const calls: DifyCall[] = [];
  let text = '';
  let finish: string | undefined;
  let usage: Json | undefined;
  for (const frame of stream.split('\n\n')) {
    const trimmed = frame.trim();
    if (trimmed === '' || trimmed.startsWith(':')) continue;
    const data = trimmed.replace(/^data:/, '').trim();
    if (data === '[DONE]') continue;
    let chunk: { choices?: readonly { delta?: Json; finish_reason?: string | null }[]; usage?: Json };
    try {
      chunk = JSON.parse(data) as typeof chunk;
    } catch {
      return { text, calls, finish, usage, cut: 'Non-JSON encountered' };
    }
    if (chunk.usage) usage = chunk.usage;
    if (chunk.choices === undefined) return { text, calls, finish, usage, cut: 'no choices' };
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    finish = choice.finish_reason ?? finish;
    text += (choice.delta?.['content'] as string | null | undefined) ?? '';
    for (const piece of (choice.delta?.['tool_calls'] as { function: { name?: string; arguments?: string } }[] | undefined) ?? []) {
      const { name, arguments: more = '' } = piece.function;
      const known = name === undefined || name === '' ? calls.at(-1) : calls.find((call) => call.name === name);
      if (known === undefined) calls.push({ name: name ?? '', arguments: more });
      else known.arguments += more;
    }
  }
  return { text, calls, finish, usage, cut: undefined };
}

describe.each(providers)('Dify, at a provider that speaks as $behind does', ({ behind, model, whole, stream }) => {
  it('validates its credentials with a short whole answer', async () => {
    script(behind, whole({ text: 'pong' }));

    const answer = await ask(stage.gateway, '/v1/chat/completions', { body: { model, max_tokens: 5, messages: ping } });

    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ object: 'chat.completion', model: expect.any(String) });
  });

  it('reads a stream of text to its end', async () => {
    script(behind, stream({ text: 'Grüße aus Wien' }));

    const heard = readAsDify(await streamText({ model, messages: ping, stream_options: { include_usage: true } }));

    expect(heard).toMatchObject({
      text: 'Grüße aus Wien',
      finish: 'stop',
      usage: { prompt_tokens: 9, completion_tokens: 2 },
      cut: undefined,
    });
  });

  it('puts the pieces of a call together by its name', async () => {
    script(behind, stream({ tool: { name: 'look', arguments: '{"city":"Oslo"}' } }));

    const heard = readAsDify(await streamText({ model, messages: ping, tools: [tool('look')] }));

    expect(heard).toMatchObject({ calls: [{ name: 'look', arguments: '{"city":"Oslo"}' }], finish: 'tool_calls', cut: undefined });
  });

  it('never meets a carriage return, an event name or a heartbeat glued to a frame', async () => {
    const reply: Reply = stream({ text: 'one two' });
    script(behind, { ...reply, pieces: (reply.pieces ?? []).map((piece) => piece.toString().replaceAll('\n', '\r\n')) });

    const text = await streamText({ model, messages: ping });

    expect(text).not.toMatch(/\r|^event:/m);
    for (const frame of text.split('\n\n')) expect(frame === '' || /^(data: [^\n]*|:[^\n]*)$/.test(frame), frame).toBe(true);
    expect(readAsDify(text)).toMatchObject({ text: 'one two', cut: undefined });
  });
});

it('Dify is spared the heartbeats that a provider glues to its frames', async () => {
  const frames = openaiFrames({ text: 'one two' }).map((frame) => `: keep-alive\n${frame}`);
  script('openai', streamOf(frames));

  expect(readAsDify(await streamText({ model: 'gpt-4o-mini', messages: ping }))).toMatchObject({ text: 'one two', finish: 'stop' });
});

describe('Open WebUI', () => {
  /** Its model picker: a list, or an object with a list in `data`; anything else, or any `error`, leaves it empty. */
  function readAsOpenWebui(body: unknown): readonly string[] {
    const rows = Array.isArray(body) ? body : (body as Json)['error'] === undefined ? (body as Json)['data'] : [];
    return (Array.isArray(rows) ? (rows as readonly Json[]) : []).map((row) => String(row['id']));
  }

  it.each(['/v1/models', '/models'])('fills its picker from %s', async (path) => {
    const answer = await ask(stage.gateway, path, { headers: { authorization: 'Bearer placeholder' } });

    expect(readAsOpenWebui(answer.json())).toEqual(expect.arrayContaining(['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5']));
  });

  it('asks for a title beside the answer, with the headers of its user', async () => {
    script('openai', openaiAnswer({ text: 'A title' }));

    const answer = await ask(stage.gateway, '/v1/chat/completions', {
      body: { model: 'gpt-4o-mini', stream: false, messages: ping, metadata: { task: 'title_generation' } },
      headers: { 'x-openwebui-user-name': 'Jos%C3%A9', 'x-openwebui-user-id': 'u1', 'x-openwebui-chat-id': 'c1' },
    });

    expect(answer.json()).toMatchObject({ choices: [{ message: { content: 'A title' } }] });
    expect(JSON.stringify(stage.openai.requests.at(-1)?.headers)).not.toContain('openwebui');
  });
});

describe('n8n and Activepieces', () => {
  it('find the list of models with which they check a credential', async () => {
    const answer = await ask(stage.gateway, '/v1/models', { headers: { authorization: 'Bearer placeholder' } });

    expect(answer.status).toBe(200);
    const { object, data } = answer.json<{ object: string; data: readonly Json[] }>();
    expect(object).toBe('list');
    for (const row of data) expect(row).toMatchObject({ id: expect.any(String), object: 'model' });
  });

  it('n8n asks its OpenAI node’s /responses of a provider that has none', async () => {
    script('anthropic', anthropicAnswer({ text: 'Hello' }));

    const answer = await ask(stage.gateway, '/v1/responses', { body: { model: 'claude-haiku-4-5', input: ping } });

    expect(answer.json()).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }],
    });
  });

  it('Activepieces sends its defaults', async () => {
    script('openai', openaiAnswer({ text: 'Hello' }));

    const answer = await ask(stage.gateway, '/v1/chat/completions', {
      body: {
        model: 'gpt-4o-mini',
        max_tokens: 2048,
        temperature: 0.9,
        top_p: 1,
        frequency_penalty: 0,
        presence_penalty: 0.6,
        messages: ping,
      },
    });

    expect(answer.json()).toMatchObject({ choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }] });
  });
});

describe('LibreChat', () => {
  it('sends its defaults and a user, and no max_tokens', async () => {
    script('anthropic', anthropicStream({ text: 'Hello there' }));

    const body = { model: 'claude-haiku-4-5', user: 'u-1', temperature: 1, presence_penalty: 0, frequency_penalty: 0, messages: ping };
    const heard = readAsDify(await streamText(body));

    expect(heard).toMatchObject({ text: 'Hello there', finish: 'stop' });
    expect(stage.anthropic.requests.at(-1)?.json()).toMatchObject({ max_tokens: expect.any(Number) });
  });

  it('gets a title for a request that has a system message only', async () => {
    script('anthropic', anthropicAnswer({ text: 'A title' }));

    const answer = await ask(stage.gateway, '/v1/chat/completions', {
      body: { model: 'claude-haiku-4-5', messages: [{ role: 'system', content: 'Make a title of: hello' }] },
    });

    expect(answer.status, answer.text).toBe(200);
    const sent = stage.anthropic.requests.at(-1)?.json() as { messages: readonly Json[] };
    expect(sent.messages.length, 'the provider refuses a conversation without a turn').toBeGreaterThan(0);
  });

  it('is served by a model of the gateway’s choice when its title request names none', async () => {
    for (const { behind, whole } of providers) script(behind, whole({ text: 'A title' }));

    const answer = await ask(stage.gateway, '/v1/chat/completions', { body: { model: '', messages: ping } });

    expect(answer.json()).toMatchObject({ choices: [{ message: { content: 'A title' } }] });
    expect(answer.headers.get('x-mpc-model')).toMatch(/^(openai|anthropic)-/);
  });
});

describe('Langflow', () => {
  it.each(['/v1/models', '/v1/v1/models'])('validates and discovers with GET %s, though it adds a version itself', async (path) => {
    const answer = await ask(stage.gateway, path, { headers: { authorization: 'Bearer placeholder' } });

    expect(answer.json<{ data: readonly Json[] }>().data.length).toBeGreaterThan(0);
  });

  it('embeds by lists of token ids, as LangChain for Python does', async () => {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }];
    const body = JSON.stringify({ object: 'list', model: 'm', data, usage: { prompt_tokens: 3, total_tokens: 3 } });
    script('openai', { headers: { 'content-type': 'application/json' }, body });

    const answer = await ask(stage.gateway, '/v1/embeddings', { body: { model: 'text-embedding-3-small', input: [[9906, 1917, 0]] } });

    expect(answer.json()).toMatchObject({ data });
    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ input: [[9906, 1917, 0]] });
  });
});

describe('LlamaIndex for Python', () => {
  it.each(providers)('with its defaults asks for a text completion (at $behind)', async ({ behind, model, whole }) => {
    script(behind, whole({ text: 'there was' }));

    const answer = await ask(stage.gateway, '/v1/completions', {
      body: { model, prompt: 'Once upon a time', temperature: 0.1, max_tokens: 256, stream: false },
    });

    expect(answer.json()).toMatchObject({ object: 'text_completion', choices: [{ text: 'there was', finish_reason: 'stop' }] });
  });
});

function tool(name: string): Json {
  return {
    type: 'function',
    function: { name, description: 'Looks', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  };
}
