import { expect, it } from 'vitest';
import { openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { ask, chat, gptModel, lineOf, start, startProvider, startStage } from './client.ts';

/** `name{labels}` → value. */
async function scrape(gateway: { readonly url: string }): Promise<ReadonlyMap<string, number>> {
  const answer = await ask(gateway, '/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const lines = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const sumOf = (metrics: ReadonlyMap<string, number>, name: string, ...labels: readonly string[]): number =>
  [...metrics]
    .filter(([key]) => key.startsWith(name) && labels.every((label) => key.includes(label)))
    .reduce((sum, [, value]) => sum + value, 0);

it('counts requests, tokens, cost, errors and attempts of each provider and model', async () => {
  const { gateway, openai } = await startStage();
  openai.respond(
    openaiAnswer({ inputTokens: 1_000, outputTokens: 100 }),
    openaiStream({ inputTokens: 10, outputTokens: 5 }),
    openaiError(503),
    openaiAnswer(),
    openaiError(400),
  );
  await chat(gateway);
  await chat(gateway, { stream: true });
  await chat(gateway);
  await chat(gateway);

  const metrics = await scrape(gateway);
  const model = `model="openai-${gptModel}-main"`;
  expect(sumOf(metrics, 'mpc_requests_total', 'provider="openai"', model, 'status="200"')).toBe(3);
  expect(sumOf(metrics, 'mpc_requests_total', 'status="400"')).toBe(1);
  expect(sumOf(metrics, 'mpc_errors_total', 'code="upstream_rejected"')).toBe(1);
  expect(sumOf(metrics, 'mpc_upstream_attempts_total', 'outcome="ok"')).toBe(3);
  expect(sumOf(metrics, 'mpc_upstream_attempts_total', 'outcome="upstream_overloaded"')).toBe(1);
  expect(sumOf(metrics, 'mpc_tokens_total', 'class="input"')).toBe(1_019);
  expect(sumOf(metrics, 'mpc_tokens_total', 'class="output"')).toBe(107);
  expect(sumOf(metrics, 'mpc_cost_usd_total')).toBeCloseTo((1_019 * 0.15 + 107 * 0.6) / 1e6, 12);
  expect(sumOf(metrics, 'mpc_request_duration_seconds_count')).toBe(4);
  expect(sumOf(metrics, 'mpc_time_to_first_token_seconds_count')).toBe(1);
  expect(sumOf(metrics, 'mpc_overhead_seconds_count')).toBe(4);
});

it('shows what is under way: calls, pools, the event loop, the ledger', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ headDelayMs: Number.POSITIVE_INFINITY });
  const client = new AbortController();
  const call = ask(gateway, '/v1/chat/completions', {
    body: { model: gptModel, messages: [{ role: 'user', content: 'x' }] },
    signal: client.signal,
  });
  await openai.request(0);

  const metrics = await scrape(gateway);
  client.abort();
  await expect(call).rejects.toThrow();

  expect(metrics.get('mpc_in_flight')).toBe(2);
  expect(metrics.get('mpc_upstream_connections{connection="openai",state="running"}')).toBe(1);
  for (const name of [
    'mpc_event_loop_lag_p50_seconds',
    'mpc_event_loop_lag_p99_seconds',
    'mpc_ledger_pending_entries',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
  ]) {
    expect(metrics.get(name), name).toBeTypeOf('number');
  }
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
});

it('counts calls whose price is unknown apart from the cost', async () => {
  const server = await startProvider(openaiAnswer());
  const gateway = await start({ env: { VLLM_BASE_URL: server.baseUrl } });
  await lineOf(gateway, await chat(gateway, { model: 'vllm/house-model' }));

  const metrics = await scrape(gateway);

  expect(sumOf(metrics, 'mpc_unpriced_total')).toBe(1);
  expect(sumOf(metrics, 'mpc_cost_usd_total')).toBe(0);
});

it('makes no label of what callers write', async () => {
  const server = await startProvider(openaiAnswer());
  const gateway = await start({ env: { VLLM_BASE_URL: server.baseUrl } });
  for (let index = 0; index < 20; index += 1) await chat(gateway, { model: `made-up-${index}` });
  for (let batch = 0; batch < 35; batch += 1)
    await Promise.all(Array.from({ length: 10 }, (_, index) => chat(gateway, { model: `vllm/made-up-${batch}-${index}` })));

  const metrics = await scrape(gateway);
  const models = new Set([...metrics.keys()].flatMap((key) => /model="([^"]*)"/.exec(key)?.[1] ?? []));

  expect([...models].filter((model) => model.startsWith('made-up'))).toEqual([]);
  expect(models.size).toBeLessThanOrEqual(302);
  expect(sumOf(metrics, 'mpc_requests_total', 'status="200"')).toBe(350);
});
