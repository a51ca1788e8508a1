// `mpc doctor`: what stands between this installation and a working answer, and how to mend it.
// Pure assembly: whatever touches the machine or the network is a probe handed in.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ProviderSettings, providerSettings } from '../providers/config.ts';
import { accountFields } from './account-fields.ts';
import { isLoopback } from './base-url.ts';
import { providerVariables } from './env-connections.ts';
import { ConfigError } from './problems.ts';
import type { ConnectionSetting, LoadedSettings } from './settings.ts';

export interface Check {
  /** `node`, `config`, `port`, `data_dir`, `keys`, `connection openai`. */
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do: always there when not ok, and as advice where something could be better. */
  readonly fix?: string;
}

/** How a connection answered a cheap authenticated call (its model list). */
export type Reach =
  | { readonly kind: 'answered'; readonly status: number; readonly elapsedMs: number }
  /** No answer: refused, DNS, TLS, timeout. The message is safe to show. */
  | { readonly kind: 'failed'; readonly message: string };

export interface DoctorProbes {
  /** `process.versions.node`. */
  readonly nodeVersion: string;
  portState(host: string, port: number): Promise<'free' | 'taken' | 'gateway' | 'forbidden'>;
  dataDirState(path: string): DataDirState;
  /** Looks for credentials that are no plain key; undefined where a key suffices. Rejects with what is missing. */
  credentials(connection: ConnectionSetting): Promise<string | undefined>;
  /** Undefined when there is nothing to call (the built-in simulator). */
  reach(connection: ConnectionSetting): Promise<Reach | undefined>;
}

export interface DataDirState {
  readonly exists: boolean;
  readonly writable: boolean;
  /** Permission bits; undefined where the system has none. */
  readonly mode?: number;
}

const oldestNode = [24, 15] as const;

/** `loaded` is the configuration, or the error of loading it: then only what does not need it is checked. */
export async function runDoctor(loaded: LoadedSettings | ConfigError, probes: DoctorProbes): Promise<Check[]> {
  const checks = [checkNode(probes.nodeVersion)];
  if (loaded instanceof ConfigError) {
    return [
      ...checks,
      { name: 'config', ok: false, detail: loaded.message, fix: 'mend the lines above; `mpc config` shows what is in force' },
    ];
  }
  const { settings, notices, own } = loaded;
  const source = settings.file ?? 'no file, environment and defaults';
  checks.push({ name: 'config', ok: true, detail: [source, ...notices].join('; ') });
  checks.push(await checkPort(settings.server, probes));
  checks.push(checkDataDir(settings.dataDir, probes.dataDirState(settings.dataDir)));
  checks.push(checkKeys(settings.connections), checkExposure(settings.server, settings.adminKey));
  const connections = await Promise.all(settings.connections.map((connection) => checkConnection(connection, probes, own)));
  return [...checks, ...connections.flat()];
}

/** The state of the data directory as it is, or of the nearest directory above it that exists. */
export function probeDataDir(path: string): DataDirState {
  const exists = existsSync(path);
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return { exists, writable: isWritable(at), ...(exists && process.platform !== 'win32' && { mode: statSync(path).mode & 0o777 }) };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const detail = `Node ${version}`;
  if (ok) return { name: 'node', ok, detail };
  return { name: 'node', ok, detail, fix: `Node ${oldestNode.join('.')} or later is needed; \`npm start\` brings its own` };
}

async function checkPort(server: { readonly host: string; readonly port: number }, probes: DoctorProbes): Promise<Check> {
  const name = 'port';
  const at = `${server.host}:${server.port}`;
  switch (await probes.portState(server.host, server.port)) {
    case 'free':
      return { name, ok: true, detail: `${at} is free` };
    case 'gateway':
      return { name, ok: true, detail: `a gateway answers on ${at}` };
    case 'taken':
      return {
        name,
        ok: false,
        detail: `${at} is taken by another program`,
        fix: 'stop it, or choose another port: PORT=3001 or --port 3001',
      };
    case 'forbidden':
      return {
        name,
        ok: false,
        detail: `${at} may not be used`,
        fix: 'choose a port above 1023 and an address of this machine (PORT, HOST)',
      };
  }
}

