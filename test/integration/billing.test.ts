// Who pays for what: each way a call can end, and what its line in the ledger says. Prices in nano-USD a token, from the price pages.
import { describe, expect, it } from 'vitest';
import {
  anthropicError,
  anthropicFrames,
  anthropicStream,
  openaiAnswer,
  openaiError,
  openaiFrames,
  openaiStream,
  streamOf,
} from '../support/canned-replies.ts';
import { readFrames } from '../support/collect.ts';
import type { Reply } from '../support/fake-upstream.ts';
import {
  chat,
  chatBody,
  claudeModel,
  type Json,
  lineWhere,
  logLines,
  open,
  start,
  type Stage,
  startProvider,
  startStage,
} from './client.ts';

const gpt = { input: 150, cached: 75, output: 600 };
const claude = { input: 1_000, output: 5_000 };
const counted = { inputTokens: 100, cachedTokens: 40, outputTokens: 7 };
const due = 60 * gpt.input + 40 * gpt.cached + 7 * gpt.output;

interface Line {
  readonly status: number;
  readonly error_code: string | null;
  readonly cost_nano_usd: number | null;
  readonly priced: boolean;
  readonly usage: { readonly source: string; readonly input: number; readonly output: number; readonly anomaly?: string } | null;
  readonly attempts: readonly { readonly error_code: string | null; readonly cost_nano_usd?: number }[];
}

/** The one line of the ledger, when all is over. */
async function lineAfter(stage: Stage): Promise<Line> {
  await stage.gateway.close();
  const lines = await logLines(stage.gateway);
  expect(lines).toHaveLength(1);
  return lines[0] as unknown as Line;
}

async function lineFor(
  replies: { readonly openai?: readonly Reply[]; readonly anthropic?: readonly Reply[] },
  more: Json = {},
): Promise<Line> {
  const stage = await startStage();
  stage.openai.respond(...(replies.openai ?? []));
  stage.anthropic.respond(...(replies.anthropic ?? []));
  await chat(stage.gateway, more);
  return lineAfter(stage);
}

const streaming = { stream: true };
/** A usage object in the place of the canned one. */
const withUsage = (reply: Reply, usage: string): Reply => ({
  ...reply,
  body: String(reply.body).replace(/"usage":\{.*\}\}$/, `"usage":${usage}}`),
});

describe('what is answered is paid as it was counted', () => {
  it('whole', async () => {
    expect(await lineFor({ openai: [openaiAnswer(counted)] })).toMatchObject({ cost_nano_usd: due, usage: { source: 'upstream' } });
  });

  it('as a finished stream', async () => {
    expect(await lineFor({ openai: [openaiStream(counted)] }, streaming)).toMatchObject({ cost_nano_usd: due });
  });

  it('without a word of output: the input alone', async () => {
    const line = await lineFor({ openai: [openaiAnswer({ text: '', inputTokens: 100, outputTokens: 0 })] });

    expect(line).toMatchObject({ status: 200, cost_nano_usd: 100 * gpt.input });
  });

  it('when the model refuses: the provider bills that, too', async () => {
    const refusal = String(openaiAnswer(counted).body).replace('"content":"Hello there","refusal":null', '"content":null,"refusal":"No."');

    expect(await lineFor({ openai: [{ ...openaiAnswer(counted), body: refusal }] })).toMatchObject({ status: 200, cost_nano_usd: due });
  });

  it('by the fallback that served, at its own price', async () => {
    const line = await lineFor(
      { openai: [openaiError(401)], anthropic: [anthropicStream({ inputTokens: 10, outputTokens: 3 })] },
      { ...streaming, fallbacks: [claudeModel] },
    );

    expect(line).toMatchObject({ cost_nano_usd: 10 * claude.input + 3 * claude.output });
    expect(line.attempts).toHaveLength(2);
  });

  it('from the cache: nothing', async () => {
    const stage = await startStage();
    stage.openai.respond(openaiAnswer(counted));
    const on = { 'x-mpc-cache': 'on' };
    await chat(stage.gateway, {}, on);
    await chat(stage.gateway, {}, on);
    await stage.gateway.close();

    expect((await logLines(stage.gateway)).map((line) => line.cost_nano_usd)).toEqual([due, 0]);
  });

  it('at an unknown price: null, never 0', async () => {
    const custom = await startProvider(openaiAnswer(counted));
    const yaml = `connections:\n  - { id: house, provider: custom, base_url: "${custom.baseUrl}", api_key: sk-0123456789, models: [house-70b] }\n`;
    const gateway = await start({ yaml });
    await chat(gateway, { model: 'house-70b' });

    expect(await lineWhere(gateway, () => true)).toMatchObject({ status: 200, cost_nano_usd: null, priced: false });
  });
});

