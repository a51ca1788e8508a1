// What the gateway makes of a request that names no model: the task it guesses, and the needs it measures beside those it was told.
import { beforeAll, expect, it } from 'vitest';
import { anthropicAnswer, openaiAnswer } from '../support/canned-replies.ts';
import { ask, chatBody, hello, type Json, type OpenaiErrorBody, type Stage, startStage } from './client.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  stage.openai.respond(openaiAnswer());
  stage.anthropic.respond(anthropicAnswer());
});

interface Decided {
  readonly task?: string;
  readonly task_guessed?: boolean;
  readonly needs: readonly string[];
}

/** The question that was put to the Brain for this chat. */
async function questionOf(body: Json): Promise<Decided> {
  const answer = await ask(stage.gateway, '/v1/chat/completions', { body });
  expect(answer.status, answer.text).toBe(200);
  let decision: { readonly asked: Decided } | undefined;
  await expect
    .poll(async () => {
      const read = await ask(stage.gateway, `/api/decisions/${answer.headers.get('x-mpc-decision-id')}`);
      decision = read.status === 200 ? read.json() : undefined;
      return read.status;
    })
    .toBe(200);
  return (decision as { readonly asked: Decided }).asked;
}

const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };

it('says of a guessed task that it is a guess, which rules no model out', async () => {
  const guessed = await questionOf({ messages: [{ role: 'user', content: 'Translate this into German: hello' }] });
  const told = await questionOf({ task: 'chat_general', messages: hello });

  expect(guessed).toMatchObject({ task: 'translation', task_guessed: true });
  expect(told.task).toBe('chat_general');
  expect(told).not.toHaveProperty('task_guessed');
});

it('keeps what it measured when the caller tells more', async () => {
  const question = await questionOf({ tools: [weather], mpc: { needs: ['json_schema'] }, messages: hello });

  expect([...question.needs].sort()).toEqual(['json_schema', 'tools']);
});

it('believes the larger of the measured and the told prompt size', async () => {
  const long = [{ role: 'user', content: 'word '.repeat(200_000) }];

  const told = await ask(stage.gateway, '/v1/chat/completions', { body: chatBody({ mpc: { context_tokens: 900_000 } }) });
  const measured = await ask(stage.gateway, '/v1/chat/completions', { body: chatBody({ mpc: { context_tokens: 1 }, messages: long }) });

  for (const answer of [told, measured]) {
    expect(answer.status).toBe(400);
    expect(answer.json<OpenaiErrorBody>().error.code).toBe('context_length_exceeded');
  }
});
