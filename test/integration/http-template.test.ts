// An API that speaks no known grammar, reached through a mapping in mpc.yaml.
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';
import { tempDir } from '../support/temp-dir.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, hello, lineOf, start, startProvider } from './client.ts';
import { writeFileSync } from 'node:fs';

const template = `
    template:
      chat:
        path: /generate/{model}?v=2
        body:
          text: "{{prompt}}"
          instructions: "You are {{model}}. {{system}}"
          limits: { tokens: "{{max_tokens}}", temperature: "{{temperature}}" }
          history: "{{messages}}"
        response: { text: "$.result[*].say", input_tokens: /meta/in, output_tokens: "$.meta.out", finish: $.why, error: $.problem }
      embed:
        path: /vectors
        body: { texts: "{{inputs}}" }
        response: { vectors: "$.rows[*].v" }
      image:
        path: /draw
        body: { what: "{{prompt}}", w: "{{width}}", h: "{{height}}" }
        response: { images: $.pictures }
`;
const yamlFor = (url: string, more = template): string =>
  `connections:\n  - id: acme\n    provider: http\n    base_url: ${url}/api\n    api_key: k-0123456789\n    models: [acme-1]\n${more}`;

let upstream: FakeUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startProvider();
  gateway = await start({ yaml: yamlFor(upstream.url) });
});
const answer = (body: unknown): void => upstream.respond({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const said = { result: [{ say: 'Hello ' }, { say: 'world' }], meta: { in: 7, out: 3 }, why: 'max_tokens' };
const body = { model: 'acme/acme-1', messages: [{ role: 'system', content: 'Be brief' }, ...hello], max_tokens: 50 };

it('sends what the template says and finds the answer where it says', async () => {
  answer(said);

  const got = await ask(gateway, '/v1/chat/completions', { body });

  expect(got.status, got.text).toBe(200);
  expect(got.json()).toMatchObject({
    choices: [{ message: { content: 'Hello world' }, finish_reason: 'length' }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  });
  const seen = upstream.requests.at(-1);
  expect(seen?.path).toBe('/api/generate/acme-1?v=2');
  expect(seen?.headers.authorization).toBe('Bearer k-0123456789');
  expect(seen?.json()).toEqual({
    text: 'Say hello',
    instructions: 'You are acme-1. Be brief',
    limits: { tokens: 50 },
    history: [
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Say hello' },
    ],
  });
  expect((await lineOf(gateway, got)).usage).toMatchObject({ input: 7, output: 3, source: 'upstream' });
});

it('replays the whole answer to a caller who wants a stream, in every grammar', async () => {
  answer(said);
  const [chat, messages] = [
    await ask(gateway, '/v1/chat/completions', { body: { ...body, stream: true } }),
    await ask(gateway, '/v1/messages', { body: { model: 'acme/acme-1', max_tokens: 50, messages: hello, stream: true } }),
  ];

  expect(chat.text).toContain('Hello world');
  expect(chat.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect(messages.text).toContain('message_stop');
});

it('warns of what the template has no place for, and refuses what would change the meaning', async () => {
  answer(said);
  const warned = await ask(gateway, '/v1/chat/completions', { body: { ...body, top_p: 0.5, stop: ['x'] } });
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const refused = await ask(gateway, '/v1/chat/completions', { body: { ...body, messages: [{ role: 'user', content: [image] }] } });

  expect(warned.headers.get('x-mpc-warnings')).toMatch(/top_p.*stop/);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('text only');
});

it.each([
  ['an error inside a 200', { problem: 'out of paper' }, 502, 'out of paper'],
  ['another form of answer', { results: [] }, 502, 'where the template says'],
  ['a member that everything has', { result: 'x' }, 502, 'where the template says'],
])('takes %s for a failure', async (_what, reply, status, reason) => {
  answer(reply);
  const got = await ask(gateway, '/v1/chat/completions', { body });

  expect(got.status, got.text).toBe(status);
  expect(got.text).toContain(reason);
});

it('embeds and draws', async () => {
  answer({ rows: [{ v: [1, 2] }, { v: [3, 4] }] });
  const vectors = await ask(gateway, '/v1/embeddings', { body: { model: 'acme/acme-1', input: ['a', 'b'] } });
  expect(vectors.json<{ data: { embedding: number[] }[] }>().data.map(({ embedding }) => embedding)).toEqual([
    [1, 2],
    [3, 4],
  ]);

  answer({ pictures: ['https://cdn.example/1.png', 'QUJD'] });
  const pictures = await ask(gateway, '/v1/images/generations', { body: { model: 'acme/acme-1', prompt: 'a cat', size: '64x32', n: 2 } });
  expect(pictures.json<{ data: unknown }>().data).toEqual([{ url: 'https://cdn.example/1.png' }, { b64_json: 'QUJD' }]);
  expect(upstream.requests.at(-1)?.json()).toEqual({ what: 'a cat', w: 64, h: 32 });
  expect(pictures.headers.get('x-mpc-warnings')).toContain('n:');
});

describe('a wrong template is told at load with its line', () => {
  const load = (more: string): string => {
    const cwd = tempDir('template');
    writeFileSync(`${cwd}/mpc.yaml`, yamlFor('https://acme.example', more));
    try {
      loadSettings({ env: {}, cwd });
      return 'no problem';
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };

  it.each([
    ['    template: { talk: {} }', /mpc\.yaml:7.*unknown kind of work/],
    ['    template:\n      chat:\n        path: generate', /mpc\.yaml:9.*begins with \//],
    [
      '    template:\n      chat:\n        path: /x\n        body: { a: "{{promt}}" }\n        response: { text: $.a }',
      /mpc\.yaml:10.*promt.*no placeholder/,
    ],
    [
      '    template:\n      chat:\n        path: /x\n        body: {}\n        response: { text: "$.a[?(@.b)]" }',
      /mpc\.yaml:11.*must be a path/,
    ],
    ['    template:\n      embed:\n        path: /x\n        body: {}\n        response: { error: $.a }', /mpc\.yaml:11.*vectors/],
    [
      '    template:\n      chat:\n        method: GET\n        path: /x\n        body: {}\n        response: { text: $.a }',
      /mpc\.yaml:9.*only POST/,
    ],
    ['', /has no template/],
  ])('%j', (more, problem) => {
    expect(load(more).replaceAll('\n', ' ')).toMatch(problem);
  });
});