describe('a client that leaves', () => {
  it.each([false, true])('before the first byte pays nothing (stream: %s)', async (stream) => {
    const stage = await startStage();
    stage.openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });
    const client = new AbortController();
    const call = open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream }), signal: client.signal }).catch(() => undefined);
    const request = await stage.openai.request(0);
    client.abort();
    await call;
    await request.aborted;

    expect(await lineAfter(stage)).toMatchObject({ status: 499, cost_nano_usd: 0 });
  });

  it('in mid-stream pays for the text that came, not for the frames around it', async () => {
    const stage = await startStage();
    stage.openai.respond({ ...streamOf(openaiFrames({ text: 'one two three four' }).slice(0, 5)), then: 'stall' });
    const client = new AbortController();
    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody(streaming), signal: client.signal });
    for await (const frame of readFrames(response)) if (frame.data.includes('four')) break;
    client.abort();
    await (await stage.openai.request(0)).aborted;

    const line = await lineAfter(stage);
    expect(line).toMatchObject({ status: 499, usage: { source: 'estimated' } });
    expect(line.usage?.output).toBe(5);
    expect(line.cost_nano_usd).toBe((line.usage?.input ?? 0) * gpt.input + 5 * gpt.output);
  });

  it('in a translated stream pays what its provider had counted by then', async () => {
    const stage = await startStage();
    const frames = openaiFrames({ text: 'one two three' })
      .slice(0, 4)
      .map((frame, index) =>
        frame.replace(/\}\n\n$/, `,"usage":{"prompt_tokens":50,"completion_tokens":${index * 3},"total_tokens":${50 + index * 3}}}\n\n`),
      );
    stage.openai.respond({ ...streamOf(frames), then: 'stall' });
    const client = new AbortController();
    const body = { model: 'gpt-4o-mini', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'Say hello' }] };
    const response = await open(stage.gateway, '/v1/messages', { body, signal: client.signal });
    for await (const frame of readFrames(response)) if (frame.data.includes('three')) break;
    client.abort();
    await (await stage.openai.request(0)).aborted;

    expect(await lineAfter(stage)).toMatchObject({
      status: 499,
      usage: { input: 50, output: 9 },
      cost_nano_usd: 50 * gpt.input + 9 * gpt.output,
    });
  });
});

describe('a provider that fails', () => {
  it('before any content is not paid by the caller', async () => {
    expect(await lineFor({ openai: [openaiError(500)] })).toMatchObject({ status: 502, cost_nano_usd: 0 });
  });

  it('after content is not paid by the caller, but what it will bill is on record', async () => {
    const line = await lineFor({ openai: [streamOf(openaiFrames({ text: 'one two' }).slice(0, 3))] }, streaming);

    expect(line).toMatchObject({ error_code: 'upstream_truncated', cost_nano_usd: 0 });
    expect(line.attempts[0]?.cost_nano_usd).toBe((line.usage?.input ?? 0) * gpt.input + (line.usage?.output ?? 0) * gpt.output);
    expect(line.usage?.output).toBeGreaterThan(0);
  });

  it('after it had counted the prompt, and works at the second try: the caller pays one answer, the first is on record', async () => {
    const line = await lineFor(
      { anthropic: [streamOf(anthropicFrames({ inputTokens: 30 }).slice(0, 1)), anthropicStream({ inputTokens: 30, outputTokens: 4 })] },
      { ...streaming, model: claudeModel },
    );

    expect(line).toMatchObject({ status: 200, error_code: null, cost_nano_usd: 30 * claude.input + 4 * claude.output });
    expect(line.attempts.map((attempt) => attempt.cost_nano_usd)).toEqual([30 * claude.input + claude.output, undefined]);
  });
});

