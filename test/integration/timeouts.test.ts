import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicFrames, openaiAnswer, openaiFrames, streamOf } from '../support/canned-replies.ts';
import { startChildScript } from '../support/child-script.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import { fakeClock } from '../support/fake-clock.ts';
import {
  ask,
  chat,
  chatBody,
  claudeModel,
  embeddingBody,
  lineOf,
  messagesBody,
  open,
  type OpenaiErrorBody,
  start,
  startStage,
} from './client.ts';

const never = Number.POSITIVE_INFINITY;
const begun = openaiFrames({ text: 'one two' }).slice(0, 2);

describe.concurrent('the first byte', () => {
  const env = { MPC_TIMEOUTS_FIRST_BYTE_MS: '80' };

  it.each([false, true])('that does not come is a 504 (stream: %s)', async (stream) => {
    const { gateway, openai } = await startStage({ env });
    openai.respond({ headDelayMs: never });

    const answer = await chat(gateway, { stream });

    expect(answer.status).toBe(504);
    expect(answer.json<OpenaiErrorBody>().error.code).toBe('upstream_timeout');
    expect(openai.requests).toHaveLength(1);
    await openai.requests[0]?.aborted;
    expect(await lineOf(gateway, answer)).toMatchObject({ status: 504, error_code: 'upstream_timeout', cost_nano_usd: 0 });
  });

  it('that does not come lets the fallback answer', async () => {
    const { gateway, openai, anthropic } = await startStage({ env });
    openai.respond({ headDelayMs: never });
    anthropic.respond(anthropicAnswer());

    const answer = await chat(gateway, { fallbacks: [claudeModel] });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-provider')).toBe('anthropic');
  });

  it('has a limit of its own for each connection', async () => {
    const { gateway, openai } = await startStage({ yaml: 'providers:\n  openai:\n    timeouts: { first_byte_ms: 60 }\n' });
    openai.respond({ headDelayMs: never });

    expect((await chat(gateway)).status).toBe(504);
  });
});

describe.concurrent('a model with limits of its own', () => {
  const limited = (limits: string): string => `model_timeouts:\n  gpt-4o-mini: {${limits}}\n`;
  const env = { MPC_RETRY_ATTEMPTS: '0' };

  it.each([false, true])('waits that long for the first byte, and other models as long as before (stream: %s)', async (stream) => {
    const { gateway, openai } = await startStage({ env, yaml: limited('first_byte_ms: 80') });
    const answer = stream ? streamOf(openaiFrames({ text: 'hi' })) : openaiAnswer();
    openai.respond({ ...answer, headDelayMs: 2_500 });

    expect((await chat(gateway, { stream })).status).toBe(504);
    expect((await chat(gateway, { stream, model: 'gpt-4o' })).status).toBe(200);
  });

  it('may have longer ones than its connection', async () => {
    const yaml = `${limited('first_byte_ms: 10000')}providers:\n  openai:\n    timeouts: { first_byte_ms: 60 }\n`;
    const { gateway, openai } = await startStage({ env, yaml });
    openai.respond({ ...openaiAnswer(), headDelayMs: 2_500 });

    expect((await chat(gateway)).status).toBe(200);
    expect((await chat(gateway, { model: 'gpt-4o' })).status).toBe(504);
  });

  it('is left when it is silent for too long', async () => {
    const { gateway, openai } = await startStage({ env, yaml: limited('idle_ms: 150') });
    openai.respond({ ...streamOf(begun), then: 'stall' });

    const text = await (await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) })).text();

    expect(text).toContain('idle timeout');
  });

  it('is left when it has taken too long, and the fallback answers', async () => {
    const { gateway, openai, anthropic } = await startStage({ env, yaml: limited('total_ms: 100') });
    openai.respond({ headDelayMs: never });
    anthropic.respond({ ...anthropicAnswer(), headDelayMs: 200 });

    const answer = await chat(gateway, { fallbacks: [claudeModel] });

    expect(answer.status, answer.text).toBe(200);
    expect((await lineOf(gateway, answer)).attempts).toMatchObject([{ error_code: 'upstream_timeout' }, { provider: 'anthropic' }]);
  });

  it('is left in mid-stream with an error event when it has taken too long', async () => {
    const clock = fakeClock();
    const { gateway, openai } = await startStage({ env, yaml: limited('total_ms: 300'), parts: { clock } });
    openai.respond({ ...streamOf(begun), then: 'stall' });
    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });

    await clock.advanceAsync(300);

    const text = await response.text();
    expect(text).toContain('model_timeouts');
    expect(text).not.toContain('[DONE]');
    await openai.requests[0]?.aborted;
  });

  it('is connected to within its own time, over sockets of its own', async () => {
    const { gateway, openai } = await startStage({ env, yaml: limited('connect_ms: 1234') });
    openai.respond(openaiAnswer());

    await chat(gateway);
    await chat(gateway);
    await chat(gateway, { model: 'gpt-4o' });

    expect(new Set(openai.requests.map(({ connection }) => connection)).size).toBe(2);
  });

  it('may be no chat model', async () => {
    const yaml = 'model_timeouts:\n  text-embedding-3-small: {total_ms: 80}\n';
    const { gateway, openai } = await startStage({ env, yaml });
    openai.respond({ headDelayMs: never });

    expect((await ask(gateway, '/v1/embeddings', { body: embeddingBody })).status).toBe(504);
  });

  it('has to be known at the start', async () => {
    await expect(start({ yaml: 'model_timeouts:\n  gpt-4oo: {total_ms: 80}\n' })).rejects.toThrow(
      /mpc\.yaml:2:3 model_timeouts\.gpt-4oo: is not known; did you mean .*gpt-4o/,
    );
    await expect(start({ yaml: 'model_timeouts:\n  fast-chat: {total_ms: 80}\n' })).rejects.toThrow(/is an alias/);
  });
});

