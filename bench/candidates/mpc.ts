// The gateway as users run it: the built CLI, a virtual key, ledger, metrics and decisions on by default.
import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, plainEnvironment, startProcess, stopProcess, untilListening } from '../measure/child-process.ts';
import type { Lab } from '../measure/lab.ts';
import { credentialLine, models, providersOf } from '../wire/wire-dialect.ts';
import { type Candidate, clientHeaders, type Route } from './candidate.ts';
import { createKeys } from './mpc-keys.ts';

const root = join(import.meta.dirname, '..', '..');
// The process is started as `npm start` starts it.
const launcher = createRequire(import.meta.url)('../../scripts/node24.cjs') as {
  readonly serverFlags: readonly string[];
  readonly serverEnv: Readonly<Record<string, string>>;
};
const mpcCli = join(root, 'dist', 'cli.js');

// The provider prefix is what a client of several providers writes, and it makes the gateway change the body.
// OpenAI serves callers of Responses in their own grammar; a provider that has only the older one makes it a translation.
const modelOf = ({ client, upstream }: Route): string =>
  client === 'responses' && upstream === 'openai' ? 'cerebras/gpt-oss-120b' : `${providersOf[upstream]}/${models[upstream]}`;

export const mpc: Candidate = {
  id: 'mpc',
  describe: () => `MPC-API on Node ${process.versions.node}: key check, ledger row, metrics and decision for every request`,
  prepare: async () => (existsSync(mpcCli) ? undefined : 'dist/cli.js is missing: run npm run build first'),
  takes: (route) => route,
  async start({ lab, keys, config }) {
    const installation = newInstallation(lab);
    if (config !== undefined) writeFileSync(join(installation.folder, 'mpc.yaml'), config);
    const { dataDir } = installation;
    const secrets = await createKeys({ command: (args) => runCli(installation, args), dataDir, count: keys });
    const { child, port } = await startGateway(lab, installation);
    await untilListening({ child, port, timeoutMs: 20_000 });
    return {
      id: 'mpc',
      port,
      pid: child.pid,
      credentials: (dialect) => secrets.map((secret) => credentialLine(dialect, secret)),
      headers: ({ client }) => clientHeaders(client),
      model: modelOf,
      command: (args) => runCli(installation, args),
      stop: () => stopProcess(child),
    };
  },
};

export interface Installation {
  /** Working directory: empty, so that no configuration file of the checkout is read. */
  readonly folder: string;
  readonly dataDir: string;
  readonly env: Record<string, string>;
}

const execute = promisify(execFile);

async function runCli({ folder, env }: Installation, args: readonly string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [mpcCli, ...args], { cwd: folder, env, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

let installations = 0;

/** A fresh data directory and an environment with nothing in it but the mock upstream. */
export function newInstallation(lab: Lab): Installation {
  installations += 1;
  const folder = join(lab.folder, `mpc-${installations}`);
  mkdirSync(folder, { recursive: true });
  const dataDir = join(folder, 'data');
  const upstream = `http://127.0.0.1:${lab.upstreamPort}`;
  const base = `${upstream}/v1`;
  const env = plainEnvironment({
    MPC_DATA_DIR: dataDir,
    OPENAI_BASE_URL: base,
    OPENAI_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: base,
    ANTHROPIC_API_KEY: 'bench',
    GOOGLE_BASE_URL: `${upstream}/v1beta`,
    GOOGLE_API_KEY: 'bench',
    BEDROCK_BASE_URL: upstream,
    BEDROCK_API_KEY: 'bench',
    BEDROCK_REGION: 'eu-west-1',
    COHERE_BASE_URL: upstream,
    COHERE_API_KEY: 'bench',
    CEREBRAS_BASE_URL: base,
    CEREBRAS_API_KEY: 'bench',
  });
  return { folder, dataDir, env };
}

export interface StartedGateway {
  readonly child: ChildProcess;
  readonly port: number;
  readonly startedAt: number;
}

/** Does not wait for it to listen. */
export async function startGateway(lab: Lab, { folder, env }: Installation): Promise<StartedGateway> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = startProcess({
    command: process.execPath,
    args: [...launcher.serverFlags, mpcCli, 'start'],
    core: lab.cores?.candidate,
    cwd: folder,
    env: { ...env, ...launcher.serverEnv, PORT: String(port) },
    logFile: join(folder, 'gateway.log'),
  });
  return { child, port, startedAt };
}
