// Which broken streams are gone on with, who decides, and what bounds it: money, time, retries, the client.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { anthropicStream, openaiAnswer, openaiError, openaiFrames, openaiStream, streamOf } from '../support/canned-replies.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import type { Reply } from '../support/fake-upstream.ts';
import {
  mistralModel,
  goOn,
  type Stage,
  startStage,
  type Told,
  toldBeginning,
  finishing,
  openaiCut,
  whole,
  streamed,
  openChat,
  lastData,
} from './broken-streams.ts';
import { ask, chat, chatBody, claudeModel, gptModel, hello, lineOf, type LogLine, open, start, startProvider } from './client.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('ends in the error event, as it would without continuation,', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });

  async function expectError(body: object, reply: Reply = openaiCut(whole, 4)): Promise<LogLine> {
    stage.openai.respond(reply);
    stage.claude[0].respond(anthropicStream({ text: 'never' }));
    const asked = stage.claude[0].requests.length;

    const response = await openChat(stage, { fallbacks: [claudeModel], ...body });
    const stream = await collectStream(response);

    expect(lastData(stream)).toContain('"error"');
    expect(openaiText(stream)).not.toContain('never');
    expect(stage.claude[0].requests).toHaveLength(asked);
    return lineOf(stage.gateway, response);
  }

  it('when the caller did not ask', async () => {
    stage.openai.respond(openaiCut(whole, 4));

    const stream = await collectStream(
      await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ ...streamed, fallbacks: [claudeModel] }) }),
    );

    expect(lastData(stream)).toContain('"error"');
    expect(stage.claude[0].requests).toHaveLength(0);
  });

  it('when no candidate takes a prefill', async () => {
    const line = await expectError({ fallbacks: ['claude-opus-5'] });

    expect(line).toMatchObject({ status: 200, error_code: 'upstream_truncated', cost_nano_usd: 0 });
    expect(line.attempts).toHaveLength(1);
  });

  it('when a tool call had begun', async () => {
    await expectError({}, streamOf(openaiFrames({ text: 'one two', tool: { name: 'look', arguments: '{"a":1}' } }).slice(0, 4)));
  });

  it('when it was thinking', async () => {
    await expectError({}, streamOf(openaiFrames({ reasoning: 'hm hm', text: 'one' }).slice(0, 3)));
  });

  it.each<readonly [string, object]>([
    ['JSON was asked for', { response_format: { type: 'json_object' } }],
    ['probabilities were asked for', { logprobs: true }],
    ['several answers were asked for', { n: 2 }],
    ['the caller began the answer', { messages: [...hello, { role: 'assistant', content: 'So' }] }],
    ['a tool must be called', { tools: [{ type: 'function', function: { name: 'look' } }], tool_choice: 'required' }],
  ])('when %s', async (_what, body) => {
    await expectError(body);
  });
});

describe('who decides', () => {
  it('the configuration, the alias above it, the header above both', async () => {
    const stage = await startStage(`
aliases:
  going: {models: [${gptModel}, ${claudeModel}], continue_streams: on}
`);
    const ends = async (model: string, headers: Readonly<Record<string, string>>): Promise<string> => {
      stage.openai.respond(openaiCut(whole, 4));
      stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
      const body = chatBody({ ...streamed, model, ...(model === gptModel && { fallbacks: [claudeModel] }) });
      return openaiText(await collectStream(await open(stage.gateway, '/v1/chat/completions', { body, headers })));
    };

    expect(await ends('going', {})).toBe(whole);
    expect(await ends('going', { 'x-mpc-continue': 'false' })).not.toBe(whole);
    expect(await ends(gptModel, {})).not.toBe(whole);
    expect(await ends(gptModel, goOn)).toBe(whole);
  });

  it('refuses a header that says neither', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer());

    const answer = await chat(stage.gateway, streamed, { 'x-mpc-continue': 'maybe' });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('x-mpc-continue must be true or false');
  });
});

