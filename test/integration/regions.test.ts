// `routing.regions` is the operator's word: all of them are used, and no caller leaves them.
import { expect, it } from 'vitest';
import { openaiAnswer } from '../support/canned-replies.ts';
import { chat, type OpenaiErrorBody, start, startProvider } from './client.ts';

async function stage(regions: string) {
  const [eu, us, asia] = await Promise.all([startProvider(openaiAnswer()), startProvider(openaiAnswer()), startProvider(openaiAnswer())]);
  const connection = (id: string, upstream: typeof eu) =>
    `  - {id: openai-${id}, provider: openai, region: ${id}, api_key: sk-0123456789, base_url: "${upstream.baseUrl}"}\n`;
  const yaml = `routing: {regions: ${regions}, strategy: round-robin}\nconnections:\n${connection('eu', eu)}${connection('us', us)}${connection('asia', asia)}`;
  return { gateway: await start({ yaml }), eu, us, asia };
}

it('all serve, and no other', async () => {
  const { gateway, eu, us, asia } = await stage('[EU, us]');

  for (let i = 0; i < 4; i += 1) expect((await chat(gateway)).status).toBe(200);

  expect([eu.requests.length, us.requests.length, asia.requests.length]).toEqual([2, 2, 0]);
});

it('are narrowed by what a caller asks for, never widened', async () => {
  const { gateway, eu, us, asia } = await stage('[eu, us]');

  expect((await chat(gateway, { mpc: { region: 'us' } })).status).toBe(200);
  const outside = await chat(gateway, { mpc: { region: 'asia' } });
  const pinned = await chat(gateway, { model: 'openai-asia/gpt-4o-mini' });

  expect([outside.status, pinned.status].every((status) => status >= 400)).toBe(true);
  expect(pinned.json<OpenaiErrorBody>().error.message).toContain('the operator allows');
  expect([eu.requests.length, us.requests.length, asia.requests.length]).toEqual([0, 1, 0]);
});
