// A stream that breaks off and that another upstream call goes on with: the libraries read one answer, seam or no seam.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicVersions } from '../drivers/anthropic.ts';
import { openaiVersions } from '../drivers/openai.ts';
import { begin, say } from '../support/answers.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

const model = modelBehind['anthropic-messages'];
const headers = { 'x-mpc-continue': 'true' };
const messages = [{ role: 'user' as const, content: 'Tell me' }];
const whole = 'The beginning of a long answer, and its end';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage?.close());

let entryBefore: unknown;

function breakOff(): void {
  entryBefore = stage.lastEntry()?.['id'];
  stage.upstreams['anthropic-messages'].respond(begin('The beginning of a long', { then: 'reset' }), say({ text: ' answer, and its end' }));
}

/** The entry is written behind the answer. */
async function expectSeam(): Promise<void> {
  await expect.poll(() => stage.lastEntry()?.['id']).not.toBe(entryBefore);
  expect(stage.lastEntry()).toMatchObject({ status: 200, error_code: null, attempts: [{}, { continues: true }] });
}

describe.each(openaiVersions)('$name', ({ OpenAI }) => {
  it('reads a chat', async () => {
    breakOff();
    const client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key, defaultHeaders: headers });

    const completion = await client.chat.completions.stream({ model, messages }).finalChatCompletion();

    expect(completion.choices[0]?.message.content).toBe(whole);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    await expectSeam();
  });

  it('reads a response', async () => {
    breakOff();
    const client = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key, defaultHeaders: headers });

    const response = await client.responses.stream({ model, input: 'Tell me' }).finalResponse();

    expect(response.output_text).toBe(whole);
    await expectSeam();
  });
});

describe.each(anthropicVersions)('$name', ({ Anthropic }) => {
  it('reads a message', async () => {
    breakOff();
    const client = new Anthropic({ baseURL: stage.gateway.url, apiKey: stage.key, defaultHeaders: headers });

    const message = await client.messages.stream({ model, max_tokens: 100, messages }).finalMessage();

    expect(message.content).toMatchObject([{ type: 'text', text: whole }]);
    expect(message.stop_reason).toBe('end_turn');
    await expectSeam();
  });
});
