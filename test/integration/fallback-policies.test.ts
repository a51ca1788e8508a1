// What the operator says about falling back: after which failures, to whom, how long, and which mistakes in saying so are refused.
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError } from '../support/canned-replies.ts';
import { chat, lineOf, type OpenaiErrorBody, start, startStage } from './client.ts';

const filtered = openaiError(400, { code: 'content_policy_violation', message: 'refused on policy grounds' });
const tooLong = openaiError(400, { code: 'context_length_exceeded', message: 'maximum context length is 128000 tokens' });
const alias = (policy: string): string => `aliases:\n  ours: {models: [gpt-4o-mini, claude-haiku-4-5]${policy}}\n`;
const once = { MPC_RETRY_ATTEMPTS: '0' };

describe('an answer that was refused on policy grounds', () => {
  it('is the answer, unless the policy says otherwise', async () => {
    const { gateway, openai, anthropic } = await startStage({ yaml: alias('') });
    openai.respond(filtered);
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { model: 'ours' });

    expect(answer.status).toBe(400);
    expect((await lineOf(gateway, answer)).attempts).toMatchObject([{ error_code: 'content_filtered' }]);
    expect(anthropic.requests).toEqual([]);
  });

  it('is asked of the next model where the alias says so', async () => {
    const { gateway, openai, anthropic } = await startStage({ yaml: alias(', fallback_on: [content_filtered]') });
    openai.respond(filtered);
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { model: 'ours' });

    expect(answer.status).toBe(200);
    expect((await lineOf(gateway, answer)).attempts).toMatchObject([{ error_code: 'content_filtered' }, { error_code: null }]);
  });
});

describe('a policy without a class of failure', () => {
  it('gives that failure to the caller', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: once, yaml: alias(', fallback_on: [rate_limited]') });
    openai.respond(openaiError(500));
    anthropic.respond(anthropicAnswer());

    expect((await chat(gateway, { model: 'ours' })).status).toBe(502);
    expect(anthropic.requests).toEqual([]);
  });

  it('still tries the same model again', async () => {
    const { gateway, openai, anthropic } = await startStage({ yaml: alias(', fallback_on: []') });
    openai.respond(openaiError(500), openaiAnswer());
    anthropic.respond(anthropicAnswer());

    expect((await chat(gateway, { model: 'ours' })).status).toBe(200);
    expect(anthropic.requests).toEqual([]);
  });

  it('does not pass over a model that rests after such a failure', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: once, yaml: alias(', fallback_on: [timeout]') });
    openai.respond({ ...openaiError(429), headers: { 'content-type': 'application/json', 'retry-after': '30' } });
    anthropic.respond(anthropicAnswer());
    await chat(gateway, { model: 'ours' });

    const answer = await chat(gateway, { model: 'ours' });

    expect(answer.status).toBe(429);
    expect(openai.requests).toHaveLength(1);
    expect(anthropic.requests).toEqual([]);
  });

  it('holds for every call where it is set for all', async () => {
    const env = { ...once, MPC_ROUTING_FALLBACK_ON: 'rate_limited,overloaded' };
    const { gateway, openai, anthropic } = await startStage({ env, yaml: alias('') });
    openai.respond(openaiError(500), openaiError(429));
    anthropic.respond(anthropicAnswer());

    expect((await chat(gateway, { model: 'ours' })).status).toBe(502);
    expect((await chat(gateway, { model: 'ours' })).status).toBe(200);
  });
});

