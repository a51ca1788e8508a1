import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicFrames, openaiAnswer, openaiFrames, streamOf } from '../support/canned-replies.ts';
import { startChildScript } from '../support/child-script.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import { chat, chatBody, claudeModel, lineOf, messagesBody, open, type OpenaiErrorBody, start, startStage } from './client.ts';

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
    const { gateway, anthropic } = await startStage({ env: { MPC_TIMEOUTS_STREAM_TOTAL_MS: '200' } });
    anthropic.respond({ ...streamOf(anthropicFrames({ text: 'one two' }).slice(0, 4)), then: 'stall' });

    const response = await open(gateway, '/v1/messages', { body: messagesBody({ stream: true }) });
    const stream = await collectStream(response);

    expect(stream.brokenBy).toBeUndefined();
    expect(stream.frames.at(-1)?.event).toBe('error');
    expect(JSON.parse(stream.frames.at(-1)?.data ?? 'null')).toMatchObject({ type: 'error', error: { type: 'timeout_error' } });
    await anthropic.requests[0]?.aborted;
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
