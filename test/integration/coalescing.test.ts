// `x-mpc-coalesce: on`: the same question of the same key that is under way already is asked once, and its answer is not kept.
import { expect, it } from 'vitest';
import { openaiAnswer, openaiError, openaiStream } from '../support/canned-replies.ts';
import { collectStream, openaiText } from '../support/collect.ts';
import { chat, chatBody, lineOf, open, startStage } from './client.ts';

const together = { 'x-mpc-coalesce': 'on' };

it('calls that ask the same at once share one upstream call, and one of them pays', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...openaiAnswer({ text: 'shared' }), headDelayMs: 200 });

  const answers = await Promise.all([1, 2, 3].map(() => chat(gateway, {}, together)));

  expect(openai.requests).toHaveLength(1);
  expect(answers.map((answer) => answer.text.includes('shared'))).toEqual([true, true, true]);
  const lines = await Promise.all(answers.map((answer) => lineOf(gateway, answer)));
  expect(lines.filter((line) => line.cost_nano_usd !== 0)).toHaveLength(1);
});

it('the answer is not kept: who asks later asks anew', async () => {
  const { gateway, openai } = await startStage();
  openai.respond(openaiAnswer());

  await chat(gateway, {}, together);
  const later = await chat(gateway, {}, together);

  expect(openai.requests).toHaveLength(2);
  expect(later.headers.get('x-mpc-cache')).toBe('off');
});

it('works where the answer cache is off, and for streams', async () => {
  const { gateway, openai } = await startStage({ env: { MPC_CACHE_MODE: 'off' } });
  openai.respond({ ...openaiStream({ text: 'one for both' }), headDelayMs: 200 });

  const ask = async (): Promise<string> =>
    openaiText(await collectStream(await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }), headers: together })));

  expect(await Promise.all([ask(), ask()])).toEqual(['one for both', 'one for both']);
  expect(openai.requests).toHaveLength(1);
});

it('who waits for a call that fails asks for itself', async () => {
  const { gateway, openai } = await startStage({ env: { MPC_RETRY_ATTEMPTS: '0' } });
  openai.respond({ ...openaiError(500), headDelayMs: 200 }, openaiAnswer());

  const answers = await Promise.all([chat(gateway, {}, together), chat(gateway, {}, together)]);

  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 502]);
});

it('other questions are not mixed up', async () => {
  const { gateway, openai } = await startStage();
  openai.respond({ ...openaiAnswer(), headDelayMs: 100 });

  await Promise.all([chat(gateway, {}, together), chat(gateway, { temperature: 0.3 }, together)]);

  expect(openai.requests).toHaveLength(2);
});
