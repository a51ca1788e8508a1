import { beforeAll, describe, expect, it } from 'vitest';
import {
  anthropicAnswer,
  anthropicFrames,
  anthropicStream,
  openaiAnswer,
  openaiError,
  openaiStream,
  streamOf,
} from '../support/canned-replies.ts';
import { collectStream, jsonFrames, type SeenStream } from '../support/collect.ts';
import {
  type Answer,
  ask,
  claudeModel,
  gptModel,
  type Json,
  lineOf,
  open,
  type OpenaiErrorBody,
  type Stage,
  startStage,
} from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});

interface Completion {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly text: string;
    readonly index: number;
    readonly logprobs: null;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

const body = (more: Json = {}): Json => ({ model: gptModel, prompt: 'Say hello', ...more });
const complete = (more: Json = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(stage.gateway, '/v1/completions', { body: body(more), headers });
const stream = async (more: Json = {}): Promise<SeenStream> =>
  collectStream(await open(stage.gateway, '/v1/completions', { body: body({ stream: true, ...more }) }));
const textOf = (seen: SeenStream): string =>
  jsonFrames<Completion>(seen)
    .map((chunk) => chunk.choices[0]?.text ?? '')
    .join('');

describe('a text completion', () => {
  it('is answered by an OpenAI chat model', async () => {
    stage.openai.respond(openaiAnswer({ text: 'Hello there', inputTokens: 9, outputTokens: 2 }));

    const answer = await complete();

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<Completion>()).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Hello there', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
    expect(stage.openai.requests.at(-1)?.path).toBe('/v1/chat/completions');
    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ messages: [{ role: 'user', content: 'Say hello' }], max_tokens: 16 });
  });

  it('is answered by an Anthropic model', async () => {
    stage.anthropic.respond(anthropicAnswer({ text: 'Hello there', inputTokens: 9, outputTokens: 2 }));

    const answer = await complete({ model: claudeModel, max_tokens: 50, stop: ['END'] });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<Completion>()).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Hello there', finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
    expect(stage.anthropic.requests.at(-1)?.json()).toMatchObject({ max_tokens: 50, stop_sequences: ['END'] });
  });

  it.each(['/v1/completions', '/completions', '/openai/v1/completions'])('is served by the built-in demo at %s', async (path) => {
    const answer = await ask(stage.gateway, path, { body: { model: 'demo-fast', prompt: 'Say hello', max_tokens: 100 } });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<Completion>().choices[0]?.text).not.toBe('');
  });

  it('needs no model: the text tells the task', async () => {
    stage.openai.respond(openaiAnswer());
    stage.anthropic.respond(anthropicAnswer());

    const answer = await ask(stage.gateway, '/v1/completions', { body: { prompt: 'Summarise this in one sentence: …' } });

    expect(answer.status, answer.text).toBe(200);
    const decision = await ask(stage.gateway, `/api/decisions/${answer.headers.get('x-mpc-decision-id')}`);
    expect(decision.text).toContain('summarization');
  });

  it('has one entry in the ledger, priced, under its own dialect', async () => {
    stage.openai.respond(openaiAnswer({ inputTokens: 100, outputTokens: 10 }));

    const line = await lineOf(stage.gateway, await complete());

    expect(line).toMatchObject({
      dialect: 'openai-completions',
      endpoint: '/v1/completions',
      model: `openai-${gptModel}-main`,
      stream: false,
      status: 200,
      priced: true,
      usage: { input: 100, output: 10 },
    });
  });

  it('tells in a header what was left out', async () => {
    stage.openai.respond(openaiAnswer());

    const answer = await complete({ echo: true, best_of: 3, suffix: 'END', logprobs: 2 });

    expect(answer.status, answer.text).toBe(200);
    const warnings = answer.headers.get('x-mpc-warnings');
    for (const field of ['echo', 'best_of', 'suffix', 'logprobs']) expect(warnings).toContain(`${field}: `);
    expect(Object.keys(stage.openai.requests.at(-1)?.json() as object)).not.toEqual(expect.arrayContaining(['echo']));
  });

  it('falls back to a model of another grammar', async () => {
    stage.openai.respond(openaiError(500));
    stage.anthropic.respond(anthropicAnswer({ text: 'from the other' }));

    const answer = await complete({ fallbacks: [claudeModel] });

    expect(answer.json<Completion>().choices[0]?.text).toBe('from the other');
  });
});

describe('a streamed text completion', () => {
  it.each(['openai', 'anthropic'] as const)('is chunks of text completions from %s', async (provider) => {
    stage.openai.respond(openaiStream({ text: 'Hello there, world' }));
    stage.anthropic.respond(anthropicStream({ text: 'Hello there, world' }));

    const seen = await stream({ model: provider === 'openai' ? gptModel : claudeModel });

    expect(textOf(seen)).toBe('Hello there, world');
    expect(seen.frames.at(-1)?.data).toBe('[DONE]');
    const chunks = jsonFrames<Completion>(seen);
    expect(new Set(chunks.map((chunk) => chunk.object))).toEqual(new Set(['text_completion']));
    expect(chunks.at(-1)?.choices[0]).toMatchObject({ text: '', finish_reason: 'stop' });
    expect(chunks.some((chunk) => chunk.usage !== undefined)).toBe(false);
  });

  it('ends with the usage when asked', async () => {
    stage.anthropic.respond(anthropicStream({ inputTokens: 9, outputTokens: 2 }));

    const seen = await stream({ model: claudeModel, stream_options: { include_usage: true } });

    expect(jsonFrames<Completion>(seen).at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 2 } });
  });

  it('ends in an error frame, never [DONE], when the provider breaks off', async () => {
    stage.anthropic.respond(streamOf(anthropicFrames({ text: 'Hello there' }).slice(0, -2)));

    const seen = await stream({ model: claudeModel });

    expect(JSON.parse(seen.frames.at(-1)?.data ?? '')).toMatchObject({ error: { code: 'upstream_truncated' } });
    expect(seen.text).not.toContain('[DONE]');
  });
});

describe('a request that cannot be served', () => {
  it.each([
    ['token ids', { prompt: [1, 2, 3] }, 'token ids'],
    ['several prompts', { prompt: ['a', 'b'] }, 'one prompt per request'],
    ['no prompt', { prompt: undefined }, 'missing'],
  ])('is refused in OpenAI’s grammar: %s', async (_, more, problem) => {
    const answer = await complete(more);

    expect(answer.status).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({
      type: 'invalid_request_error',
      code: 'invalid_request',
      param: 'prompt',
      message: expect.stringContaining(problem),
    });
  });

  it('names the nearest model when it knows none of that name', async () => {
    const answer = await complete({ model: 'gpt-4o-minii' });

    expect(answer.status).toBe(404);
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({
      code: 'model_not_found',
      param: 'model',
      message: expect.stringContaining(gptModel),
    });
  });

  it('hands the provider’s refusal on', async () => {
    stage.openai.respond(openaiError(400, { message: 'temperature is too hot', param: 'temperature' }));

    const answer = await complete({ temperature: 9 });

    expect(answer.status).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error).toMatchObject({ message: 'temperature is too hot', param: 'temperature' });
  });
});
