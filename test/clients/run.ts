// `npm run clients [FILTER…]`: real client libraries, a real command-line agent and a real LiteLLM proxy against the built
// gateway, over real sockets on loopback. The last line is the total; the exit code is 0 only when nothing failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asNumber, asObject, tryParseJson } from '../../src/core/json.ts';
import { installAgents, installClients, installLitellm, installPythonClients, say } from './support/install.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const filters = process.argv.slice(2);
const isAbout = (suite: string): boolean =>
  filters.length === 0 || filters.some((filter) => suite.includes(filter) || filter.includes(suite));

const env: NodeJS.ProcessEnv = { ...process.env };
try {
  installClients();
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown));
  finish({ passed: 0, failed: 1, skipped: 0 });
}
if (isAbout('litellm')) {
  const litellm = installLitellm();
  if ('folder' in litellm) env.MPC_LITELLM = litellm.folder;
  else env.MPC_LITELLM_MISSING = litellm.missing;
}
const { MPC_CLIENTS: wanted = '' } = env;
const isWanted = (name: string): boolean => wanted === 'all' || wanted.split(',').includes(name);
if (isAbout('python')) {
  const python = isWanted('python')
    ? installPythonClients()
    : { missing: 'MPC_CLIENTS=all or MPC_CLIENTS=python installs and runs it (600 MB, about three minutes)' };
  if ('folder' in python) env.MPC_PYTHON = python.folder;
  else env.MPC_PYTHON_MISSING = python.missing;
}
if (isAbout('agents')) {
  const agents = isWanted('agents')
    ? installAgents()
    : { missing: 'MPC_CLIENTS=all or MPC_CLIENTS=agents installs and runs it (1 GB, about five minutes)' };
  if ('folder' in agents) env.MPC_AGENTS = agents.folder;
  else env.MPC_AGENTS_MISSING = agents.missing;
}

const types = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', here], { stdio: 'inherit', shell: process.platform === 'win32' });
const report = runSuites();
if (env.MPC_LITELLM_MISSING !== undefined) say(`the LiteLLM suite was skipped: ${env.MPC_LITELLM_MISSING}`);
if (env.MPC_PYTHON_MISSING !== undefined) say(`the suite of the Python libraries was skipped: ${env.MPC_PYTHON_MISSING}`);
if (env.MPC_AGENTS_MISSING !== undefined) say(`the suite of the command-line agents was skipped: ${env.MPC_AGENTS_MISSING}`);
if (types.status !== 0) say('the suites do not fit the types of the client libraries; see above');
finish({ ...report, failed: report.failed + (types.status === 0 ? 0 : 1) });

interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

function runSuites(): Total {
  const folder = mkdtempSync(join(tmpdir(), 'mpc-clients-'));
  const file = join(folder, 'report.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    '--config',
    join(here, 'vitest.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync(process.execPath, [...args, ...filters], { cwd: here, env, stdio: 'inherit' });
  const written = asObject(tryParseJson(readIfThere(file)));
  rmSync(folder, { recursive: true, force: true });
  const count = (name: string): number => asNumber(written?.[name]) ?? 0;
  const failed = count('numFailedTests');
  // A file that cannot be loaded has no tests that could fail.
  return {
    passed: count('numPassedTests'),
    failed: status === 0 ? failed : Math.max(1, failed),
    skipped: count('numPendingTests') + count('numTodoTests'),
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function finish({ passed, failed, skipped }: Total): never {
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exit(failed === 0 ? 0 : 1);
}
