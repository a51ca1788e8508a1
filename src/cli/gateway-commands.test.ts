// chat, models and select against a scripted gateway.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiAnswer, openaiFrames, openaiStream, streamOf } from '../../test/support/canned-replies.ts';
import { type FakeUpstream, startUpstream } from '../../test/support/fake-upstream.ts';
import { jsonLines, type Outcome, runMpc } from '../../test/support/run-mpc.ts';

let gateway: FakeUpstream;
beforeAll(async () => {
  gateway = await startUpstream();
});
afterAll(() => gateway.close());

const mpc = (args: readonly string[], input?: string): Promise<Outcome> =>
  runMpc(args, { variables: { MPC_URL: gateway.url, MPC_KEY: 'mpc-from-environment' }, ...(input !== undefined && { input }) });
const json = (value: object) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

describe('mpc chat', () => {
  it('prints the streamed answer and nothing else', async () => {
    gateway.respond(openaiStream({ text: 'Hello there.' }));

    const outcome = await mpc(['chat', 'say', 'hello', '--model', 'fast-chat', '--system', 'Be short.', '--max-tokens', '50']);

    expect(outcome).toEqual({ exitCode: 0, out: 'Hello there.\n', err: '' });
    const seen = gateway.requests.at(-1);
    expect(seen?.path).toBe('/v1/chat/completions');
    expect(seen?.headers['authorization']).toBe('Bearer mpc-from-environment');
    expect(seen?.json()).toEqual({
      model: 'fast-chat',
      max_tokens: 50,
      stream: true,
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'say hello' },
      ],
    });
  });

  it('takes the prompt from a pipe and lets the gateway choose the model', async () => {
    gateway.respond(openaiStream({ text: 'ok' }));

    await mpc(['chat'], 'a prompt\nof two lines\n');

    expect(gateway.requests.at(-1)?.json()).toMatchObject({
      model: 'auto',
      messages: [{ role: 'user', content: 'a prompt\nof two lines' }],
    });
  });

  it('prints the whole answer as one object with --json', async () => {
    gateway.respond(openaiAnswer({ text: 'ok' }));

    const { out } = await mpc(['chat', 'hi', '--json']);

    expect(jsonLines(out)).toMatchObject([{ object: 'chat.completion', choices: [{ message: { content: 'ok' } }] }]);
    expect(gateway.requests.at(-1)?.json()).not.toHaveProperty('stream');
  });

  it('fails with 1 and the reason when the answer breaks off', async () => {
    const error =
      'data: {"error":{"message":"the provider closed the stream","type":"api_error","code":"upstream_truncated","param":null}}\n\n';
    gateway.respond(streamOf([...openaiFrames({ text: 'Hello' }).slice(0, 2), error]));

    const outcome = await mpc(['chat', 'hi']);

    expect(outcome.exitCode).toBe(1);
    expect(outcome.err).toContain('the answer broke off: the provider closed the stream');
  });

  it('passes on what the gateway says of a wrong model', async () => {
    gateway.respond({
      status: 404,
      ...json({ error: { message: 'no model "gtp"; did you mean gpt-4o?', type: 'x', code: 'unknown_model', param: 'model' } }),
    });

    const outcome = await mpc(['chat', 'hi', '--model', 'gtp']);

    expect(outcome).toMatchObject({ exitCode: 1, out: '' });
    expect(outcome.err).toContain('did you mean gpt-4o?');
  });
});

describe('mpc models', () => {
  const list = json({
    object: 'list',
    data: [
      { id: 'openai/gpt-4o', object: 'model', created: 1, owned_by: 'openai' },
      { id: 'fast-chat', object: 'model', created: 1, owned_by: 'mpc-api' },
    ],
  });

  it('lists what the gateway offers, one object per line with --json', async () => {
    gateway.respond(list);

    expect(jsonLines((await mpc(['models', '--json'])).out).map((model) => model['id'])).toEqual(['openai/gpt-4o', 'fast-chat']);
    expect((await mpc(['models', 'GPT'])).out).toMatch(/^MODEL +OWNER\nopenai\/gpt-4o +openai\n$/);
    expect(gateway.requests.at(-1)?.path).toBe('/api/models');
  });
});

describe('mpc select', () => {
  const model = {
    canonical_id: 'openai-gpt-4o-main',
    provider_id: 'openai/gpt-4o',
    quality_tier: 'flagship',
    speed_tier: 'normal',
    tasks: ['chat'],
  };

  it('asks with the given constraints only, and shows the choice', async () => {
    gateway.respond(json({ selected_model: model, candidates: [model], decision: {} }));

    const outcome = await mpc([
      'select',
      '--task',
      'reasoning',
      '--needs',
      'tools,vision',
      '--max-cost-usd',
      '0.01',
      '--context-tokens',
      '9000',
    ]);

    expect(outcome.exitCode).toBe(0);
    expect(outcome.out).toMatch(/^openai\/gpt-4o\n/);
    expect(gateway.requests.at(-1)?.json()).toEqual({
      task_type: 'reasoning',
      domain: 'general',
      needs: ['tools', 'vision'],
      max_cost_usd: 0.01,
      context_tokens: 9_000,
    });
  });

  it('prints the whole answer with --json', async () => {
    gateway.respond(json({ selected_model: model, candidates: [model], decision: { id: 'dec_a' } }));

    expect(jsonLines((await mpc(['select', '--json'])).out)).toMatchObject([{ selected_model: model, decision: { id: 'dec_a' } }]);
  });

  it('fails with 1 when no model fits, with the reason', async () => {
    gateway.respond({ status: 404, ...json({ error: 'no_matching_model', message: 'no model reads video; drop needs.video' }) });

    const outcome = await mpc(['select', '--needs', 'video']);

    expect(outcome).toMatchObject({ exitCode: 1, out: '' });
    expect(outcome.err).toContain('drop needs.video');
  });
});
