import { expect, it } from 'vitest';
import { ask, start, startStage } from './client.ts';

it('says that it is there, in the fields its clients read', async () => {
  const gateway = await start();

  const answer = await ask(gateway, '/health');

  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ status: 'ok', service: 'mpc-api', litellm_url: null });
  const { timestamp } = answer.json<{ timestamp: string }>();
  expect(new Date(timestamp).toISOString()).toBe(timestamp);
});

it('names the address of a configured LiteLLM proxy', async () => {
  const gateway = await start({ env: { LITELLM_BASE_URL: 'http://127.0.0.1:9', LITELLM_API_KEY: 'sk-litellm-1234' } });

  const answer = await ask(gateway, '/health');

  expect(answer.json()).toMatchObject({ litellm_url: 'http://127.0.0.1:9' });
});

it.each(['/health', '/health/live', '/health/ready'])('answers %s without a key where keys are required', async (path) => {
  const gateway = await start({ yaml: 'server:\n  auth: required\n' });

  const answer = await ask(gateway, path);

  expect(answer.status).toBe(200);
});

it('never calls a provider', async () => {
  const { gateway, openai, anthropic } = await startStage();

  for (const path of ['/health', '/health/live', '/health/ready']) await ask(gateway, path);

  expect([...openai.requests, ...anthropic.requests]).toEqual([]);
});
