// Exactly one entry per operation, whatever happens, and numbers that add up.
import { describe, expect, it } from 'vitest';
import {
  anthropicAnswer,
  anthropicStream,
  openaiAnswer,
  openaiError,
  openaiFrames,
  openaiStream,
  streamOf,
} from '../support/canned-replies.ts';
import { collectStream, readFrames } from '../support/collect.ts';
import { jsonLines, runMpc } from '../support/run-mpc.ts';
import {
  ask,
  chat,
  chatBody,
  claudeModel,
  gptModel,
  hello,
  lineOf,
  type LogLine,
  logLines,
  messages,
  messagesBody,
  open,
  type Stage,
  startProvider,
  start,
  startStage,
} from './client.ts';

const json = { 'content-type': 'application/json' };

/** All of the ledger once the gateway has stopped: what is written late is in it, too. */
async function linesAfter(stage: Stage): Promise<readonly LogLine[]> {
  await stage.gateway.close();
  return logLines(stage.gateway);
}

describe('exactly one entry', () => {
  it('for a whole answer', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer());
    await chat(stage.gateway);

    expect(await linesAfter(stage)).toMatchObject([
      { status: 200, stream: false, error_code: null, attempts: [{ status: 200, error_code: null }] },
    ]);
  });

  it('for a stream', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiStream());
    await chat(stage.gateway, { stream: true });

    expect(await linesAfter(stage)).toMatchObject([
      { status: 200, stream: true, error_code: null, finish: 'stop', attempts: [{ status: 200 }] },
    ]);
  });

  it('for a translated stream', async () => {
    const stage = await startStage();
    stage.anthropic.respond(anthropicStream());
    await chat(stage.gateway, { stream: true, model: claudeModel });

    expect(await linesAfter(stage)).toMatchObject([
      { status: 200, stream: true, provider: 'anthropic', dialect: 'openai-chat', attempts: [{}] },
    ]);
  });

  it('for a stream that was answered whole', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer({ inputTokens: 11 }));
    await chat(stage.gateway, { stream: true });

    expect(await linesAfter(stage)).toMatchObject([{ status: 200, stream: true, usage: { input: 11 }, attempts: [{}] }]);
  });

  it('for a failure, with all its attempts', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiError(500));
    await chat(stage.gateway);

    expect(await linesAfter(stage)).toMatchObject([
      { status: 502, error_code: 'upstream_error', cost_nano_usd: 0, attempts: [{ status: 500 }, { status: 500 }, { status: 500 }] },
    ]);
  });

  it('for a stream that broke', async () => {
    const stage = await startStage();
    stage.openai.respond(streamOf(openaiFrames({ text: 'one two' }).slice(0, 2)));
    await chat(stage.gateway, { stream: true });

    expect(await linesAfter(stage)).toMatchObject([
      { status: 200, error_code: 'upstream_truncated', cost_nano_usd: 0, attempts: [{ status: 200, error_code: 'upstream_truncated' }] },
    ]);
  });

  it('for a client that left', async () => {
    const stage = await startStage();
    stage.openai.respond({ ...streamOf(openaiFrames({ text: 'one two' }).slice(0, 2)), then: 'stall' });
    const client = new AbortController();
    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), signal: client.signal });
    for await (const frame of readFrames(response)) if (frame.data.includes('one')) break;
    client.abort();
    await (await stage.openai.request(0)).aborted;

    expect(await linesAfter(stage)).toMatchObject([
      { status: 499, error_code: 'client_gone', attempts: [{ status: 200, error_code: 'client_gone' }] },
    ]);
  });

  it('for a retry that helped', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiError(503), openaiAnswer());
    await chat(stage.gateway);

    expect(await linesAfter(stage)).toMatchObject([
      {
        status: 200,
        error_code: null,
        attempts: [
          { status: 503, error_code: 'upstream_overloaded' },
          { status: 200, error_code: null },
        ],
      },
    ]);
  });

  it('for a fallback: who answered pays, who failed is among the attempts', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiError(404));
    stage.anthropic.respond(anthropicAnswer({ inputTokens: 1_000, outputTokens: 0 }));
    await chat(stage.gateway, { fallbacks: [claudeModel] });

    const [line] = await linesAfter(stage);
    expect(line).toMatchObject({
      requested_model: gptModel,
      model: `anthropic-${claudeModel}-main`,
      provider: 'anthropic',
      attempts: [
        { provider: 'openai', status: 404 },
        { provider: 'anthropic', status: 200 },
      ],
    });
    // 1,000 tokens at 1 USD per million.
    expect(line?.cost_nano_usd).toBe(1_000_000);
  });

  it('for a refused request', async () => {
    const stage = await startStage();
    await chat(stage.gateway, { model: 'nonsense' });

    expect(await linesAfter(stage)).toMatchObject([{ status: 404, error_code: 'unknown_model', attempts: [], usage: null }]);
  });

  it('for each of many at once', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiStream());
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => chat(stage.gateway, { stream: index % 2 === 0 })));

    const lines = await linesAfter(stage);
    expect(lines).toHaveLength(60);
    expect(new Set(lines.map((line) => line.id))).toEqual(new Set(answers.map((answer) => answer.headers.get('x-request-id'))));
  });
});

