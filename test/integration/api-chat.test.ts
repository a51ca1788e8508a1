import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import {
  type Answer,
  type ApiErrorBody,
  ask,
  gptModel,
  hello,
  type Json,
  lineOf,
  logLines,
  open,
  start,
  type Stage,
  startStage,
} from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => {
  stage.openai.respond(openaiAnswer({ text: 'from openai' }));
  stage.anthropic.respond(anthropicAnswer({ text: 'from anthropic' }));
});
const chat = (body: unknown): Promise<Answer> => ask(stage.gateway, '/api/chat/completions', { body });
const served = async (body: Json): Promise<Answer> => {
  const answer = await chat(body);
  expect(answer.status, answer.text).toBe(200);
  return answer;
};

describe('a named model', () => {
  it.each([gptModel, `openai/${gptModel}`, `openai-${gptModel}-main`, `${gptModel}@openai`, gptModel.toUpperCase()])(
    'is served under %s',
    async (model) => {
      const answer = await served({ model, messages: hello });

      expect(answer.headers.get('x-mpc-model')).toBe(`openai-${gptModel}-main`);
      expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ model: gptModel });
    },
  );

  it.each([
    'text_general_flagship',
    'text_general_draft',
    'text_hook_fast',
    'text_reasoning_flagship',
    'text_multimodal_flagship',
    'text_multimodal_fast',
    'text_tariff_precision',
    'tariff-text-flagship',
    'tariff-llm',
    'layout-spec-strong',
    'fast-chat',
    'flagship-chat',
  ])('is served under the alias %s', async (model) => {
    const answer = await served({ model, messages: hello });

    expect(answer.headers.get('x-mpc-provider')).toMatch(/^(openai|anthropic)$/);
    expect((await lineOf(stage.gateway, answer)).requested_model).toBe(model);
  });

  it('may be left to the gateway: auto, or the cheapest that is there', async () => {
    const auto = await served({ model: 'auto', messages: hello });
    const cheapest = await served({ model: 'cheapest-available', messages: hello });

    expect(auto.headers.get('x-mpc-decision-id')).not.toBe(cheapest.headers.get('x-mpc-decision-id'));
    const costs = [auto, cheapest].map((answer) => Number(answer.headers.get('x-mpc-cost-usd')));
    expect(costs[1]).toBeLessThan(costs[0] ?? 0);
  });

  it('streams', async () => {
    stage.openai.respond(openaiStream({ text: 'one two three' }));

    const stream = await collectStream(
      await open(stage.gateway, '/api/chat/completions', { body: { model: gptModel, messages: hello, stream: true } }),
    );

    expect(openaiText(stream)).toBe('one two three');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });
});

describe('a task instead of a model', () => {
  it.each([
    'chat',
    'chat_general',
    'reasoning',
    'analysis',
    'classification',
    'drafting',
    'rag_rewrite',
    'tariff_compliance',
    'generation',
  ])('serves the task %s', async (task) => {
    const answer = await served({ task, messages: hello });

    expect(answer.headers.get('x-mpc-decision-id')).toMatch(/^dec_/);
  });

  it('takes `input` for the messages', async () => {
    const answer = await served({ task: 'rag_rewrite', input: 'rewrite me' });

    const upstream = answer.headers.get('x-mpc-provider') === 'openai' ? stage.openai : stage.anthropic;
    expect(upstream.requests.at(-1)?.json()).toMatchObject({ messages: [{ role: 'user' }] });
    expect(upstream.requests.at(-1)?.body.toString()).toContain('rewrite me');
  });

  it('takes a list of messages as `input`', async () => {
    await served({ model: gptModel, input: [{ role: 'user', content: 'listed' }] });

    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ messages: [{ role: 'user', content: 'listed' }] });
  });

  it('sends neither the task nor any other word of ours upstream', async () => {
    await served({
      model: gptModel,
      task: 'chat',
      domain: 'general',
      messages: hello,
      fallbacks: ['anthropic/claude-haiku-4-5'],
      mpc: { strategy: 'balanced' },
    });

    expect(Object.keys(stage.openai.requests.at(-1)?.json() as object)).toEqual(['model', 'messages']);
  });

  it('infers the task from the text when neither model nor task is given', async () => {
    const answer = await served({ messages: [{ role: 'user', content: 'Prove step by step that the square root of 2 is irrational.' }] });

    expect((await lineOf(stage.gateway, answer)).requested_model).toBeNull();
    expect(answer.headers.get('x-mpc-decision-id')).toMatch(/^dec_/);
  });

  it('honours constraints beside the task', async () => {
    const answer = await served({ task: 'chat', quality_tier: 'draft', mpc: { providers: ['anthropic'] }, messages: hello });

    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
  });

  it('answers from another dialect’s provider in OpenAI’s grammar', async () => {
    const answer = await served({ task: 'chat', mpc: { providers: ['anthropic'] }, messages: hello });

    expect(answer.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'from anthropic' }, finish_reason: 'stop' }],
    });
  });
});