describe('an answer that broke off and that another model went on with', () => {
  const goOn = { 'x-mpc-continue': 'true' };
  const usage = (input: number, output: number): string =>
    `,"usage":{"prompt_tokens":${input},"completion_tokens":${output},"total_tokens":${input + output}}}\n\n`;
  /** Breaks off after three words, having told what it counted by then. */
  const begun = streamOf(
    openaiFrames({ text: 'one two three four' })
      .slice(0, 4)
      .map((frame) => frame.replace(/\}\n\n$/, usage(50, 9))),
  );
  const rest = { text: ' four', inputTokens: 70, outputTokens: 5 };

  async function lineOfContinued(
    replies: { readonly openai?: Reply; readonly anthropic?: readonly Reply[] },
    more: Json = {},
  ): Promise<Line> {
    const stage = await startStage();
    stage.openai.respond(replies.openai ?? begun);
    stage.anthropic.respond(...(replies.anthropic ?? [anthropicStream(rest)]));
    await chat(stage.gateway, { ...streaming, fallbacks: [claudeModel], ...more }, goOn);
    return lineAfter(stage);
  }

  it('is paid as one: the prompt once, and what each wrote at its own price; the attempts keep their own cost', async () => {
    const line = await lineOfContinued({});

    expect(line).toMatchObject({
      status: 200,
      error_code: null,
      usage: { input: 50, output: 9 + 5 },
      cost_nano_usd: 50 * gpt.input + 9 * gpt.output + 5 * claude.output,
    });
    expect(line.attempts.map((attempt) => attempt.cost_nano_usd)).toEqual([
      50 * gpt.input + 9 * gpt.output,
      70 * claude.input + 5 * claude.output,
    ]);
  });

  it('is never paid beyond the output that was allowed', async () => {
    const line = await lineOfContinued({ anthropic: [anthropicStream({ ...rest, outputTokens: 500 })] }, { max_tokens: 20 });

    expect(line).toMatchObject({ usage: { output: 20 }, cost_nano_usd: 50 * gpt.input + 9 * gpt.output + 11 * claude.output });
  });

  it('is not paid when that broke off, too', async () => {
    const line = await lineOfContinued({
      anthropic: [streamOf(anthropicFrames(rest).slice(0, 4)), anthropicError(401, 'authentication_error')],
    });

    expect(line).toMatchObject({ error_code: 'upstream_truncated', cost_nano_usd: 0 });
    expect(line.attempts.slice(0, 2).map((attempt) => attempt.cost_nano_usd)).toEqual([
      50 * gpt.input + 9 * gpt.output,
      expect.any(Number),
    ]);
  });

  it('is paid as far as it came when the client leaves meanwhile', async () => {
    const stage = await startStage();
    stage.openai.respond(begun);
    stage.anthropic.respond({ headDelayMs: Number.POSITIVE_INFINITY });
    const client = new AbortController();
    const body = chatBody({ ...streaming, fallbacks: [claudeModel] });
    const response = await open(stage.gateway, '/v1/chat/completions', { body, headers: goOn, signal: client.signal });
    const reading = response.text().catch(() => undefined);
    const second = await stage.anthropic.request(0);
    client.abort();
    await Promise.all([second.aborted, reading]);

    expect(await lineAfter(stage)).toMatchObject({
      status: 499,
      usage: { input: 50, output: 9 },
      cost_nano_usd: 50 * gpt.input + 9 * gpt.output,
    });
  });
});

describe('usage that is', () => {
  it('not told is estimated, and says so', async () => {
    const { body } = openaiAnswer(counted);
    const line = await lineFor({ openai: [{ ...openaiAnswer(), body: String(body).replace(/,"usage":.*\}$/, '}') }] });

    expect(line.usage).toMatchObject({ source: 'estimated', output: 4 });
    expect(line.cost_nano_usd).toBe((line.usage?.input ?? 0) * gpt.input + 4 * gpt.output);
  });

  it('impossible is no count, and says so', async () => {
    const line = await lineFor({ openai: [withUsage(openaiAnswer(), '{"prompt_tokens":99999999999999999999,"completion_tokens":5}')] });

    expect(line).toMatchObject({
      usage: { input: 0, output: 5, anomaly: expect.stringContaining('impossible') },
      cost_nano_usd: 5 * gpt.output,
    });
  });

  it('at odds with itself is never charged twice', async () => {
    const odd =
      '{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":50},"completion_tokens_details":{"reasoning_tokens":9}}';
    const line = await lineFor({ openai: [withUsage(openaiAnswer(), odd)] });

    expect(line.cost_nano_usd).toBe(10 * gpt.cached + 5 * gpt.output);
  });

  it('more than the model can make is charged up to that', async () => {
    const line = await lineFor({ openai: [openaiAnswer({ inputTokens: 10, outputTokens: 1_165_619 })] });

    expect(line.usage?.anomaly).toBe('output > model maximum');
    expect(line.usage?.output).toBe(16_384);
    expect(line.cost_nano_usd).toBe(10 * gpt.input + 16_384 * gpt.output);
  });

  it.each<readonly [string, (frames: readonly string[], usage: string) => readonly string[]]>([
    ['told twice', (frames, usage) => [...frames.slice(0, -1), usage, ...frames.slice(-1)]],
    ['told again after the end', (frames, usage) => [...frames, usage]],
    [
      'cumulative',
      (frames, usage) => [
        ...frames.slice(0, -3).flatMap((frame, index) => [frame, usage.replace('"completion_tokens":7', `"completion_tokens":${index}`)]),
        ...frames.slice(-3),
      ],
    ],
  ])('%s is charged once', async (_what, rearrange) => {
    const frames = openaiFrames({ ...counted, text: 'one two three' });
    const usage = frames.at(-2) ?? '';
    const line = await lineFor({ openai: [streamOf(rearrange(frames, usage))] }, streaming);

    expect(line).toMatchObject({ status: 200, cost_nano_usd: due });
  });
});
