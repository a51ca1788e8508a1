import { describe, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { ask, chat, claudeModel, type Json, lineOf, messages, startStage } from './client.ts';

const on = { 'x-mpc-cache': 'on' };

describe('an answer that was given before', () => {
  it('is given again without a call, at no cost, and marked', async () => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiAnswer({ text: 'cached words' }));

    const first = await chat(gateway, {}, on);
    const again = await chat(gateway, {}, on);

    expect(openai.requests).toHaveLength(1);
    expect([first.headers.get('x-mpc-cache'), again.headers.get('x-mpc-cache')]).toEqual(['miss', 'hit']);
    expect(again.text).toContain('cached words');
    expect(again.headers.get('x-mpc-cost-usd')).toBe('0');
    expect(again.headers.get('age')).toBe('0');
    expect(await lineOf(gateway, again)).toMatchObject({ cost_nano_usd: 0, attempts: [], layer: 'cache', status: 200 });
  });

  it.each([
    ['whole, then streamed', false, true],
    ['streamed, then whole', true, false],
    ['streamed both times', true, true],
  ])('is replayed in the form that is asked for: %s', async (_what, first, second) => {
    const { gateway, openai } = await startStage();
    openai.respond(first ? openaiStream({ text: 'Hello there' }) : openaiAnswer({ text: 'Hello there' }));

    await chat(gateway, { stream: first }, on);
    const again = await chat(gateway, { stream: second }, on);

    expect(openai.requests).toHaveLength(1);
    expect(again.headers.get('x-mpc-cache')).toBe('hit');
    const text = second
      ? [...again.text.matchAll(/"content":"([^"]*)"/g)].map((match) => match[1]).join('')
      : again.json<{ choices: { message: { content: string } }[] }>().choices[0]?.message.content;
    expect(text).toBe('Hello there');
    if (second) expect(again.text).toContain('data: [DONE]');
  });

  it('is found in Anthropic’s grammar, too, but never across grammars', async () => {
    const { gateway, openai, anthropic } = await startStage();
    anthropic.respond(anthropicAnswer({ text: 'bonjour' }));
    openai.respond(openaiAnswer());

    await messages(gateway, {}, on);
    const again = await messages(gateway, {}, on);

    expect(anthropic.requests).toHaveLength(1);
    expect(again.text).toContain('bonjour');
    expect(again.headers.get('x-mpc-cache')).toBe('hit');
  });

  it('repeats what its request said, where the grammar does that', async () => {
    const { gateway, anthropic } = await startStage();
    anthropic.respond(anthropicAnswer());
    const body = {
      model: `anthropic/${claudeModel}`,
      input: 'hi',
      instructions: 'Be brief.',
      tools: [{ type: 'custom', name: 'sql' }],
      metadata: { job: '7' },
    };

    const first = await ask(gateway, '/v1/responses', { body, headers: on });
    const again = await ask(gateway, '/v1/responses', { body, headers: on });

    expect(again.headers.get('x-mpc-cache')).toBe('hit');
    const { instructions, tools, metadata } = first.json<Json>();
    expect(again.json<Json>()).toMatchObject({ instructions, tools, metadata });
    expect(instructions).toBe('Be brief.');
  });

  it('is not another key’s', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_ADMIN_KEY: 'admin-0123456789abcdef' } });
    openai.respond(openaiAnswer());
    const keyOf = async (name: string): Promise<string> =>
      (await ask(gateway, '/admin/keys', { body: { name }, headers: { authorization: 'Bearer admin-0123456789abcdef' } })).json<{
        key: string;
      }>().key;
    const [one, other] = [await keyOf('one'), await keyOf('other')];

    await chat(gateway, {}, { ...on, authorization: `Bearer ${one}` });
    const foreign = await chat(gateway, {}, { ...on, authorization: `Bearer ${other}` });
    const own = await chat(gateway, {}, { ...on, authorization: `Bearer ${one}` });

    expect([foreign.headers.get('x-mpc-cache'), own.headers.get('x-mpc-cache')]).toEqual(['miss', 'hit']);
    expect(openai.requests).toHaveLength(2);
  });

  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['another prompt', { messages: [{ role: 'user', content: 'other' }] }, on],
    ['another temperature', { temperature: 1 }, on],
    ['another model', { model: 'openai/gpt-4o' }, on],
    ['another scope', {}, { ...on, 'x-mpc-cache-scope': 'tests' }],
    ['a caller that wants it fresh', {}, { ...on, 'cache-control': 'no-cache' }],
    ['a caller that wants nothing kept', {}, { ...on, 'cache-control': 'no-store' }],
    ['a caller that does not ask for it', {}, {}],
  ])('is no answer to %s', async (_what, more, headers) => {
    const { gateway, openai } = await startStage();
    openai.respond(openaiAnswer());
    await chat(gateway, {}, on);

    const other = await chat(gateway, more, headers);

    expect(other.headers.get('x-mpc-cache')).not.toBe('hit');
    expect(openai.requests).toHaveLength(2);
  });

  it('is still there after a restart', async () => {
    const first = await startStage();
    first.openai.respond(openaiAnswer({ text: 'kept' }));
    await chat(first.gateway, {}, on);
    await first.gateway.close();

    const second = await startStage({ dataDir: first.gateway.dataDir });
    const again = await chat(second.gateway, {}, on);

    expect(again.text).toContain('kept');
    expect(second.openai.requests).toEqual([]);
  });
});

it('callers that ask the same at once make one call', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...openaiAnswer(), headDelayMs: 100 });

  const answers = await Promise.all(Array.from({ length: 10 }, () => chat(gateway, {}, on)));

  expect(openai.requests).toHaveLength(1);
  expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(200));
});

it('a failure is not kept, and those who waited for it try for themselves', async () => {
  const { gateway, openai } = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
  openai.respond({ ...openaiError(400), headDelayMs: 100 }, openaiAnswer());

  const answers = await Promise.all([chat(gateway, {}, on), chat(gateway, {}, on), chat(gateway, {}, on)]);

  expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 200, 400]);
  expect(openai.requests).toHaveLength(2);
});

it('half a stream is not kept', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...openaiStream({ text: 'a long answer that breaks off '.repeat(40) }), cutAt: 900, then: 'reset' }, openaiAnswer());
  const broken = await chat(gateway, { stream: true }, on);
  expect(broken.text).toContain('"error"');

  const next = await chat(gateway, {}, on);

  expect(next.headers.get('x-mpc-cache')).toBe('miss');
});

it('is off where the operator has switched it off, and on for everybody where it is on', async () => {
  const off = await startStage({ env: { MPC_CACHE_MODE: 'off' } });
  const always = await startStage({ env: { MPC_CACHE_MODE: 'on' } });
  for (const { gateway, openai } of [off, always]) {
    openai.respond(openaiAnswer());
    await chat(gateway, {}, on);
    await chat(gateway);
  }

  expect([off.openai.requests.length, always.openai.requests.length]).toEqual([2, 1]);
});