describe('no entry', () => {
  it('is made for what is no model call', async () => {
    const stage = await startStage();
    stage.anthropic.respond({ headers: json, body: '{"input_tokens":1}' });
    for (const path of ['/health', '/v1/models', '/metrics', '/openapi.json', '/nowhere']) await ask(stage.gateway, path);
    await ask(stage.gateway, '/api/select-model', { body: { task_type: 'chat' } });
    await ask(stage.gateway, '/api/orchestrate', { body: { job_type: 'brand_pack_assets' } });
    await ask(stage.gateway, '/v1/messages/count_tokens', { body: messagesBody() });

    expect(await linesAfter(stage)).toEqual([]);
  });
});

describe('usage', () => {
  const usageOf = async (usage: object, model = gptModel): Promise<LogLine> => {
    const stage = await startStage();
    const body = {
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
      usage,
    };
    stage.openai.respond({ headers: json, body: JSON.stringify(body) });
    return lineOf(stage.gateway, await chat(stage.gateway, { model }));
  };

  it('is split into disjoint classes from OpenAI’s totals', async () => {
    const line = await usageOf({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 20 },
    });

    expect(line.usage).toMatchObject({ input: 70, cached_input: 30, cache_write: 0, output: 30, reasoning: 20, source: 'upstream' });
  });

  it('is split into disjoint classes from Anthropic’s parts', async () => {
    const stage = await startStage();
    const body = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 70, cache_read_input_tokens: 30, cache_creation_input_tokens: 200, output_tokens: 50 },
    };
    stage.anthropic.respond({ headers: json, body: JSON.stringify(body) });

    const line = await lineOf(stage.gateway, await messages(stage.gateway));

    expect(line.usage).toMatchObject({ input: 70, cached_input: 30, cache_write: 200, output: 50, reasoning: 0 });
    // claude-haiku-4-5: 1 in, 0.1 cached, 1.25 written, 5 out, in USD per million tokens.
    expect(line.cost_nano_usd).toBe(70 * 1_000 + 30 * 100 + 200 * 1_250 + 50 * 5_000);
  });

  it('is priced by class, in whole nano-dollars', async () => {
    const line = await usageOf({
      prompt_tokens: 1_000,
      completion_tokens: 100,
      total_tokens: 1_100,
      prompt_tokens_details: { cached_tokens: 400 },
    });

    // gpt-4o-mini: 0.15 in, 0.075 cached, 0.6 out, in USD per million tokens.
    expect(line.cost_nano_usd).toBe(600 * 150 + 400 * 75 + 100 * 600);
    expect(line.priced).toBe(true);
  });

  it('is estimated, and marked so, where the provider tells none', async () => {
    const stage = await startStage();
    stage.openai.respond(streamOf(openaiFrames({ text: 'some words to count' }).filter((frame) => !frame.includes('"choices":[]'))));

    const line = await lineOf(stage.gateway, await chat(stage.gateway, { stream: true }));

    expect(line.usage?.source).toBe('estimated');
    expect(line.usage?.input).toBeGreaterThan(0);
    expect(line.usage?.output).toBeGreaterThan(0);
    expect(line.cost_nano_usd).toBeGreaterThan(0);
  });

  it('never turns negative, whatever the provider claims', async () => {
    const line = await usageOf({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 20 },
    });

    for (const count of ['input', 'cached_input', 'cache_write', 'output', 'reasoning'] as const)
      expect(line.usage?.[count], count).toBeGreaterThanOrEqual(0);
    expect(line.cost_nano_usd).toBeGreaterThanOrEqual(0);
  });
});

describe('a price that nobody knows', () => {
  it('is null and flagged, never 0', async () => {
    const server = await startProvider(openaiAnswer({ model: 'house-model' }));
    const gateway = await start({ env: { VLLM_BASE_URL: server.baseUrl } });

    const answer = await chat(gateway, { model: 'vllm/house-model' });
    const line = await lineOf(gateway, answer);

    expect(answer.status, answer.text).toBe(200);
    expect(line).toMatchObject({ cost_nano_usd: null, priced: false, usage: { input: 9, output: 2 } });
    expect(answer.headers.get('x-litellm-response-cost')).toBeNull();
    expect(answer.headers.get('x-mpc-cost-usd')).toBe('unknown');
  });

  it('is no mystery for the simulator: it costs nothing', async () => {
    const gateway = await start();

    expect(await lineOf(gateway, await chat(gateway, { model: 'demo-fast' }))).toMatchObject({ cost_nano_usd: 0, priced: true });
  });
});

