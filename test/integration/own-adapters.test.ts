import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openaiAnswer, openaiError } from '../support/canned-replies.ts';
import { openaiText, collectStream } from '../support/collect.ts';
import { runMpc } from '../support/run-mpc.ts';
import { spawnGateway } from '../support/spawn-gateway.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ask, chat, chatBody, lineOf, messages, open, start, startProvider } from './client.ts';

const echo = resolve(import.meta.dirname, '../../examples/echo-adapter.mjs');
const echoYaml = `providers:\n  echo:\n    adapter: ${echo}\n    models: [plain]\n`;

describe('an adapter object of the operator', () => {
  it('serves callers of every grammar, with what it says a call costs', async () => {
    const gateway = await start({ yaml: echoYaml });

    const answer = await chat(gateway, { model: 'echo/plain' });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.json()).toMatchObject({ choices: [{ message: { content: 'You said: Say hello' }, finish_reason: 'stop' }] });
    expect(await lineOf(gateway, answer)).toMatchObject({
      provider: 'echo',
      connection: 'echo',
      usage: { input: 4, output: 5 },
      cost_nano_usd: 9_000,
    });
    const other = await messages(gateway, { model: 'echo/plain' });
    expect(other.json()).toMatchObject({ content: [{ type: 'text', text: 'You said: Say hello' }], stop_reason: 'end_turn' });
  });

  it('streams as it speaks', async () => {
    const gateway = await start({ yaml: echoYaml });

    const stream = await collectStream(
      await open(gateway, '/v1/chat/completions', { body: chatBody({ model: 'echo/plain', stream: true }) }),
    );

    expect(openaiText(stream)).toBe('You said: Say hello');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
  });

  it('is listed, and can be the fallback of another provider', async () => {
    const openai = await startProvider(openaiError(503));
    const gateway = await start({ yaml: echoYaml, env: { OPENAI_API_KEY: 'sk-0123456789', OPENAI_BASE_URL: openai.baseUrl } });

    const answer = await chat(gateway, { fallbacks: ['echo/plain'] });

    expect(answer.text).toContain('You said');
    expect(answer.headers.get('x-mpc-provider')).toBe('echo');
    expect((await ask(gateway, '/v1/models')).text).toContain('"echo/plain"');
  });

  it('fails like a provider, so that its own fallbacks serve', async () => {
    const folder = tempDir('adapter');
    writeFileSync(
      join(folder, 'busy.mjs'),
      `const fail = () => { throw Object.assign(new Error('too busy'), { status: 503 }); };
       const none = () => undefined;
       export default { id: 'busy', load: none, complete: fail, stream: fail, getHeaders: () => ({}), parseResponse: fail, calculateCost: none, listModels: async () => [] };`,
    );
    const yaml = `providers:\n  busy: { adapter: ${join(folder, 'busy.mjs')}, models: [m] }\n  echo: { adapter: ${echo}, models: [plain] }\n`;
    const gateway = await start({ yaml });

    const alone = await chat(gateway, { model: 'busy/m' });
    const helped = await chat(gateway, { model: 'busy/m', fallbacks: ['echo/plain'] });

    expect([alone.status, alone.json<{ error: { code: string } }>().error.code]).toEqual([503, 'upstream_overloaded']);
    expect(helped.status, helped.text).toBe(200);
    expect((await lineOf(gateway, helped)).attempts[0]).toMatchObject({ provider: 'busy', error_code: 'upstream_overloaded' });
  });
});

it('a declared provider of the operator is called over HTTP, signed its way and priced by the overlay', async () => {
  const server = await startProvider(openaiAnswer({ text: 'from acme' }));
  const folder = tempDir('adapter');
  writeFileSync(
    join(folder, 'acme.mjs'),
    `export const acme = { id: 'acme', name: 'Acme', docs: 'https://x.example', auth: { kind: 'header', name: 'x-acme-key' }, openEnded: true,
       baseUrl: 'https://api.acme.example/v1', chat: [{ dialect: 'openai-chat', path: '/chat', rules: { rename: { max_completion_tokens: 'max_tokens' } } }] };`,
  );
  writeFileSync(
    join(folder, 'prices.yaml'),
    'models:\n  rocket-1: { quality: strong }\noffers:\n  - { provider: acme, id: rocket-1, price: { input: 1, output: 2 } }\n',
  );
  const gateway = await start({
    yaml: `catalog: { overlay: ${join(folder, 'prices.yaml')} }\nproviders:\n  acme: { adapter: ${join(folder, 'acme.mjs')}, base_url: ${server.baseUrl} }\n`,
    env: { ACME_API_KEY: 'acme-secret' },
  });

  const answer = await chat(gateway, { model: 'acme/rocket-1', max_completion_tokens: 9 });

  expect(answer.text).toContain('from acme');
  const [request] = server.requests;
  expect(request?.path).toBe('/v1/chat');
  expect(request?.headers['x-acme-key']).toBe('acme-secret');
  expect(request?.json()).toMatchObject({ model: 'rocket-1', max_tokens: 9 });
  expect((await lineOf(gateway, answer)).cost_nano_usd).toBeGreaterThan(0);
});

describe('in a process of its own', { timeout: 30_000 }, () => {
  it('an adapter that is changed takes over while the gateway runs, and a broken one does not', async () => {
    const file = join(tempDir('adapter'), 'echo.mjs');
    const writeAdapter = (word: string): void =>
      writeFileSync(
        file,
        `const said = { text: '${word}', finishReason: 'stop' };
         const none = () => undefined;
         export default { id: 'echo', load: none, complete: async () => said, stream: none, getHeaders: () => ({}), parseResponse: () => said,
           calculateCost: none, listModels: async () => ['plain'] };`,
      );
    writeAdapter('first');
    const gateway = await spawnGateway({ yaml: `providers:\n  echo: { adapter: ${file}, models: [plain] }\n` });
    const answered = async (): Promise<string> => (await chat(gateway, { model: 'echo/plain' })).text;
    expect(await answered()).toContain('first');

    writeFileSync(file, 'export default {');
    await expect.poll(() => gateway.output(), { timeout: 8_000 }).toContain('could not be loaded');
    expect(await answered()).toContain('first');

    writeAdapter('second');
    await expect.poll(answered, { timeout: 8_000 }).toContain('second');
    expect(await gateway.stop()).toBe(0);
  });

  it('mpc doctor asks the adapter itself, and tells what is wrong with one', async () => {
    const folder = tempDir('doctor');
    writeFileSync(join(folder, 'good.yaml'), `${echoYaml}data_dir: ${folder}/data\n`);
    writeFileSync(join(folder, 'bad.yaml'), 'providers:\n  echo:\n    adapter: ./none.mjs\n');

    const [good, bad] = await Promise.all(
      ['good.yaml', 'bad.yaml'].map((name) => runMpc(['doctor', '--json', '--config', join(folder, name)], { variables: { PORT: '0' } })),
    );

    const checks =
      good?.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { name: string; ok: boolean }) ?? [];
    expect(checks.find(({ name }) => name === 'connection echo')).toMatchObject({ ok: true });
    expect(bad?.out).toContain('bad.yaml:3:5');
    expect(bad?.exitCode).toBe(1);
  });
});