describe('a prompt that does not fit', () => {
  it('goes to a model with a larger window from the catalog, which the caller is told', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: { MPC_ROUTING_FALLBACK_ON: 'context_length' } });
    openai.respond((request) => ((request.json() as { model: string }).model === 'gpt-4o-mini' ? tooLong : openaiAnswer()));
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway);
    const line = await lineOf(gateway, answer);

    expect(answer.status).toBe(200);
    expect(line.attempts[0]).toMatchObject({ model: 'openai/gpt-4o-mini', error_code: 'context_length_exceeded' });
    expect(line.attempts).toHaveLength(2);
    expect(answer.headers.get('x-mpc-warnings')).toContain('larger window');
  });

  it('is not sent to what was asked for when it cannot fit', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: { MPC_ROUTING_FALLBACK_ON: 'context_length' } });
    openai.respond(openaiAnswer());
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { messages: [{ role: 'user', content: 'a word '.repeat(100_000) }] });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-model')).not.toContain('gpt-4o-mini');
    expect(answer.headers.get('x-mpc-warnings')).toContain('larger window');
  });

  it('is passed over models of the alias with the same window', async () => {
    const yaml = 'aliases:\n  ours: {models: [gpt-4o-mini, gpt-4o, gpt-4.1], fallback_on: [context_length]}\n';
    const { gateway, openai } = await startStage({ yaml });
    openai.respond(tooLong, openaiAnswer());

    expect((await chat(gateway, { model: 'ours' })).status).toBe(200);
    expect(openai.requests.map((request) => (request.json() as { model: string }).model)).toEqual(['gpt-4o-mini', 'gpt-4.1']);
  });

  it('never goes to a model that the key may not use', async () => {
    const admin = 'admin-key-0123456789';
    const { gateway, openai, anthropic } = await startStage({ env: { MPC_ROUTING_FALLBACK_ON: 'context_length', MPC_ADMIN_KEY: admin } });
    openai.respond(tooLong);
    anthropic.respond(anthropicAnswer());
    const made = await fetch(`${gateway.url}/admin/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'narrow', models: ['gpt-4o-mini'] }),
    });
    const { key } = (await made.json()) as { key: string };

    const answer = await chat(gateway, {}, { authorization: `Bearer ${key}` });

    expect(answer.json<OpenaiErrorBody>().error.code).toBe('context_length_exceeded');
    expect(openai.requests).toHaveLength(1);
    expect(anthropic.requests).toEqual([]);
  });
});

describe('a chain of fallbacks', () => {
  const chains = 'routing:\n  fallbacks:\n    gpt-4o-mini: [claude-haiku-4-5]\n    "*": [gpt-4o-mini]\n';

  it('serves for the model that it is listed for', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: once, yaml: chains });
    openai.respond(openaiError(500));
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { model: 'openai/gpt-4o-mini' });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
  });

  it('serves for all others by the name *, and goes on with the chains of its members', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: once, yaml: chains });
    openai.respond(openaiError(500));
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { model: 'gpt-4o' });

    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
    expect(openai.requests.map((request) => (request.json() as { model: string }).model)).toEqual(['gpt-4o', 'gpt-4o-mini']);
  });

  it('stands behind what the request lists itself', async () => {
    const { gateway, openai, anthropic } = await startStage({ env: once, yaml: chains });
    openai.respond(openaiError(500));
    anthropic.respond(anthropicAnswer());

    expect((await chat(gateway, { fallbacks: ['gpt-4o'] })).status).toBe(502);
    expect(anthropic.requests).toEqual([]);
  });
});

it('every model that an alias lists is asked before others that would fit it', async () => {
  const { gateway, openai } = await startStage({ env: once, yaml: 'aliases:\n  ours: [gpt-4o-mini, gpt-4o, gpt-4.1]\n' });
  openai.respond(openaiError(500), openaiError(500), openaiAnswer());

  expect((await chat(gateway, { model: 'ours' })).status).toBe(200);
  expect(openai.requests.map((request) => (request.json() as { model: string }).model)).toEqual(['gpt-4o-mini', 'gpt-4o', 'gpt-4.1']);
});

it('an alias may take no longer than its own time limit', async () => {
  const { gateway, openai } = await startStage({ yaml: 'aliases:\n  ours: {models: [gpt-4o-mini], timeout_ms: 100}\n' });
  openai.respond({ ...openaiAnswer(), headDelayMs: Infinity });

  const answer = await chat(gateway, { model: 'ours' });

  expect(answer.status).toBe(504);
});

describe('a mistake is told at the start, with its place', () => {
  const refused = async (yaml: string, expected: RegExp): Promise<void> => {
    await expect(start({ yaml })).rejects.toThrow(expected);
  };

  it.each([
    [
      'a circle',
      'routing:\n  fallbacks:\n    gpt-4o: [gpt-4o-mini]\n    gpt-4o-mini: [gpt-4o]\n',
      /mpc\.yaml:3:5 .*circle: gpt-4o → gpt-4o-mini → gpt-4o/,
    ],
    ['a model that takes over for itself', 'routing:\n  fallbacks:\n    gpt-4o: [gpt-4o]\n', /mpc\.yaml:3:5 .*circle/],
    [
      'a circle through an alias',
      'aliases:\n  ours: [gpt-4o]\nrouting:\n  fallbacks:\n    gpt-4o: [ours]\n',
      /mpc\.yaml:5:5 .*circle: gpt-4o → ours → gpt-4o/,
    ],
    [
      'an unknown name',
      'routing:\n  fallbacks:\n    gpt-4o: [gpt-4o-minni]\n',
      /mpc\.yaml:3:5 .*"gpt-4o-minni" is not known; did you mean/,
    ],
    [
      'a chain that never serves',
      'routing:\n  fallback: none\n  fallbacks:\n    gpt-4o: [gpt-4o-mini]\n',
      /mpc\.yaml:3:3 .*routing\.fallback is `none`/,
    ],
    [
      'a chain that nothing leads to',
      'routing:\n  fallback_on: []\n  fallbacks:\n    gpt-4o: [gpt-4o-mini]\n',
      /mpc\.yaml:3:3 .*fallback_on is empty/,
    ],
    ['an empty chain', 'routing:\n  fallbacks:\n    gpt-4o: []\n', /mpc\.yaml:3:5 .*at least one model/],
    ['a chain that is none', 'routing:\n  fallbacks: [gpt-4o]\n', /mpc\.yaml:2:3 .*must be a map/],
    ['an unknown class', 'routing:\n  fallback_on: [rate_limit]\n', /routing\.fallback_on: must be one of .*did you mean rate_limited/],
    ['an unknown class of an alias', alias(', fallback_on: [timeouts]'), /fallback_on.*did you mean timeout/],
    ['a time that is none', 'routing:\n  hedge_after: soon\n', /mpc\.yaml:2:3 .*p95 or a whole number/],
  ])('%s', (_what, yaml, expected) => refused(yaml, expected));
});
