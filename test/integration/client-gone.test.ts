import { describe, expect, it } from 'vitest';
import { anthropicFrames, openaiFrames, openaiError, streamOf } from '../support/canned-replies.ts';
import { readFrames } from '../support/collect.ts';
import { chatBody, claudeModel, lineWhere, logLines, messagesBody, open, startStage } from './client.ts';

// The promise is 100 ms; the bound is generous, because machines under test load are slow.
const soonMs = 1_500;
const begun = openaiFrames({ text: 'one two' }).slice(0, 2);

async function leaves(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toThrow();
}

describe('a client that leaves', () => {
  it.each([false, true])('before the first byte stops the upstream (stream: %s)', async (stream) => {
    const { gateway, openai } = await startStage();
    openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });
    const client = new AbortController();
    const call = open(gateway, '/v1/chat/completions', { body: chatBody({ stream }), signal: client.signal });
    const request = await openai.request(0);

    const leftMs = performance.now();
    client.abort();
    await leaves(call);
    await request.aborted;

    expect(performance.now() - leftMs).toBeLessThan(soonMs);
    const line = await lineWhere(gateway, () => true);
    expect(line).toMatchObject({
      status: 499,
      error_code: 'client_gone',
      stream,
      attempts: [{ provider: 'openai', status: null, error_code: 'client_gone' }],
    });
  });

  it('in the middle of a stream stops the upstream, and pays for what was made', async () => {
    const { gateway, openai } = await startStage();
    openai.respond({ ...streamOf(begun), then: 'stall' });
    const client = new AbortController();
    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), signal: client.signal });
    for await (const frame of readFrames(response)) if (frame.data.includes('one')) break;
    const request = await openai.request(0);

    const leftMs = performance.now();
    client.abort();
    await request.aborted;

    expect(performance.now() - leftMs).toBeLessThan(soonMs);
    const line = await lineWhere(gateway, () => true);
    expect(line).toMatchObject({ status: 499, error_code: 'client_gone', provider: 'openai', usage: { source: 'estimated' } });
    expect(line.usage?.output).toBeGreaterThan(0);
    expect(line.cost_nano_usd).toBeGreaterThan(0);
  });

  it('in the middle of a translated stream stops the upstream', async () => {
    const { gateway, anthropic } = await startStage();
    anthropic.respond({ ...streamOf(anthropicFrames({ text: 'one two' }).slice(0, 4)), then: 'stall' });
    const client = new AbortController();
    const response = await open(gateway, '/v1/chat/completions', {
      body: chatBody({ stream: true, model: claudeModel }),
      signal: client.signal,
    });
    for await (const frame of readFrames(response)) if (frame.data.includes('one')) break;

    client.abort();
    await (await anthropic.request(0)).aborted;

    const line = await lineWhere(gateway, () => true);
    expect(line).toMatchObject({ status: 499, error_code: 'client_gone' });
    // What message_start counted is known; the output is what had come.
    expect(line.usage?.input).toBe(9);
  });

  it('in the middle of a stream of Anthropic’s stops the upstream', async () => {
    const { gateway, anthropic } = await startStage();
    anthropic.respond({ ...streamOf(anthropicFrames({ text: 'one two' }).slice(0, 4)), then: 'stall' });
    const client = new AbortController();
    const response = await open(gateway, '/v1/messages', { body: messagesBody({ stream: true }), signal: client.signal });
    for await (const frame of readFrames(response)) if (frame.data.includes('one')) break;

    client.abort();
    await (await anthropic.request(0)).aborted;

    expect(await lineWhere(gateway, () => true)).toMatchObject({ status: 499, usage: { input: 9 } });
  });

  it('while a whole answer arrives stops the upstream', async () => {
    const { gateway, openai } = await startStage();
    openai.respond({ headers: { 'content-type': 'application/json' }, body: '{"id":"x"', then: 'stall', framing: 'chunked' });
    const client = new AbortController();
    const call = open(gateway, '/v1/chat/completions', { body: chatBody(), signal: client.signal });
    const request = await openai.request(0);
    await request.answered;

    client.abort();
    await leaves(call);
    await request.aborted;

    expect((await lineWhere(gateway, () => true)).status).toBe(499);
  });

  it('between two tries is not tried for again', async () => {
    const { gateway, openai } = await startStage({
      env: { MPC_RETRY_BASE_DELAY_MS: '60000', MPC_RETRY_MAX_DELAY_MS: '60000' },
      parts: { random: () => 0.5 },
    });
    openai.respond(openaiError(500));
    const client = new AbortController();
    const call = open(gateway, '/v1/chat/completions', { body: chatBody(), signal: client.signal });
    await (await openai.request(0)).answered;

    client.abort();
    await leaves(call);

    const line = await lineWhere(gateway, () => true);
    expect(line).toMatchObject({ status: 499, error_code: 'client_gone', attempts: [{ status: 500 }] });
    expect(openai.requests).toHaveLength(1);
  });

  it('is not replaced by a fallback', async () => {
    const { gateway, openai, anthropic } = await startStage();
    openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });
    const client = new AbortController();
    const call = open(gateway, '/v1/chat/completions', { body: chatBody({ fallbacks: [claudeModel] }), signal: client.signal });
    await openai.request(0);

    client.abort();
    await leaves(call);

    await lineWhere(gateway, () => true);
    expect(anthropic.requests).toEqual([]);
  });

  it('leaves one entry, and no call in flight', async () => {
    const { gateway, openai } = await startStage();
    openai.respond({ ...streamOf(begun), then: 'stall' });
    const clients = Array.from({ length: 10 }, () => new AbortController());
    const responses = await Promise.all(
      clients.map((client) => open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), signal: client.signal })),
    );
    for (const client of clients) client.abort();

    await Promise.all(responses.map((response) => lineWhere(gateway, (line) => line.id === response.headers.get('x-request-id'))));

    expect(await logLines(gateway)).toHaveLength(10);
    await expect.poll(async () => (await open(gateway, '/metrics')).text()).toMatch(/^mpc_in_flight 1$/m);
    await expect.poll(() => openai.openConnections()).toBe(0);
  });
});
