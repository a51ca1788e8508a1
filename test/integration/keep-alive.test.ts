import { describe, expect, it } from 'vitest';
import { anthropicAnswer, anthropicFrames, anthropicStream, openaiError, openaiFrames, streamOf } from '../support/canned-replies.ts';
import { anthropicText, collectStream, openaiText, readFrames } from '../support/collect.ts';
import type { SeenRequest } from '../support/fake-upstream.ts';
import { chatBody, claudeModel, lineOf, messagesBody, open, startStage } from './client.ts';

const env = { MPC_KEEP_ALIVE_MS: '100' };
const frames = openaiFrames({ text: 'one two' });

describe.concurrent('a silent stream', () => {
  it('gets comments as frames of their own, between the provider’s frames', async () => {
    const { gateway, openai } = await startStage({ env });
    openai.respond({ ...streamOf(frames), gapMs: 160 });

    const stream = await collectStream(await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) }));

    const comments = stream.frames.filter((frame) => frame.comments.length > 0);
    expect(comments.length).toBeGreaterThan(0);
    for (const frame of comments) expect(frame).toMatchObject({ data: '', event: '' });
    expect(openaiText(stream)).toBe('one two');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });

  it('gets pings in Anthropic’s dialect', async () => {
    const { gateway, anthropic } = await startStage({ env });
    anthropic.respond({ ...streamOf(anthropicFrames({ text: 'one two' })), gapMs: 150 });

    const stream = await collectStream(await open(gateway, '/v1/messages', { body: messagesBody({ stream: true }) }));

    expect(stream.frames.filter((frame) => frame.event === 'ping').length).toBeGreaterThan(2);
    expect(anthropicText(stream)).toBe('one two');
  });

  it('never gets a comment inside a frame that arrives in two halves', async () => {
    const { gateway, openai } = await startStage({ env });
    const [first = '', second = '', ...rest] = frames;
    openai.respond({ ...streamOf([first, second, second.slice(0, 60), second.slice(60), ...rest]), gapMs: 160 });

    const stream = await collectStream(await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) }));

    expect(openaiText(stream)).toBe('oneone two');
    for (const frame of stream.frames) if (frame.data !== '') expect(frame.comments).toEqual([]);
  });
});

describe.concurrent('a provider that has accepted the stream and says nothing yet', () => {
  /** The head at once, the content when the test says so. */
  async function silentStart(): Promise<{
    readonly stage: Awaited<ReturnType<typeof startStage>>;
    readonly response: Response;
    readonly request: SeenRequest;
  }> {
    const stage = await startStage({ env: { ...env, MPC_TIMEOUTS_IDLE_MS: '350', MPC_RETRY_ATTEMPTS: '0' } });
    stage.openai.respond({ ...streamOf([frames[0] ?? '']), then: 'stall' });
    const response = await open(stage.gateway, '/v1/chat/completions', { body: chatBody({ stream: true, fallbacks: [claudeModel] }) });
    return { stage, response, request: await stage.openai.request(0) };
  }

  it('keeps the client waiting with comments, and may still be replaced', async () => {
    const { stage, response } = await silentStart();
    stage.anthropic.respond(anthropicStream({ text: 'from the other' }));

    const stream = await collectStream(response);

    expect(response.status).toBe(200);
    expect(stream.frames[0]?.comments).toHaveLength(1);
    expect(openaiText(stream)).toBe('from the other');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
    const line = await lineOf(stage.gateway, response);
    expect(line).toMatchObject({ status: 200, error_code: null, provider: 'anthropic' });
    expect(line.attempts.map((attempt) => attempt.provider)).toEqual(['openai', 'anthropic']);
  });

  it('ends in an error event when nobody can replace it', async () => {
    const { stage, response } = await silentStart();
    stage.anthropic.respond({ status: 500, headers: { 'content-type': 'application/json' }, body: '{}' });

    const stream = await collectStream(response);

    expect(JSON.parse(stream.frames.at(-1)?.data ?? 'null')).toMatchObject({ error: { message: expect.any(String) } });
    expect(stream.text).not.toContain('[DONE]');
    expect(await lineOf(stage.gateway, response)).toMatchObject({ error_code: 'upstream_error' });
  });

  it('may be replaced by a whole answer, which the client gets as a stream', async () => {
    const { stage, response } = await silentStart();
    stage.anthropic.respond(anthropicAnswer({ text: 'from the other' }));

    const stream = await collectStream(response);

    expect(openaiText(stream)).toBe('from the other');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });

  it('names the request and the decision in the headers that are already out', async () => {
    const { response, stage } = await silentStart();
    stage.anthropic.respond(openaiError(400));

    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('x-mpc-decision-id')).toMatch(/^dec_/);
    await response.text();
  });
});

it('waits for a status as long as the provider has not accepted: an error is still an HTTP status', async () => {
  const { gateway, openai } = await startStage({ env: { ...env, MPC_RETRY_ATTEMPTS: '0' } });
  openai.respond({ ...openaiError(503), headDelayMs: 300 });

  const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });

  expect(response.status).toBe(503);
  await response.text();
});

it('shows the first word at once, without waiting for a comment’s turn', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...streamOf(frames.slice(0, 2)), then: 'stall' });
  const client = new AbortController();
  const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), signal: client.signal });

  const seen: string[] = [];
  for await (const frame of readFrames(response)) {
    seen.push(frame.data);
    if (frame.data.includes('one')) break;
  }

  expect(seen).toHaveLength(2);
  client.abort();
});