describe('wrong input', () => {
  it('answers 400 to an unknown model with its name and the nearest known ones', async () => {
    const answer = await chat({ model: 'gpt-4o-mni', messages: hello });

    expect(answer.status).toBe(400);
    const wrong = answer.json<ApiErrorBody>();
    expect(wrong.error).toBe('Unknown model alias: gpt-4o-mni');
    expect(wrong.message).toContain(gptModel);
  });

  it('answers 400 to a model that is known but not configured, naming the variable to set', async () => {
    const answer = await chat({ model: 'mistral/mistral-large-latest', messages: hello });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('MISTRAL_API_KEY');
  });

  it.each([
    ['messages', { model: gptModel }],
    ['messages', { model: gptModel, messages: [] }],
    ['messages', { model: gptModel, messages: 'hello' }],
    ['messages', { model: gptModel, input: [] }],
    ['messages[0].role', { model: gptModel, messages: [{ content: 'x' }] }],
    ['messages[0].content', { model: gptModel, messages: [{ role: 'user', content: 5 }] }],
    ['model', { model: 5, messages: hello }],
    ['task', { task: 5, messages: hello }],
    ['input', { task: 'chat', input: 5 }],
    ['stream', { model: gptModel, messages: hello, stream: 'yes' }],
    ['temperature', { model: gptModel, messages: hello, temperature: 'hot' }],
  ])('answers 400 naming %s: %j', async (param, body) => {
    const answer = await chat(body);

    expect(answer.status, answer.text).toBe(400);
    const wrong = answer.json<ApiErrorBody>();
    expect(wrong.param).toBe(param);
    expect(wrong.error).toBeTypeOf('string');
    expect(wrong.message).toContain(param.split(/[[.]/)[0] ?? '');
  });

  it('answers 404 with the constraint when no model meets them all', async () => {
    const answer = await chat({ task: 'chat', mpc: { providers: ['groq'] }, messages: hello });

    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ error: 'no_matching_model', constraint: expect.any(String), relaxation: expect.any(String) });
  });
});

describe('an upstream that fails', () => {
  it('answers 502 with the /api family’s fields when the provider is down', async () => {
    const gateway = await start({ env: { LITELLM_BASE_URL: 'http://127.0.0.1:1', LITELLM_API_KEY: 'sk-1234567890' } });

    const answer = await ask(gateway, '/api/chat/completions', { body: { model: 'litellm/some-model', messages: hello } });

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ error: expect.any(String), message: expect.any(String), code: 'upstream_unreachable' });
  });

  it('answers 504 when the provider does not answer in time', async () => {
    const slow = await startStage({ env: { MPC_TIMEOUTS_FIRST_BYTE_MS: '50' } });
    slow.openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });

    const answer = await ask(slow.gateway, '/api/chat/completions', { body: { model: gptModel, messages: hello } });

    expect(answer.status).toBe(504);
    expect(answer.json<ApiErrorBody>().code).toBe('upstream_timeout');
  });
});

it('writes one entry for each of these calls, with the dialect and endpoint of the caller', async () => {
  const own = await startStage();
  own.openai.respond(openaiAnswer());
  const answer = await ask(own.gateway, '/api/chat/completions', { body: { model: gptModel, messages: hello } });
  const line = await lineOf(own.gateway, answer);

  expect(line).toMatchObject({ dialect: 'openai-chat', endpoint: '/api/chat/completions', status: 200 });
  expect(await logLines(own.gateway)).toHaveLength(1);
});

it('answers from the demo models where no provider is configured, and says so', async () => {
  const gateway = await start();

  const answer = await ask(gateway, '/api/chat/completions', { body: { task: 'chat_general', messages: hello } });

  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get('x-mpc-provider')).toBe('demo');
});