describe('an entry', () => {
  it('knows who asked whom for what, and how long each stage took', async () => {
    const stage = await startStage();
    stage.openai.respond({ ...openaiStream(), gapMs: 5 });
    const before = Date.now();

    const answer = await chat(stage.gateway, { stream: true, model: `openai/${gptModel}` });
    const line = await lineOf(stage.gateway, answer);

    expect(line).toMatchObject({
      id: answer.headers.get('x-request-id'),
      principal: 'open',
      dialect: 'openai-chat',
      endpoint: '/v1/chat/completions',
      requested_model: `openai/${gptModel}`,
      model: `openai-${gptModel}-main`,
      provider: 'openai',
      connection: 'openai',
      layer: 'direct',
      decision_id: answer.headers.get('x-mpc-decision-id'),
    });
    expect(Date.parse(line.time)).toBeGreaterThanOrEqual(before - 1);
    const { auth, plan, connect, first_byte: firstByte, total } = line.timings_ms;
    const stages = [auth, plan, connect, firstByte, total].map((stage) => stage ?? Number.NaN);
    expect(stages).toEqual(stages.toSorted((a, b) => a - b));
    const [attempt] = line.attempts;
    expect(attempt?.first_byte_ms).toBeLessThanOrEqual(attempt?.total_ms ?? -1);
    // Seven pauses of 5 ms lie between the first byte and the last.
    expect((total ?? 0) - (firstByte ?? 0)).toBeGreaterThan(20);
  });

  it('has a decision that can be read again', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer());
    const answer = await chat(stage.gateway);
    const { decision_id } = await lineOf(stage.gateway, answer);

    const decision = await ask(stage.gateway, `/api/decisions/${decision_id}`);

    expect(decision.status).toBe(200);
    expect(decision.json()).toMatchObject({ id: decision_id, chosen: { provider_id: `openai/${gptModel}` }, why: expect.any(String) });
  });

  it('holds neither prompt nor answer nor keys', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer({ text: 'the secret answer' }));
    await chat(
      stage.gateway,
      { messages: [{ role: 'user', content: 'the secret question' }] },
      { authorization: 'Bearer sk-callers-secret' },
    );

    expect(JSON.stringify(await linesAfter(stage))).not.toContain('secret');
  });

  it('remembers the session that a client names', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer());

    const line = await lineOf(stage.gateway, await chat(stage.gateway, {}, { 'x-session-id': 'session-7' }));

    expect(line).toMatchObject({ session_id: 'session-7' });
  });
});

describe('attempts', () => {
  it('count exactly the requests that reached an upstream', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiError(500), openaiAnswer(), openaiError(500), openaiError(500), openaiError(500), openaiAnswer());
    stage.anthropic.respond(anthropicAnswer());
    await chat(stage.gateway);
    await chat(stage.gateway, { fallbacks: [claudeModel] });
    await chat(stage.gateway);
    await chat(stage.gateway, { model: 'nonsense' });
    await chat(stage.gateway, { messages: [] });

    const lines = await linesAfter(stage);
    const counted = (provider: string): number =>
      lines.flatMap((line) => line.attempts).filter((attempt) => attempt.provider === provider).length;
    expect(counted('openai')).toBe(stage.openai.requests.length);
    expect(counted('anthropic')).toBe(stage.anthropic.requests.length);
  });
});

it('is printed by `mpc logs --json` while the gateway runs, one documented line an entry, oldest first', { timeout: 30_000 }, async () => {
  const stage = await startStage();
  stage.openai.respond(openaiAnswer(), openaiError(400));
  const first = await chat(stage.gateway);
  const second = await chat(stage.gateway);
  await lineOf(stage.gateway, second);

  const { exitCode, out } = await runMpc(['logs', '--json'], { variables: { MPC_DATA_DIR: stage.gateway.dataDir } });

  expect(exitCode).toBe(0);
  const lines = jsonLines(out);
  expect(lines.map((line) => line['id'])).toEqual([first, second].map((answer) => answer.headers.get('x-request-id')));
  for (const field of [
    'id',
    'time',
    'principal',
    'dialect',
    'endpoint',
    'requested_model',
    'model',
    'provider',
    'connection',
    'layer',
    'stream',
    'status',
    'error_code',
    'attempts',
    'usage',
    'cost_nano_usd',
    'decision_id',
    'timings_ms',
  ]) {
    for (const line of lines) expect(line, field).toHaveProperty(field);
  }
});

it('is complete for a stream that a slow client reads to its end', async () => {
  const stage = await startStage();
  stage.openai.respond(openaiStream({ text: hello[0]?.content ?? '' }));
  const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
  await collectStream(response);

  expect((await lineOf(stage.gateway, response)).usage?.source).toBe('upstream');
});