function checkDataDir(path: string, state: DataDirState): Check {
  const name = 'data_dir';
  if (!state.writable) {
    return { name, ok: false, detail: `${path} cannot be written`, fix: 'give this user the right to write there, or set MPC_DATA_DIR' };
  }
  if (!state.exists) return { name, ok: true, detail: `${path} will be created` };
  if (state.mode !== undefined && (state.mode & 0o077) !== 0) {
    const bits = state.mode.toString(8);
    return { name, ok: false, detail: `${path} is open to other users (mode ${bits})`, fix: `chmod 700 ${path}` };
  }
  return { name, ok: true, detail: `${path} is writable` };
}

function checkKeys(connections: readonly ConnectionSetting[]): Check {
  const name = 'keys';
  const builtIn = new Set(providerSettings.filter((provider) => provider.builtIn === true).map((provider) => provider.id));
  const real = connections.filter((connection) => !builtIn.has(connection.provider));
  if (real.length > 0) return { name, ok: true, detail: `configured: ${real.map((connection) => connection.id).join(', ')}` };
  return {
    name,
    ok: true,
    detail: 'no provider is configured; only the demo simulator answers',
    fix: 'set a key such as OPENAI_API_KEY or ANTHROPIC_API_KEY (docs/providers.md has all names), or an address such as OLLAMA_BASE_URL',
  };
}

function checkExposure(server: { readonly host: string; readonly auth: string }, adminKey: string | undefined): Check {
  const name = 'access';
  if (isLoopback(server.host) && server.host !== '0.0.0.0' && server.host !== '::') {
    return { name, ok: true, detail: server.auth === 'required' ? 'keys are required' : 'this machine only; open until a key exists' };
  }
  if (adminKey === undefined)
    return { name, ok: true, detail: 'open to the network: keys are required, an admin key is printed at the first start' };
  if (adminKey.length >= 16) return { name, ok: true, detail: 'open to the network: keys are required' };
  return {
    name,
    ok: false,
    detail: 'the admin key is short enough to be guessed',
    fix: 'set MPC_ADMIN_KEY to 16 random characters or more',
  };
}

async function checkConnection(connection: ConnectionSetting, probes: DoctorProbes, own: LoadedSettings['own']): Promise<Check[]> {
  const provider = own.get(connection.provider)?.definition ?? providerSettings.find(({ id }) => id === connection.provider);
  const credentials = await checkCredentials(connection, probes, provider);
  // Without credentials the call could only fail, for the reason already told.
  const reached = credentials?.ok === false ? undefined : await checkReach(connection, probes, provider);
  return [credentials, reached].filter((check) => check !== undefined);
}

async function checkCredentials(
  connection: ConnectionSetting,
  probes: DoctorProbes,
  provider: ProviderSettings | undefined,
): Promise<Check | undefined> {
  const name = `credentials ${connection.id}`;
  try {
    const detail = await probes.credentials(connection);
    return detail === undefined ? undefined : { name, ok: true, detail };
  } catch (thrown) {
    const fields = provider === undefined ? [] : accountFields(provider).filter(([, field]) => field.secret === true);
    const places = fields.map(([field]) => `account.${field}`).join(', ');
    return {
      name,
      ok: false,
      detail: thrown instanceof Error ? thrown.message : 'no credentials were found',
      fix: `set a key${places === '' ? '' : ` or ${places}`}, or give this machine credentials of its own (docs/providers.md)`,
    };
  }
}

async function checkReach(
  connection: ConnectionSetting,
  probes: DoctorProbes,
  provider: ProviderSettings | undefined,
): Promise<Check | undefined> {
  const reach = await probes.reach(connection);
  if (reach === undefined) return undefined;
  const name = `connection ${connection.id}`;
  const variables = provider === undefined ? undefined : providerVariables(provider);
  if (reach.kind === 'failed') {
    return {
      name,
      ok: false,
      detail: `${connection.baseUrl}: ${reach.message}`,
      fix: `check ${variables?.baseUrl[0] ?? 'base_url'}, the network and HTTPS_PROXY`,
    };
  }
  const detail = `${connection.baseUrl} answered ${reach.status} in ${Math.round(reach.elapsedMs)} ms`;
  if (reach.status === 401 || reach.status === 403) {
    return { name, ok: false, detail, fix: `the provider refuses the key; check ${variables?.apiKey[0] ?? 'api_key'}` };
  }
  if (reach.status >= 500) return { name, ok: false, detail, fix: 'the provider has trouble; try again later or name a fallback' };
  // 404 and 405 come from providers without a model list: the address is alive and the key was not refused.
  return { name, ok: true, detail };
}
