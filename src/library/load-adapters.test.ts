import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { describeSettings } from '../config/describe-settings.ts';
import { runDoctor } from '../config/doctor.ts';
import { loadSettings } from '../config/load-settings.ts';
import { loadSettingsWithAdapters } from './load-adapters.ts';

const methods = 'load() {}, complete() {}, stream() {}, getHeaders() {}, parseResponse() {}, calculateCost() {}, listModels() {}';
const declared = (id: string, more = ''): string =>
  `{ id: '${id}', name: 'X', docs: 'https://x.example', auth: { kind: 'bearer' }, baseUrl: 'https://x.example/v1', openEnded: true,
     chat: [{ dialect: 'openai-chat', path: '/chat/completions' }], ${more} }`;

let cwd: string;
beforeEach(() => {
  cwd = tempDir('adapters');
});

const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);

function load(module: string, { yaml = 'providers:\n  acme:\n    adapter: ./acme.mjs\n', env = {} } = {}) {
  write('mpc.yaml', yaml);
  write('acme.mjs', module);
  return loadSettingsWithAdapters({ env, cwd });
}

describe('an adapter of mpc.yaml', () => {
  it('may be an object with methods, exported as default', async () => {
    const { settings, own } = await load(`export default { id: 'acme', ${methods} };`);

    expect(settings.connections.find(({ id }) => id === 'acme')).toMatchObject({ provider: 'acme', models: [] });
    expect(own.get('acme')?.adapter).toBeDefined();
  });

  it('may be a definition, exported by any name, with a key and an address of its own variables', async () => {
    const { settings } = await load(`export const other = 1; export const acme = ${declared('acme')};`, {
      env: { ACME_API_KEY: 'key-1', ACME_BASE_URL: 'https://eu.x.example/v1', ACME_API_KEY_TWO: 'key-2' },
    });

    const [one, two] = settings.connections.filter(({ provider }) => provider === 'acme');
    expect(one).toMatchObject({ id: 'acme', apiKey: 'key-1', baseUrl: 'https://eu.x.example/v1' });
    expect(two).toMatchObject({ id: 'acme-two', apiKey: 'key-2', baseUrl: 'https://x.example/v1' });
  });

  it('can be the provider of further connections', async () => {
    const yaml = 'providers:\n  acme: { adapter: ./acme.mjs }\nconnections:\n  - { id: acme-eu, provider: acme, api_key: "key-3" }\n';

    const { settings, notices } = await load(`export default ${declared('acme')};`, { yaml });

    expect(settings.connections.filter(({ provider }) => provider === 'acme').map(({ id }) => id)).toEqual(['acme-eu']);
    expect(notices.join()).toContain('ACME_API_KEY');
  });

  it('keeps the secret fields of its account secret', async () => {
    const yaml = 'providers:\n  acme: { adapter: ./acme.mjs, api_key: "key-123456789", account: { token: "tok-12345678" } }\n';

    const loaded = await load(`export default ${declared('acme', "account: { token: { about: 'A token.', secret: true } }")};`, { yaml });

    expect(JSON.stringify(describeSettings(loaded))).not.toContain('tok-1234');
  });

  it('is not loaded for commands that have no use for it, and what it serves is left out', () => {
    write('mpc.yaml', 'providers:\n  acme: { adapter: ./none.mjs }\nconnections:\n  - { id: a-2, provider: acme }\n');

    expect(loadSettings({ env: {}, cwd }).settings.connections.map(({ id }) => id)).toEqual(['demo']);
  });

  it('is loaded anew when its text has changed', async () => {
    await load(`export default ${declared('acme', "region: 'one'")};`);

    const { own } = await load(`export default { ...${declared('acme')}, name: 'Second' };`);

    expect(own.get('acme')?.definition.name).toBe('Second');
  });
});

describe('a wrong adapter stops the start with file, line and reason', () => {
  it.each([
    ['an adapter without all methods', "export default { id: 'acme', complete() {} };", 'has no load, stream'],
    ['no id', 'export default { complete() {} };', 'needs an id'],
    ['another id', `export default ${declared('acme-two')};`, 'call the section providers.acme-two'],
    ['no export that fits', 'export const other = 1;', 'exports no definition or adapter with the id acme'],
    ['no way to sign', "export default { id: 'acme', chat: [] };", 'needs auth'],
    ['an address that is none', `export default { ...${declared('acme')}, baseUrl: 'x' };`, 'baseUrl'],
    ['an endpoint without a path', `export default { ...${declared('acme')}, chat: [{ dialect: 'openai-chat' }] };`, 'chat[0]'],
    ['a dialect that nobody speaks', `export default { ...${declared('acme')}, chat: [{ dialect: 'latin', path: '/x' }] };`, 'latin'],
    ['a task that is no list', `export default ${declared('acme', 'tasks: { embed: 1 }')};`, 'tasks.embed'],
    ['an error at load', "\nthrow new Error('no licence');", 'acme.mjs:2 could not be loaded: no licence'],
    ['a package that is missing', "import 'not-there-at-all';", 'not-there-at-all'],
    ['text that is no JavaScript', 'export default {', 'could not be loaded'],
  ])('%s', async (_what, module, message) => {
    const failed = load(module);

    await expect(failed).rejects.toThrow('mpc.yaml:3:5');
    await expect(failed).rejects.toThrow(message);
  });

  it('a file that is not there, and a name that is taken, together with the other mistakes', async () => {
    const yaml = 'providers:\n  acme:\n    adapter: ./none.mjs\n  openai:\n    adapter: ./acme.mjs\nretry: { attemps: 1 }\n';

    const failed = load(`export default ${declared('openai')};`, { yaml });

    for (const part of [
      'mpc.yaml:3:5',
      `there is no file ${join(cwd, 'none.mjs')}`,
      'mpc.yaml:5:5',
      'name of a provider already',
      'attempts',
    ]) {
      await expect(failed).rejects.toThrow(part);
    }
  });

  it('a value that is no text, and the member where it means nothing', async () => {
    const yaml = 'providers:\n  acme: { adapter: [x] }\nconnections:\n  - { id: b, provider: openai, adapter: ./acme.mjs, api_key: key }\n';

    const failed = load('export default 1;', { yaml });

    await expect(failed).rejects.toThrow('must be a text');
    await expect(failed).rejects.toThrow('unknown setting');
  });
});

it('the doctor names the variables of an adapter that cannot be reached', async () => {
  const loaded = await load(`export default ${declared('acme')};`, { env: { ACME_API_KEY: 'key-1' } });

  const checks = await runDoctor(loaded, {
    nodeVersion: process.versions.node,
    portState: async () => 'free',
    dataDirState: () => ({ exists: false, writable: true }),
    credentials: async () => undefined,
    reach: async ({ id }) => (id === 'acme' ? { kind: 'answered', status: 401, elapsedMs: 1 } : undefined),
  });

  expect(checks.find(({ name }) => name === 'connection acme')?.fix).toContain('ACME_API_KEY');
});
