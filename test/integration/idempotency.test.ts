import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { ask, chat, logLines, type OpenaiErrorBody, startStage } from './client.ts';

const once = { 'idempotency-key': 'order-7' };

it('serves a request once, gives its answer again, and keeps one ledger entry', async () => {
  const { gateway, openai } = await startStage();
  openai.respond(openaiAnswer({ text: 'the only one' }));

  const first = await chat(gateway, {}, once);
  const again = await chat(gateway, {}, once);

  expect(openai.requests).toHaveLength(1);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  expect(again.headers.get('x-mpc-cost-usd')).toBe(first.headers.get('x-mpc-cost-usd'));
  await delay(50);
  expect(await logLines(gateway)).toHaveLength(1);
});

it('gives a stream again as it was recorded', async () => {
  const { gateway, openai } = await startStage();
  openai.respond(openaiStream());

  const first = await chat(gateway, { stream: true }, once);
  const again = await chat(gateway, { stream: true }, once);

  expect(openai.requests).toHaveLength(1);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('content-type')).toContain('text/event-stream');
});

it('refuses another body under the same key', async () => {
  const { gateway, openai } = await startStage();
  openai.respond(openaiAnswer());
  await chat(gateway, {}, once);

  const other = await chat(gateway, { temperature: 1 }, once);

  expect(other.status).toBe(409);
  expect(other.json<OpenaiErrorBody>().error.code).toBe('idempotency_conflict');
});

it('lets duplicates that come at once wait for the first', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...openaiAnswer(), headDelayMs: 100 });

  const answers = await Promise.all(Array.from({ length: 8 }, () => chat(gateway, {}, once)));

  expect(openai.requests).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
});

it('keeps neither a failure nor half a stream', async () => {
  const { gateway, openai } = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
  openai.respond(
    openaiError(400),
    { ...openaiStream({ text: 'a long answer that breaks off '.repeat(40) }), cutAt: 900, then: 'reset' },
    openaiStream({ text: 'whole' }),
  );

  const failed = await chat(gateway, { stream: true }, once);
  const broken = await chat(gateway, { stream: true }, once);
  const served = await chat(gateway, { stream: true }, once);

  expect(failed.status).toBe(400);
  expect(broken.text).toContain('"error"');
  expect(served.text).toContain('whole');
  expect(openai.requests).toHaveLength(3);
});

it('is still known after a restart', async () => {
  const first = await startStage();
  first.openai.respond(openaiAnswer({ text: 'kept' }));
  await chat(first.gateway, {}, once);
  await first.gateway.close();
  const second = await startStage({ dataDir: first.gateway.dataDir });

  const again = await chat(second.gateway, {}, once);

  expect(again.text).toContain('kept');
  expect(second.openai.requests).toEqual([]);
});

it('holds for embeddings, too, and refuses a key that is none', async () => {
  const { gateway } = await startStage();
  const body = { model: 'demo-embed', input: 'hello' };

  const first = await ask(gateway, '/v1/embeddings', { body, headers: once });
  const again = await ask(gateway, '/v1/embeddings', { body, headers: once });
  const wrong = await ask(gateway, '/v1/embeddings', { body, headers: { 'idempotency-key': 'x'.repeat(300) } });

  expect(first.status, first.text).toBe(200);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(wrong.status).toBe(400);
});
