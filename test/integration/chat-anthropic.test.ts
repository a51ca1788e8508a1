import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicFrames, anthropicStream, streamOf } from '../support/canned-replies.ts';
import { anthropicText, collectStream } from '../support/collect.ts';
import { anthropicKey, ask, claudeModel, lineOf, messages, messagesBody, open, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
const lastSent = (): string => stage.anthropic.requests.at(-1)?.body.toString() ?? '';

it('hands a whole answer on as the provider’s bytes', async () => {
  const body =
    '{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"hi","citations":null}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1,"service_tier":"standard"},"container":null}';
  stage.anthropic.respond({ headers: { 'content-type': 'application/json' }, body });

  const answer = await messages(stage.gateway);

  expect(answer.text).toBe(body);
});

it('changes only the model of the request', async () => {
  stage.anthropic.respond(anthropicAnswer());
  const raw = `{"max_tokens":10, "model":"anthropic/${claudeModel}", "messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}],"fallbacks":["theirs"],"context_management":{"edits":[]}}`;

  await ask(stage.gateway, '/v1/messages', { raw });

  expect(lastSent()).toBe(raw.replace(`"anthropic/${claudeModel}"`, `"${claudeModel}"`));
});

it('sends the provider’s credentials and version, and hands beta features on', async () => {
  stage.anthropic.respond(anthropicAnswer());

  await messages(
    stage.gateway,
    {},
    { 'x-api-key': 'callers-own', 'anthropic-beta': 'a-2025-01-01,b-2025-02-02', 'anthropic-version': '2023-06-01' },
  );

  const request = stage.anthropic.requests.at(-1);
  expect(request?.path).toBe('/v1/messages');
  expect(request?.headers).toMatchObject({
    'x-api-key': anthropicKey,
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'a-2025-01-01,b-2025-02-02',
  });
  expect(request?.rawHeaders.join('\n')).not.toContain('callers-own');
});

it('sends a version where the caller sent none', async () => {
  stage.anthropic.respond(anthropicAnswer());

  await messages(stage.gateway);

  expect(stage.anthropic.requests.at(-1)?.headers['anthropic-version']).toBe('2023-06-01');
});

describe('a stream', () => {
  it('is the provider’s frames, byte for byte', async () => {
    const frames = anthropicFrames({ text: 'one two', reasoning: 'hm hm', tool: { name: 'f', arguments: '{"a":1}' } });
    stage.anthropic.respond(streamOf(frames));

    const response = await open(stage.gateway, '/v1/messages', { body: messagesBody({ stream: true }) });

    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await response.text()).toBe(frames.join(''));
  });

  it('is billed from the provider’s numbers, cached tokens apart', async () => {
    stage.anthropic.respond(anthropicStream({ inputTokens: 50, cachedTokens: 40, outputTokens: 7 }));

    const response = await open(stage.gateway, '/v1/messages', { body: messagesBody({ stream: true }) });
    const stream = await collectStream(response);

    expect(anthropicText(stream)).toBe('Hello there');
    expect((await lineOf(stage.gateway, response)).usage).toMatchObject({ input: 10, cached_input: 40, output: 7 });
  });
});

it('writes the caller’s dialect into the entry', async () => {
  stage.anthropic.respond(anthropicAnswer());

  const line = await lineOf(stage.gateway, await messages(stage.gateway));

  expect(line).toMatchObject({
    dialect: 'anthropic-messages',
    endpoint: '/v1/messages',
    requested_model: claudeModel,
    provider: 'anthropic',
    finish: expect.any(String),
    stream: false,
  });
});

it('takes the address of the provider with and without /v1', async () => {
  const other = await startStage({ env: { ANTHROPIC_BASE_URL: stage.anthropic.baseUrl } });
  stage.anthropic.respond(anthropicAnswer());

  const answer = await messages(other.gateway);

  expect(answer.status).toBe(200);
  expect(stage.anthropic.requests.at(-1)?.path).toBe('/v1/messages');
});