it('is charged to budgets as it is written in the ledger, and nothing stays held', async () => {
  const stage = await startStage("admin_key: admin-0123456789abcdef\nbudgets: [{holder: 'key:*', amount_usd: 1, window: total}]\n");
  stage.openai.respond(openaiCut(whole, 4));
  stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
  const made = await ask(stage.gateway, '/admin/keys', {
    body: { name: 'app' },
    headers: { authorization: 'Bearer admin-0123456789abcdef' },
  });
  const asKey = { authorization: `Bearer ${made.json<{ key: string }>().key}` };

  const body = chatBody({ ...streamed, fallbacks: [claudeModel] });
  const response = await open(stage.gateway, '/v1/chat/completions', { body, headers: { ...goOn, ...asKey } });
  expect(openaiText(await collectStream(response))).toBe(whole);

  const { cost_nano_usd: charged } = await lineOf(stage.gateway, response);
  expect(charged).toBeGreaterThan(0);
  const info = await ask(stage.gateway, '/key/info', { headers: asKey });
  expect(info.json()).toMatchObject({ info: { budgets: [{ state: { spent_usd: (charged ?? 0) / 1e9, reserved_usd: 0 } }] } });
});

describe('while the answer changes hands', () => {
  it('a stall counts as a break, and the client is kept waiting with comments', async () => {
    const stage = await startStage('keep_alive_ms: 100\ntimeouts: {idle_ms: 300}\n');
    stage.openai.respond({ ...openaiCut(whole, 4), then: 'stall' });
    stage.claude[0].respond((request) => ({ ...finishing((text) => anthropicStream({ text }), whole)(request), headDelayMs: 280 }));

    const stream = await collectStream(await openChat(stage, { fallbacks: [claudeModel] }));

    expect(openaiText(stream)).toBe(whole);
    const seam = stream.frames.findIndex((frame) => frame.comments.join().startsWith('mpc-continued'));
    const waiting = stream.frames.slice(0, seam).filter((frame) => frame.comments.includes('keepalive'));
    expect(waiting.length).toBeGreaterThan(2);
  });

  it('a slow reader gets everything, once', async () => {
    const stage = await startStage();
    const long = Array.from({ length: 30_000 }, (_, at) => `word-${at}`).join(' ');
    const frames = openaiFrames({ text: long });
    stage.openai.respond({ ...streamOf([frames.slice(0, 20_000).join('')]), then: 'reset' });
    stage.claude[0].respond((request) => {
      const stream = finishing((text) => anthropicStream({ text }), long)(request);
      return { ...stream, pieces: [(stream.pieces ?? []).join('')] };
    });

    const response = await openChat(stage, { fallbacks: [claudeModel] });
    await delay(300);

    expect(openaiText(await collectStream(response))).toBe(long);
  });

  it('is not kept in the cache', async () => {
    const stage = await startStage();
    const cached = { ...goOn, 'x-mpc-cache': 'on' };
    const body = chatBody({ ...streamed, fallbacks: [claudeModel] });
    const askAgain = async (): Promise<Response> => {
      stage.openai.respond(openaiCut(whole, 4));
      stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
      const response = await open(stage.gateway, '/v1/chat/completions', { body, headers: cached });
      expect(openaiText(await collectStream(response))).toBe(whole);
      return response;
    };

    await askAgain();

    expect((await askAgain()).headers.get('x-mpc-cache')).toBe('miss');
  });

  it('is replayed as it was sent to who repeats the call with its Idempotency-Key', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiCut(whole, 4));
    stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
    const headers = { ...goOn, 'idempotency-key': 'continued-1' };
    const body = chatBody({ ...streamed, fallbacks: [claudeModel] });

    const first = await collectStream(await open(stage.gateway, '/v1/chat/completions', { body, headers }));
    const again = await collectStream(await open(stage.gateway, '/v1/chat/completions', { body, headers }));

    expect(openaiText(first)).toBe(whole);
    expect(again.text).toBe(first.text);
    expect(stage.openai.requests).toHaveLength(1);
  });
});

