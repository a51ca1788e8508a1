// Addresses of pictures for an upstream that reads none: the gateway fetches them, under its guard.
import { beforeAll, expect, it } from 'vitest';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, start, startProvider } from './client.ts';

let upstream: FakeUpstream;
let files: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startProvider({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: 'x',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'a cat' }, finish_reason: 'stop' }],
    }),
  });
  files = await startProvider({ headers: { 'content-type': 'image/png' }, body: Buffer.from('picture') });
  gateway = await start({ env: { OLLAMA_BASE_URL: upstream.baseUrl, MPC_MEDIA_ALLOWED_HOSTS: '127.0.0.1' } });
});

const asking = (url: string) => [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url } },
    ],
  },
];
const model = 'ollama/llava';

it('puts the picture into the request, whichever grammar the caller speaks', async () => {
  const chat = await ask(gateway, '/v1/chat/completions', { body: { model, messages: asking(`${files.url}/a.png`) } });
  const image = { type: 'image', source: { type: 'url', url: `${files.url}/b.png` } };
  const messages = await ask(gateway, '/v1/messages', { body: { model, max_tokens: 10, messages: [{ role: 'user', content: [image] }] } });

  expect(chat.status, chat.text).toBe(200);
  expect(messages.status, messages.text).toBe(200);
  const data = `data:image/png;base64,${Buffer.from('picture').toString('base64')}`;
  const sent = upstream.requests.filter(({ path }) => path === '/v1/chat/completions').map((request) => request.body.toString());
  expect(sent).toHaveLength(2);
  for (const body of sent) expect(body).toContain(data);
});

it('answers 400 with the reason when the picture cannot be had', async () => {
  const own = await start({ env: { OLLAMA_BASE_URL: upstream.baseUrl } });
  const before = files.requests.length;
  const answer = await ask(own, '/v1/chat/completions', { body: { model, messages: asking(`${files.url}/a.png`) } });

  expect(answer.status, answer.text).toBe(400);
  expect(answer.text).toContain('into the network of the gateway');
  expect(files.requests.length).toBe(before);
});

it('fetches nothing for a request that brings its picture along', async () => {
  const before = files.requests.length;
  const answer = await ask(gateway, '/v1/chat/completions', { body: { model, messages: asking('data:image/png;base64,QUJD') } });

  expect(answer.status, answer.text).toBe(200);
  expect(files.requests.length).toBe(before);
});
