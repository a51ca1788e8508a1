// One built gateway between a client library and two scripted providers: it demands a key, and writes its ledger at once.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toEntryJson } from '../../../src/cli/entry-json.ts';
import { asObject, type JsonObject, parseJson } from '../../../src/core/json.ts';
import { openDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { type FakeUpstream, startUpstream } from '../../support/fake-upstream.ts';
import { type SpawnedGateway, type SpawnOptions, spawnGateway } from '../../support/spawn-gateway.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** What the scripted providers speak. */
export type BehindDialect = 'openai-chat' | 'anthropic-messages';

/** Models of the catalog that take images, tools, schemas and reasoning, one behind each scripted provider. */
export const modelBehind: Readonly<Record<BehindDialect, string>> = {
  'openai-chat': 'openai/gpt-5.4-mini',
  'anthropic-messages': 'anthropic/claude-sonnet-4-5',
};

export const upstreamKeys: Readonly<Record<BehindDialect, string>> = {
  'openai-chat': 'sk-upstream-openai',
  'anthropic-messages': 'sk-ant-upstream',
};

export interface Stage {
  readonly gateway: SpawnedGateway;
  readonly upstreams: Readonly<Record<BehindDialect, FakeUpstream>>;
  /** A virtual key of the gateway. */
  readonly key: string;
  /** The newest ledger entry in the same form, read without starting a process: the laws look at it hundreds of times. */
  lastEntry(): JsonObject | undefined;
  /** Ledger entries, oldest first, as `mpc logs --json` prints them. */
  entries(): Promise<readonly JsonObject[]>;
  close(): Promise<void>;
}

/** `MPC_CLIENTS_FROM=source` runs the sources instead of dist/, for work on the gateway. */
const from = process.env.MPC_CLIENTS_FROM === 'source' ? 'source' : 'built';
const cli = join(import.meta.dirname, '../../..', from === 'source' ? 'src/cli/main.ts' : 'dist/cli.js');

export interface StageOptions {
  /**
   * `off`, the default: the laws let one provider fail in every way there is, one after the other, and a failure of one law must
   * not make the gateway spare the provider in the next.
   */
  readonly breaker?: 'on' | 'off';
}

export async function setStage({ breaker = 'off' }: StageOptions = {}): Promise<Stage> {
  const upstreams = { 'openai-chat': await startUpstream(), 'anthropic-messages': await startUpstream() };
  const dataDir = join(tempDir('clients'), 'data');
  const key = await createKey(dataDir);
  const gateway = await startBuilt({
    dataDir,
    env: {
      MPC_SERVER_AUTH: 'required',
      MPC_ROUTING_CIRCUIT_BREAKER: breaker,
      OPENAI_BASE_URL: upstreams['openai-chat'].baseUrl,
      OPENAI_API_KEY: upstreamKeys['openai-chat'],
      ANTHROPIC_BASE_URL: upstreams['anthropic-messages'].url,
      ANTHROPIC_API_KEY: upstreamKeys['anthropic-messages'],
    },
  });
  const ledger = await openDatabase(dataDir);
  return {
    gateway,
    upstreams,
    key,
    lastEntry() {
      const last = [...ledger.reader.readEntries({})].at(-1);
      return last && (toEntryJson(last) as JsonObject);
    },
    entries: () => readEntries(dataDir),
    async close() {
      ledger.close();
      await gateway.stop();
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
    },
  };
}

/** The built gateway with retries that do not wait and every call sent, however the ones before it ended. */
export function startBuilt(options: SpawnOptions): Promise<SpawnedGateway> {
  return spawnGateway({
    ...options,
    ...(from === 'built' && { bundle: join(import.meta.dirname, '../../../dist') }),
    env: {
      MPC_LOG_LEVEL: 'warn',
      MPC_RETRY_BASE_DELAY_MS: '1',
      MPC_LEDGER_FLUSH_MS: '1',
      MPC_ROUTING_CIRCUIT_BREAKER: 'off',
      ...options.env,
    },
  });
}

async function createKey(dataDir: string): Promise<string> {
  const [created] = await runCli(dataDir, ['keys', 'create', '--name', 'clients', '--json']);
  const key = created?.key;
  if (typeof key !== 'string') throw new Error('mpc keys create printed no key');
  return key;
}

export function readEntries(dataDir: string): Promise<readonly JsonObject[]> {
  return runCli(dataDir, ['logs', '--json']);
}

async function runCli(dataDir: string, args: readonly string[]): Promise<readonly JsonObject[]> {
  const env = { PATH: process.env.PATH, MPC_DATA_DIR: dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { env, cwd: tempDir('cwd') });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => asObject(parseJson(line)) ?? {});
}