describe.concurrent('silence in mid-answer', () => {
  const env = { MPC_TIMEOUTS_IDLE_MS: '150', MPC_RETRY_ATTEMPTS: '0' };

  it('is a 504 before the first content', async () => {
    const { gateway, openai } = await startStage({ env });
    openai.respond({ ...streamOf([begun[0] ?? '']), then: 'stall' });

    const answer = await chat(gateway, { stream: true });

    expect(answer.status, answer.text).toBe(504);
  });

  it('is an error event after it, and the upstream is left', async () => {
    const { gateway, openai } = await startStage({ env });
    openai.respond({ ...streamOf(begun), then: 'stall' });

    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    const stream = await collectStream(response);

    expect(openaiText(stream)).toBe('one');
    expect(JSON.parse(stream.frames.at(-1)?.data ?? 'null')).toMatchObject({ error: { code: 'upstream_timeout' } });
    await openai.requests[0]?.aborted;
    expect((await lineOf(gateway, response)).error_code).toBe('upstream_timeout');
  });

  it('is a 504 for a whole answer that stops in its middle', async () => {
    const { gateway, openai } = await startStage({ env });
    openai.respond({ ...openaiAnswer(), cutAt: 30, then: 'stall' });

    expect((await chat(gateway)).status).toBe(504);
  });

  it('is none while comments come', async () => {
    const { gateway, openai } = await startStage({ env });
    const [first = '', ...rest] = openaiFrames({ text: 'one two' });
    openai.respond({ ...streamOf([first, ...Array.from({ length: 6 }, () => ': still here\n\n'), ...rest]), gapMs: 50 });

    const stream = await collectStream(await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) }));

    expect(openaiText(stream)).toBe('one two');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });
});

describe.concurrent('the total time', () => {
  it('of a whole answer ends all attempts with a 504', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_TIMEOUTS_TOTAL_MS: '120' } });
    openai.respond({ headDelayMs: never });

    const answer = await chat(gateway);

    expect(answer.status).toBe(504);
    expect(answer.text).toContain('total');
    await openai.requests[0]?.aborted;
    expect((await lineOf(gateway, answer)).attempts).toHaveLength(1);
  });

  it('is not spent on a retry that cannot end in time', async () => {
    const { gateway, openai } = await startStage({ env: { MPC_TIMEOUTS_TOTAL_MS: '2000' } });
    openai.respond({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '30' },
      body: '{"error":{"message":"slow down"}}',
    });

    const answer = await chat(gateway);

    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('30');
  });

  it('of a stream ends it with an error event in the caller’s grammar', async () => {
    const clock = fakeClock();
    const { gateway, anthropic } = await startStage({ env: { MPC_TIMEOUTS_STREAM_TOTAL_MS: '200' }, parts: { clock } });
    anthropic.respond({ ...streamOf(anthropicFrames({ text: 'one two' }).slice(0, 4)), then: 'stall' });
    const response = await open(gateway, '/v1/messages', { body: messagesBody({ stream: true }) });
    let hasEnded = false;
    const stream = collectStream(response).finally(() => {
      hasEnded = true;
    });

    await clock.advanceAsync(199);
    expect((await ask(gateway, '/health')).status).toBe(200);
    expect(hasEnded).toBe(false);
    clock.advance(1);

    const { brokenBy, frames } = await stream;
    expect(brokenBy).toBeUndefined();
    expect(frames.at(-1)?.event).toBe('error');
    expect(JSON.parse(frames.at(-1)?.data ?? 'null')).toMatchObject({ type: 'error', error: { type: 'timeout_error' } });
    await anthropic.requests[0]?.aborted;
    // The ledger's batch goes out by this clock, too.
    clock.advance(1_000);
    expect((await lineOf(gateway, response)).error_code).toBe('upstream_timeout');
  });
});

describe.concurrent('connecting', () => {
  it('to a host that does not answer is a 504 after the connect limit', async () => {
    // A stopped process with a full backlog: the kernel drops further connections, as a dead host would.
    const child = startChildScript(`
      import { createServer } from 'node:net';
      const server = createServer(() => undefined);
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
    `);
    await child.waitForLines(1);
    const port = Number(child.lines()[0]);
    child.process.kill('SIGSTOP');
    const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    try {
      const gateway = await start({
        env: {
          OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
          OPENAI_API_KEY: 'sk-0123456789',
          MPC_TIMEOUTS_CONNECT_MS: '300',
          MPC_TIMEOUTS_FIRST_BYTE_MS: '4000',
        },
      });

      const answer = await chat(gateway);

      expect(answer.status, answer.text).toBe(504);
      expect(answer.text).toContain('connect');
      expect((await lineOf(gateway, answer)).attempts[0]).toMatchObject({
        status: null,
        error_code: 'upstream_timeout',
        first_byte_ms: null,
      });
    } finally {
      for (const filler of fillers) filler.destroy();
      child.process.kill('SIGKILL');
      await child.ended;
    }
  });
});
