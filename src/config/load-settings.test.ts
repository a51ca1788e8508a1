import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { loadSettings } from './load-settings.ts';
import { ConfigError } from './problems.ts';

let cwd: string;
beforeEach(() => {
  cwd = tempDir('config');
});

type Env = Record<string, string>;
const load = (env: Env = {}, flags: Record<string, string> = {}) => loadSettings({ env, flags, cwd });
const write = (text: string, name = 'mpc.yaml') => writeFileSync(join(cwd, name), text);
const connection = (env: Env, id: string) => load(env).settings.connections.find((candidate) => candidate.id === id);

function problems(env: Env = {}, flags: Record<string, string> = {}): string[] {
  try {
    load(env, flags);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(({ at, path, message }) => `${at} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

describe('sources', () => {
  it('without any, are defaults, with the demo as the only connection', () => {
    const { settings, notices } = load();

    expect(settings).toMatchObject({
      server: { port: 3000, host: '127.0.0.1', auth: 'auto', drainSeconds: 600 },
      dataDir: join(cwd, 'data.local'),
      limits: { bodyBytes: 32 * 1024 * 1024, streamBufferBytes: 65_536 },
      timeouts: { connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000 },
      retry: { attempts: 2, baseDelayMs: 500, maxDelayMs: 8_000, maxRetryAfterMs: 60_000 },
      keepAliveMs: 15_000,
      routing: {
        strategy: 'quality-first',
        fallback: 'named',
        continueStreams: 'off',
        runawayRepeats: 5,
        circuitBreaker: true,
        hedge: { mode: 'on-request', maxExtraPercent: 5, bills: false },
      },
      cache: { mode: 'on-request', ttlMs: 3_600_000, memoryBytes: 32 * 1_024 * 1_024, diskBytes: 512 * 1_024 * 1_024 },
      ledger: { retentionDays: 90, flushMs: 50 },
    });
    expect(settings.connections.map(({ id }) => id)).toEqual(['demo']);
    expect(settings).not.toHaveProperty('adminKey');
    expect(notices).toEqual([]);
  });

  it('leave a whole answer the total time to begin, unless the first byte has a limit that somebody set', () => {
    const limitOf = (env: Env = {}) => load(env).settings.timeouts.wholeFirstByteMs;

    expect(limitOf()).toBe(600_000);
    expect(limitOf({ MPC_TIMEOUTS_TOTAL_MS: '900000' })).toBe(900_000);
    expect(limitOf({ MPC_TIMEOUTS_TOTAL_MS: '5000' })).toBe(60_000);
    expect(limitOf({ MPC_TIMEOUTS_FIRST_BYTE_MS: '80' })).toBe(80);
  });

  it('override each other: defaults, file, .env, environment, flags', () => {
    const portOf = (env: Env = {}, flags: Record<string, string> = {}) => {
      const { settings, origins } = load(env, flags);
      return [settings.server.port, origins.get('server.port')?.at];
    };

    expect(portOf()).toEqual([3000, 'default']);
    write('server:\n  port: 3001\n');
    expect(portOf()).toEqual([3001, 'mpc.yaml:2:3']);
    write('PORT=3002\n', '.env');
    expect(portOf()).toEqual([3002, '.env PORT']);
    expect(portOf({ PORT: '3003' })).toEqual([3003, 'PORT']);
    expect(portOf({ PORT: '3003' }, { port: '3004' })).toEqual([3004, '--port']);
  });

  it('take flags in camel case, as command line parsers hand them over', () => {
    expect(load({}, { dataDir: 'here' }).settings.dataDir).toBe(join(cwd, 'here'));
  });

  it('include a variable for every setting', () => {
    expect(load({ MPC_TIMEOUTS_IDLE_MS: '1234', MPC_ROUTING_REGIONS: 'eu, us' }).settings).toMatchObject({
      timeouts: { idleMs: 1234 },
      routing: { regions: ['eu', 'us'] },
    });
  });

  it('treat an empty variable as unset, and an empty real one hides the one in .env', () => {
    write('OPENAI_API_KEY=from-file\n', '.env');

    expect(load({ HOST: '' }).settings.server.host).toBe('127.0.0.1');
    expect(connection({ OPENAI_API_KEY: '' }, 'openai')).toBeUndefined();
    expect(connection({}, 'openai')?.apiKey).toBe('from-file');
  });

  it('read another file where MPC_CONFIG or --config says so, and insist on it', () => {
    write('log_level: debug\n', 'other.yaml');

    expect(load({ MPC_CONFIG: 'other.yaml' }).settings).toMatchObject({ logLevel: 'debug', file: join(cwd, 'other.yaml') });
    expect(problems({ MPC_CONFIG: 'missing.yaml' })).toEqual([`MPC_CONFIG : there is no file ${join(cwd, 'missing.yaml')}`]);
    expect(problems({}, { config: 'missing.yaml' })[0]).toContain('--config');
  });

  it('resolve paths against the file that names them', () => {
    expect(load({ MPC_DATA_DIR: '../data' }).settings.dataDir).toBe(join(cwd, '../data'));
    write('data_dir: ./d\ncatalog:\n  overlay: prices.yaml\n');
    expect(load().settings).toMatchObject({ dataDir: join(cwd, 'd'), catalog: { overlay: join(cwd, 'prices.yaml') } });
  });

  it('give a frozen object at every depth', () => {
    const { settings } = load({ OPENAI_API_KEY: 'k' });

    expect(Object.isFrozen(settings.server)).toBe(true);
    expect(Object.isFrozen(settings.connections[0]?.headers)).toBe(true);
  });
});

describe('mistakes', () => {
  it('are told all at once, with line, column and the nearest valid name', () => {
    write(
      [
        'server:',
        '  prot: 3',
        '  host: 7',
        'port: 1',
        'limits:',
        '  body_mb: lots',
        'routing:',
        '  strategy: quality',
        'providers:',
        '  opnai: {}',
        '  groq:',
        '    api_kye: x',
      ].join('\n'),
    );

    expect(problems({ MPC_LOG_LEVEL: 'loud' }, { port: '99999' })).toEqual([
      'mpc.yaml:2:3 server.prot: unknown setting; did you mean server.port?',
      'mpc.yaml:3:3 server.host: must be a text, not 7',
      'mpc.yaml:4:1 port: unknown setting; did you mean server.port?',
      'mpc.yaml:6:3 limits.body_mb: must be a number from 0.001 to 1024, not "lots"',
      'mpc.yaml:8:3 routing.strategy: must be one of quality-first, cost-optimized, speed-priority, balanced, round-robin, weighted, least-busy, latency-based, usage-based, cost-based, adaptive, capability-match, not "quality"',
      'MPC_LOG_LEVEL log_level: must be one of trace, debug, info, warn, error, silent, not "loud"',
      '--port server.port: must be a whole number from 0 to 65535, not 99999',
      'mpc.yaml:10:3 providers.opnai: unknown provider; did you mean openai?',
      'mpc.yaml:12:5 providers.groq.api_kye: unknown setting; did you mean providers.groq.api_key?',
    ]);
  });

  it('in the YAML itself have their place', () => {
    write('server:\n  port: [1\nlog_level: info\n');

    expect(problems()[0]).toMatch(/^mpc\.yaml:\d+:\d+ : not YAML: /);
  });

  it('include repeated keys and a file that is no map', () => {
    write('log_level: info\nlog_level: debug\n');
    expect(problems()[0]).toMatch(/^mpc\.yaml:2:1 : not YAML: /);
    write('- a\n');
    expect(problems()).toEqual(['mpc.yaml:1:1 : must be a map of settings']);
  });

  it('are none in an empty file or with empty sections', () => {
    write('');
    expect(problems()).toEqual([]);
    write('server:\nproviders:\nconnections:\naliases:\n');
    expect(problems()).toEqual([]);
  });

  it('never show a key', () => {
    const secret = 'sk-very secret value';
    write('providers:\n  groq:\n    api_key: "sk-in file"\n');

    expect(problems({ OPENAI_API_KEY: secret }).join()).not.toMatch(/very|in file/);
    expect(problems({ OPENAI_API_KEY: secret })).toHaveLength(2);
  });
});

describe('connections', () => {
  it('are enabled by a key in the environment, under the provider’s name or its SDK’s', () => {
    const env = { OPENAI_API_KEY: 'a', NVIDIA_API_KEY: 'b', HF_TOKEN: 'c', COMETAPI_KEY: 'd' };

    expect(load(env).settings.connections.map(({ id, apiKey }) => `${id} ${apiKey}`)).toEqual([
      'cometapi d',
      'demo undefined',
      'huggingface c',
      'nvidia-nim b',
      'openai a',
    ]);
    expect(connection({ NVIDIA_API_KEY: 'sdk', NVIDIA_NIM_API_KEY: 'own' }, 'nvidia-nim')?.apiKey).toBe('own');
  });

  it('take the base URL as given, without its last slash', () => {
    expect(connection({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9/x/y/' }, 'openai')?.baseUrl).toBe(
      'http://127.0.0.1:9/x/y',
    );
    expect(connection({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:9' }, 'openai')?.baseUrl).toBe('http://127.0.0.1:9');
  });

  it.each([
    ['ANTHROPIC', 'https://proxy.test', 'https://proxy.test/v1'],
    ['ANTHROPIC', 'https://proxy.test/v1', 'https://proxy.test/v1'],
    ['ANTHROPIC', 'https://proxy.test/anthropic/', 'https://proxy.test/anthropic/v1'],
    ['LITELLM', 'http://localhost:4000', 'http://localhost:4000/v1'],
    ['LITELLM', 'http://localhost:4000/v1', 'http://localhost:4000/v1'],
    ['VLLM', 'http://gpu:8000', 'http://gpu:8000/v1'],
  ])('%s at %s is called at %s', (stem, given, called) => {
    const id = stem.toLowerCase();
    expect(connection({ [`${stem}_API_KEY`]: 'k', [`${stem}_BASE_URL`]: given }, id)?.baseUrl).toBe(called);
  });

  it.each([
    ['0.0.0.0', 'http://127.0.0.1:11434/v1'],
    ['gpu.lan', 'http://gpu.lan:11434/v1'],
    ['gpu.lan:9000', 'http://gpu.lan:9000/v1'],
    ['http://gpu.lan', 'http://gpu.lan/v1'],
  ])('Ollama at OLLAMA_HOST=%s is called at %s', (given, called) => {
    expect(connection({ OLLAMA_HOST: given }, 'ollama')?.baseUrl).toBe(called);
  });

  it('to Ollama’s cloud need only the key', () => {
    expect(connection({ OLLAMA_API_KEY: 'k' }, 'ollama')?.baseUrl).toBe('https://ollama.com/v1');
  });

  it('to LiteLLM need only a key, its address has a default', () => {
    expect(connection({ LITELLM_API_KEY: 'sk-1' }, 'litellm')).toMatchObject({ baseUrl: 'http://localhost:4000/v1', apiKey: 'sk-1' });
  });

  it('with ANTHROPIC_AUTH_TOKEN send it as a bearer token, unless there is a key', () => {
    expect(connection({ ANTHROPIC_AUTH_TOKEN: 't' }, 'anthropic')).toMatchObject({ apiKey: 't', auth: { kind: 'bearer' } });
    expect(connection({ ANTHROPIC_AUTH_TOKEN: 't', ANTHROPIC_API_KEY: 'k' }, 'anthropic')).not.toHaveProperty('auth');
  });

  it('for further accounts come from NAME suffixes, without the first account’s headers', () => {
    const env = {
      OPENAI_API_KEY: 'a',
      OPENAI_ORG_ID: 'org',
      OPENAI_API_KEY_EU_WEST: 'b',
      OPENAI_BASE_URL_EU_WEST: 'https://eu.example.test/v1',
    };

    expect(connection(env, 'openai')).toMatchObject({ apiKey: 'a', headers: { 'openai-organization': 'org' } });
    expect(connection(env, 'openai-eu-west')).toMatchObject({
      provider: 'openai',
      apiKey: 'b',
      baseUrl: 'https://eu.example.test/v1',
      headers: {},
    });
  });

  it('to Portkey carry the virtual key as its header', () => {
    expect(connection({ PORTKEY_API_KEY: 'k', PORTKEY_VIRTUAL_KEY: 'vk' }, 'portkey')?.headers).toEqual({ 'x-portkey-virtual-key': 'vk' });
  });

  it('to other servers need an address, and a key only if the server does', () => {
    expect(connection({ CUSTOM_BASE_URL: 'http://10.0.0.5:8080/v1' }, 'custom')).toMatchObject({ baseUrl: 'http://10.0.0.5:8080/v1' });
    expect(load({ CUSTOM_API_KEY: 'k' }).notices).toEqual([
      'CUSTOM_API_KEY: custom has no address; set CUSTOM_BASE_URL or base_url. It is not used.',
    ]);
  });

  it('with an address but no key are not used, and a notice says so', () => {
    const { settings, notices } = load({ OPENAI_BASE_URL: 'https://proxy.test/v1' });

    expect(settings.connections.map(({ id }) => id)).toEqual(['demo']);
    expect(notices).toEqual(['OPENAI_BASE_URL: openai has no key; set OPENAI_API_KEY or api_key. It is not used.']);
  });

  it('in the file take keys from the environment, and the environment wins over both', () => {
    write(
      [
        'providers:',
        '  openai:',
        '    api_key: ${TEAM_KEY}',
        '    base_url: https://file.test/v1',
        '    timeouts: {idle_ms: 5}',
        '  demo: {enabled: false}',
        'connections:',
        '  - {id: groq-2, provider: groq, api_key: "${TEAM_KEY}", region: eu, models: [a, b], headers: {X-Team: blue}}',
      ].join('\n'),
    );
    const { settings, origins } = load({ TEAM_KEY: 'team', OPENAI_BASE_URL: 'https://env.test/v1' });

    expect(settings.connections).toMatchObject([
      { id: 'groq-2', provider: 'groq', apiKey: 'team', region: 'eu', models: ['a', 'b'], headers: { 'x-team': 'blue' } },
      { id: 'openai', apiKey: 'team', baseUrl: 'https://env.test/v1', timeouts: { idleMs: 5 } },
    ]);
    expect(origins.get('connections.openai.base_url')?.at).toBe('OPENAI_BASE_URL');
    expect(origins.get('connections.openai.api_key')?.at).toBe('mpc.yaml:3:5');
  });

  it('may have an own header for the key', () => {
    write(
      'connections:\n  - {id: inhouse, provider: custom, base_url: "http://llm.internal", api_key: "${K}", auth_header: X-Api-Token}\n',
    );

    expect(connection({ K: 'k' }, 'inhouse')).toMatchObject({ auth: { kind: 'header', name: 'x-api-token' } });
  });

  it('with a key in the file itself work, with a notice', () => {
    write('providers:\n  groq:\n    api_key: gsk_literal\n');
    const { settings, notices } = load();

    expect(settings.connections.find(({ id }) => id === 'groq')?.apiKey).toBe('gsk_literal');
    expect(notices[0]).toMatch(/^mpc\.yaml:3:5: the key itself stands in the file/);
    expect(notices.join()).not.toContain('gsk_literal');
  });

  it('name the variable that is missing, and refuse half a reference', () => {
    write('providers:\n  groq: {api_key: "${NOPE}"}\n  xai: {api_key: "sk-${NOPE}"}\n');

    expect(problems()).toEqual([
      'mpc.yaml:2:10 providers.groq.api_key: the variable NOPE is not set',
      'mpc.yaml:3:9 providers.xai.api_key: a ${NAME} must be the whole value',
    ]);
  });

  it('need an id, a provider and a key, once each', () => {
    write(
      'connections:\n  - {provider: groq}\n  - {id: b}\n  - {id: c, provider: groq}\n  - {id: c, provider: vllm}\n  - {id: "B C", provider: vllm}\n',
    );

    expect(problems().map((problem) => problem.replace(/: .*/, ''))).toEqual([
      'mpc.yaml:2:5 connections[0]',
      'mpc.yaml:3:5 connections[1]',
      'mpc.yaml:5:6 connections[3].id',
      'mpc.yaml:6:6 connections[4].id',
      'mpc.yaml:4:5 connections.c.api_key',
    ]);
  });

  it.each([
    ['http://localhost:3000/v1', {}],
    ['http://127.0.0.1:3000', {}],
    ['http://[::1]:3000/v1', {}],
    ['http://localhost:4444/v1', { PORT: '4444' }],
    ['http://gw.test:3000/v1', { HOST: 'gw.test' }],
  ])('to the gateway itself (%s) are refused: they would go round in circles', (url, env) => {
    expect(problems({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url, ...env })[0]).toContain("this gateway's own address");
  });

  it('to another port of this machine are fine', () => {
    expect(problems({ LITELLM_BASE_URL: 'http://localhost:4000' })).toEqual([]);
  });

  it.each(['ftp://x', 'https://', 'https://u:p@host/v1', 'https://host/v1?key=1'])('refuse %s as an address', (url) => {
    expect(problems({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url })).toHaveLength(1);
  });

  it('over plain HTTP to the outside have a notice', () => {
    expect(load({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://llm.example.com/v1' }).notices).toHaveLength(1);
    expect(load({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://10.1.2.3/v1' }).notices).toEqual([]);
  });
});

describe('aliases', () => {
  it('are one model, a list, or a map with a description', () => {
    write('aliases:\n  a: openai/gpt-4o\n  b: [x, y]\n  c: {models: [z], description: last}\n');

    expect(load().settings.aliases).toEqual({
      a: { models: ['openai/gpt-4o'] },
      b: { models: ['x', 'y'] },
      c: { models: ['z'], description: 'last' },
    });
  });

  it('say whether their streams are gone on with', () => {
    write('aliases:\n  a: {models: [m], continue_streams: on}\n  b: {models: [m], continue_streams: off}\n');

    expect(load().settings.aliases).toEqual({ a: { models: ['m'], continueStreams: true }, b: { models: ['m'], continueStreams: false } });
  });

  it('refuse a switch that is neither on nor off, or that could not work', () => {
    write('aliases:\n  a: {models: [m], continue_streams: maybe}\n');

    expect(problems()).toEqual(['mpc.yaml:2:20 aliases.a.continue_streams: must be on or off']);

    write('routing: {continue_streams: never}\naliases:\n  a: {models: [m], continue_streams: on}\n');

    expect(problems()).toEqual(['mpc.yaml:3:20 aliases.a.continue_streams: is on, but routing.continue_streams is never; say off there']);
  });

  it('need a model', () => {
    write('aliases:\n  a: []\n');

    expect(problems()).toEqual(['mpc.yaml:2:3 aliases.a: needs at least one model']);
  });
});

describe('proxies', () => {
  it('are read in both spellings', () => {
    expect(load({ https_proxy: 'proxy:3128', NO_PROXY: 'a,b' }).settings.proxy).toEqual({ https: 'http://proxy:3128/', noProxy: 'a,b' });
    expect(load({ ALL_PROXY: 'socks5://127.0.0.1:1080' }).settings.proxy).toBeUndefined();
    expect(problems({ HTTPS_PROXY: 'socks5://u:secret@127.0.0.1:1080' })[0]).not.toContain('secret');
  });
});

describe('variables that are nearly a setting', () => {
  it('are mentioned', () => {
    expect(load({ MPC_DATADIR: 'x', MPC_SOMETHING_ELSE_ENTIRELY: 'y' }).notices).toEqual([
      'MPC_DATADIR is no setting; did you mean MPC_DATA_DIR?',
    ]);
  });
});
