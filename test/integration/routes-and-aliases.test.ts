import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer } from '../support/canned-replies.ts';
import {
  type AnthropicErrorBody,
  type ApiErrorBody,
  ask,
  chatBody,
  gptModel,
  hello,
  messagesBody,
  type OpenaiErrorBody,
  type Stage,
  startStage,
} from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  stage.openai.respond(openaiAnswer());
  stage.anthropic.respond(anthropicAnswer());
});

describe('paths of mis-set clients', () => {
  it.each([
    '/v1/chat/completions',
    '/chat/completions',
    '/openai/v1/chat/completions',
    '/v1/v1/chat/completions',
    '/v1/chat/completions/',
    '//v1//chat/completions',
    '/v1/chat/completions?api-version=2024-10-21',
  ])('answers a chat at %s', async (path) => {
    const answer = await ask(stage.gateway, path, { body: chatBody() });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<{ object: string }>().object).toBe('chat.completion');
  });

  it.each(['/v1/messages', '/messages', '/v1/v1/messages', '/anthropic/v1/messages'])('answers messages at %s', async (path) => {
    const answer = await ask(stage.gateway, path, { body: messagesBody() });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json<{ type: string }>().type).toBe('message');
  });

  it.each(['/v1/models', '/models', '/openai/v1/models', '/v1/v1/models', '/api/models'])('lists models at %s', async (path) => {
    const answer = await ask(stage.gateway, path);

    expect(answer.status).toBe(200);
    expect(answer.json<{ object: string }>().object).toBe('list');
  });

  it('takes the deployment of an Azure path for the model, whatever the body says', async () => {
    const answer = await ask(stage.gateway, `/openai/deployments/${gptModel}/chat/completions?api-version=2024-10-21`, {
      body: { model: 'something-else', messages: hello },
      headers: { 'api-key': 'placeholder' },
    });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('x-mpc-model')).toContain(gptModel);
  });

  it('answers an Azure path without a model in the body', async () => {
    const before = stage.openai.requests.length;

    const answer = await ask(stage.gateway, `/openai/deployments/${gptModel}/chat/completions`, { body: { messages: hello } });

    expect(answer.status, answer.text).toBe(200);
    expect(stage.openai.requests[before]?.json()).toMatchObject({ model: gptModel });
  });
});

describe('what agents ask before they start', () => {
  it('answers HEAD /api/hello without a body', async () => {
    const answer = await ask(stage.gateway, '/api/hello', { method: 'HEAD' });

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
  });

  it('answers HEAD like GET, without the body', async () => {
    const answer = await ask(stage.gateway, '/v1/models', { method: 'HEAD' });

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(100);
  });
});

describe('paths and methods that do not exist', () => {
  it('answers 404 with the nearest route in OpenAI’s grammar', async () => {
    const answer = await ask(stage.gateway, '/v1/chat/completion', { body: chatBody() });

    expect(answer.status).toBe(404);
    const { error } = answer.json<OpenaiErrorBody>();
    expect(error.message).toContain('/v1/chat/completions');
    expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'type', 'code', 'param']));
  });

  it('answers 404 with the nearest route in Anthropic’s grammar', async () => {
    const answer = await ask(stage.gateway, '/v1/messages/count_token', { body: messagesBody() });

    expect(answer.status).toBe(404);
    expect(answer.json<AnthropicErrorBody>()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(answer.text).toContain('/v1/messages/count_tokens');
  });

  it('answers 404 with the nearest route in the grammar of the /api family', async () => {
    const answer = await ask(stage.gateway, '/api/select-mode', { body: {} });

    expect(answer.status).toBe(404);
    const body = answer.json<ApiErrorBody>();
    expect(body.error).toBeTypeOf('string');
    expect(body.message).toContain('/api/select-model');
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['GET', '/v1/messages', 'POST'],
    ['DELETE', '/api/select-model', 'POST'],
    ['POST', '/health', 'GET'],
    ['PUT', '/v1/models', 'GET'],
    ['PATCH', '/api/orchestrate', 'POST'],
  ])('answers 405 with Allow to %s %s', async (method, path, allowed) => {
    const answer = await ask(stage.gateway, path, { method });

    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain(allowed);
    expect(answer.text).toContain(allowed);
  });

  it('names GET and HEAD in Allow where GET is served', async () => {
    const answer = await ask(stage.gateway, '/v1/models', { method: 'DELETE' });

    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD']);
  });
});

describe('every answer', () => {
  it.each([
    ['a good one', '/health', 200],
    ['a list', '/v1/models', 200],
    ['a failure', '/nowhere', 404],
  ])('carries a request id of its own: %s', async (_what, path, status) => {
    const [one, other] = await Promise.all([ask(stage.gateway, path), ask(stage.gateway, path)]);

    expect(one.status).toBe(status);
    expect(one.headers.get('x-request-id')).toMatch(/^req_/);
    expect(one.headers.get('x-request-id')).not.toBe(other.headers.get('x-request-id'));
    expect(one.headers.get('x-litellm-call-id')).toBe(one.headers.get('x-request-id'));
  });
});