describe('nobody goes on', () => {
  it.each([
    [0.002, false],
    [1, true],
  ])('when the budget has no room for the prompt and the beginning once more (%d USD: %s)', async (usd, hasRoom) => {
    const stage = await startStage(`budgets: [{holder: global, amount_usd: ${usd}, window: total}]\n`);
    stage.openai.respond(openaiCut('word '.repeat(1_000), 1_000));
    stage.claude[0].respond(anthropicStream({ text: 'end' }));

    const stream = await collectStream(await openChat(stage, { fallbacks: [claudeModel], max_tokens: 100 }));

    expect(lastData(stream)).toContain(hasRoom ? '[DONE]' : '"error"');
    expect(stage.openai.requests).toHaveLength(1);
    expect(stage.claude[0].requests).toHaveLength(hasRoom ? 1 : 0);
  });

  it('after the total time of the call', async () => {
    const stage = await startStage('timeouts: {stream_total_ms: 400}\n');
    stage.openai.respond(openaiCut(whole, 4));
    stage.claude[0].respond({ headDelayMs: Number.POSITIVE_INFINITY });

    const response = await openChat(stage, { fallbacks: [claudeModel] });
    const stream = await collectStream(response);

    expect(lastData(stream)).toContain('total time limit');
    await (await stage.claude[0].request(0)).aborted;
    expect(await lineOf(stage.gateway, response)).toMatchObject({ error_code: 'upstream_timeout', cost_nano_usd: 0 });
  });

  it('when the retries of a connection are used up', async () => {
    const stage = await startStage();
    stage.mistral[1].respond(openaiError(401));
    const runs = await Promise.all(
      Array.from({ length: 30 }, async () => {
        stage.mistral[0].respond((request) => (toldBeginning(request) === undefined ? openaiCut(whole, 4) : openaiStream({ text: whole })));
        return openaiText(await collectStream(await openChat(stage, { model: mistralModel })));
      }),
    );

    const going = runs.filter((text) => text === whole).length;
    expect(going).toBeGreaterThan(0);
    expect(going).toBeLessThan(30);
  });

  it('where the operator says never', async () => {
    const stage = await startStage("routing: {circuit_breaker: 'off', continue_streams: never}\n");
    stage.openai.respond(openaiCut(whole, 4));

    expect(lastData(await collectStream(await openChat(stage, { fallbacks: [claudeModel] })))).toContain('"error"');
    expect(stage.claude[0].requests).toHaveLength(0);
  });
});

it.each(['native', 'prefix-flag'])('a model of the operator’s own goes on when the overlay says how: %s', async (prefill) => {
  const house = await startProvider((request) => {
    if (request.method === 'GET') return openaiError(404);
    if (toldBeginning(request) === undefined) return openaiCut(whole, 4);
    return finishing((text) => openaiStream({ text }), whole, prefill === 'prefix-flag')(request);
  });
  const file = join(tempDir('overlay'), 'mine.yaml');
  writeFileSync(file, `models:\n  house-70b: { tasks: [chat] }\noffers:\n  - { provider: custom, id: house-70b, prefill: ${prefill} }\n`);
  const yaml = `
catalog: { overlay: ${file} }
connections:
  - { id: house, provider: custom, base_url: "${house.baseUrl}", api_key: sk-house-0123456789, models: [house-70b] }
`;
  const gateway = await start({ yaml });

  const body = chatBody({ ...streamed, model: 'house-70b' });
  const stream = await collectStream(await open(gateway, '/v1/chat/completions', { body, headers: goOn }));

  expect(openaiText(stream)).toBe(whole);
  const told = house.requests.at(-1)?.json() as unknown as Told | undefined;
  expect(told?.messages.at(-1)).toEqual({
    role: 'assistant',
    content: 'one  two\nthree',
    ...(prefill === 'prefix-flag' && { prefix: true }),
  });
});

it('counts in the metrics', async () => {
  const stage = await startStage();
  stage.openai.respond(openaiCut(whole, 4));
  stage.claude[0].respond(finishing((text) => anthropicStream({ text }), whole));
  await lineOf(stage.gateway, await openChat(stage, { fallbacks: [claudeModel] }));

  const metrics = await (await open(stage.gateway, '/metrics')).text();

  expect(metrics).toContain('mpc_stream_continuations_total{provider="anthropic",connection="claude-1",outcome="ok"} 1');
});
