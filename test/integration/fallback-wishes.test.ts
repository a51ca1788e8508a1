// What a request says for itself about falling back: after which failures another model may answer, in body or header, in every grammar.
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError } from '../support/canned-replies.ts';
import { ask, chat, chatBody, embeddingBody, hello, type Json, messages, type Stage, startStage } from './client.ts';

const filtered = openaiError(400, { code: 'content_policy_violation', message: 'refused on policy grounds' });
const tooLong = openaiError(400, { code: 'context_length_exceeded', message: 'maximum context length is 128000 tokens' });
const once = { MPC_RETRY_ATTEMPTS: '0' };
const ours = (policy = ''): string => `aliases:\n  ours: {models: [gpt-4o-mini, claude-haiku-4-5]${policy}}\n`;

/** The first model fails as told; the second would answer. */
async function stageWith(failure: ReturnType<typeof openaiError>, yaml = ours(), env: Record<string, string> = {}): Promise<Stage> {
  const stage = await startStage({ env: { ...once, ...env }, yaml });
  stage.openai.respond(failure);
  stage.anthropic.respond(anthropicAnswer());
  return stage;
}

describe('a request', () => {
  it('widens what is fallen back on', async () => {
    const { gateway } = await stageWith(filtered);

    expect((await chat(gateway, { model: 'ours' })).status).toBe(400);
    expect((await chat(gateway, { model: 'ours', fallback_on: ['content_filtered'] })).status).toBe(200);
  });

  it('narrows it, down to nothing', async () => {
    const { gateway, anthropic } = await stageWith(openaiError(500));

    expect((await chat(gateway, { model: 'ours', fallback_on: ['rate_limited', 'timeout'] })).status).toBe(502);
    expect((await chat(gateway, { model: 'ours', fallback_on: [] })).status).toBe(502);
    expect(anthropic.requests).toEqual([]);
  });

  it('stands above the alias and the configuration, for itself alone', async () => {
    const { gateway } = await stageWith(openaiError(500), ours(', fallback_on: [timeout]'), { MPC_ROUTING_FALLBACK_ON: 'quota' });

    expect((await chat(gateway, { model: 'ours', fallback_on: ['error'] })).status).toBe(200);
    expect((await chat(gateway, { model: 'ours' })).status).toBe(502);
  });

  it('says it for the fallbacks that it lists', async () => {
    const { gateway, anthropic } = await stageWith(filtered, '');
    const listed = { fallbacks: ['claude-haiku-4-5'] };

    expect((await chat(gateway, { ...listed, fallback_on: ['error'] })).status).toBe(400);
    expect(anthropic.requests).toEqual([]);
    expect((await chat(gateway, { ...listed, fallback_on: ['content_filtered'] })).status).toBe(200);
  });

  it('finds a larger window in the catalog where it asks for that', async () => {
    const { gateway, openai } = await stageWith(tooLong, '');
    openai.respond((request) => ((request.json() as { model: string }).model === 'gpt-4o-mini' ? tooLong : openaiAnswer()));

    const answer = await chat(gateway, { fallback_on: ['context_length'] });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-mpc-warnings')).toContain('larger window');
  });

  it('may say it in a header or in mpc, and the body counts', async () => {
    const { gateway } = await stageWith(openaiError(500));
    const ask400 = (more: Json, header?: string) =>
      chat(gateway, { model: 'ours', ...more }, header === undefined ? {} : { 'x-mpc-fallback-on': header });

    expect((await ask400({}, 'error, overloaded')).status).toBe(200);
    expect((await ask400({}, 'timeout')).status).toBe(502);
    expect((await ask400({}, '')).status).toBe(502);
    expect((await ask400({ mpc: { fallback_on: 'timeout' } })).status).toBe(502);
    expect((await ask400({ fallback_on: ['error'] }, 'timeout')).status).toBe(200);
  });

  it('keeps it to the gateway', async () => {
    const { gateway, openai } = await stageWith(openaiError(500));
    openai.respond(openaiAnswer());

    await chat(gateway, { model: 'ours', fallback_on: ['error'] }, { 'x-mpc-fallback-on': 'error' });

    expect(openai.requests.at(-1)?.json()).not.toHaveProperty('fallback_on');
    expect(Object.keys(openai.requests.at(-1)?.headers ?? {})).not.toContain('x-mpc-fallback-on');
  });

  it('that is no chat says it, too, and so does the configuration for it', async () => {
    const { gateway, openai } = await stageWith(openaiError(500), '', {});
    const body = { ...embeddingBody, fallbacks: ['text-embedding-3-large'] };
    const asked = () => openai.requests.map((request) => (request.json() as { model: string }).model);

    expect((await ask(gateway, '/v1/embeddings', { body: { ...body, fallback_on: ['timeout'] } })).status).toBe(502);
    expect((await ask(gateway, '/v1/embeddings', { body, headers: { 'x-mpc-fallback-on': 'timeout' } })).status).toBe(502);
    expect(asked()).toEqual(['text-embedding-3-small', 'text-embedding-3-small']);
    await ask(gateway, '/v1/embeddings', { body });
    expect(asked().slice(2)).toEqual(['text-embedding-3-small', 'text-embedding-3-large']);

    const limited = await stageWith(openaiError(500), '', { MPC_ROUTING_FALLBACK_ON: 'timeout' });
    expect((await ask(limited.gateway, '/v1/embeddings', { body })).status).toBe(502);
    expect(limited.openai.requests).toHaveLength(1);
  });
});

describe('a word that is no class', () => {
  it('is refused with the nearest one, in the grammar of who asks, before anything is sent', async () => {
    const { gateway, openai } = await stageWith(openaiError(500));
    const wrong = { fallback_on: ['rate_limit'] };
    const message = /fallback_on: "rate_limit" is not one of rate_limited, .*did you mean "rate_limited"\?/;

    const openaiChat = await chat(gateway, wrong);
    const anthropic = await messages(gateway, wrong);
    const api = await ask(gateway, '/api/chat/completions', { body: chatBody(wrong) });
    const responses = await ask(gateway, '/v1/responses', { body: { model: 'gpt-4o-mini', input: 'hi', ...wrong } });
    const gemini = await ask(gateway, '/v1beta/models/gpt-4o-mini:generateContent', {
      body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }], ...wrong },
    });
    const cohere = await ask(gateway, '/v2/chat', { body: { model: 'gpt-4o-mini', messages: hello, ...wrong } });
    const embeddings = await ask(gateway, '/v1/embeddings', { body: { ...embeddingBody, ...wrong } });

    for (const answer of [openaiChat, anthropic, api, responses, gemini, cohere, embeddings]) {
      expect(answer.status, answer.text).toBe(400);
      expect(JSON.stringify(answer.json()).replaceAll('\\"', '"')).toMatch(message);
    }
    expect(openaiChat.json()).toMatchObject({ error: { type: 'invalid_request_error', param: 'fallback_on' } });
    expect(anthropic.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    expect(gemini.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    expect(openai.requests).toEqual([]);
  });

  it.each([[7], [{ a: 1 }], [[7]], [true]])('is refused where it is no list of words: %j', async (value) => {
    const { gateway } = await stageWith(openaiError(500));

    const answer = await chat(gateway, { fallback_on: value });

    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain('fallback_on must be a list of strings');
  });
});
