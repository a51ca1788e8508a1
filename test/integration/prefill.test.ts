// A prefill (an assistant message at the end) at a provider whose answer repeats it: callers of other grammars join the two.
import { beforeAll, expect, it } from 'vitest';
import { openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import { anthropicText, collectStream } from '../support/collect.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, chat, hello, messagesBody, open, start, startProvider } from './client.ts';

const model = 'mistral/mistral-large-latest';
const prefilled = [...hello, { role: 'assistant', content: '{"greeting":' }];

let mistral: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  mistral = await startProvider();
  gateway = await start({ env: { MISTRAL_BASE_URL: mistral.baseUrl, MISTRAL_API_KEY: 'mistral-key-0123456789' } });
});

it('is taken from a translated answer', async () => {
  mistral.respond(openaiAnswer({ text: '{"greeting":"hello"}' }));

  const answer = await ask(gateway, '/v1/messages', { body: messagesBody({ model, messages: prefilled }) });

  expect(answer.json()).toMatchObject({ content: [{ type: 'text', text: '"hello"}' }] });
  expect(mistral.requests.at(-1)?.json()).toMatchObject({ messages: [{}, { role: 'assistant', content: '{"greeting":', prefix: true }] });
});

it('is taken from a translated stream', async () => {
  mistral.respond(openaiStream({ text: '{"greeting": "hello there"}' }));

  const response = await open(gateway, '/v1/messages', { body: messagesBody({ model, stream: true, messages: prefilled }) });

  expect(anthropicText(await collectStream(response))).toBe(' "hello there"}');
});

it('stays where the answer passes as bytes, and the caller is told', async () => {
  mistral.respond(openaiAnswer({ text: '{"greeting":"hello"}' }));

  const answer = await chat(gateway, { model, messages: prefilled });

  expect(answer.text).toContain('{\\"greeting\\":');
  expect(answer.headers.get('x-mpc-warnings')).toContain('the answer repeats it');
});
