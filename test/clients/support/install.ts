// Puts the real clients and the real LiteLLM proxy on this machine, outside the checkout, once for each lockfile.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

const home = join(import.meta.dirname, '..');
const cache = process.env.MPC_CLIENTS_CACHE ?? join(homedir(), '.cache', 'mpc-api');
/** Written last: a folder without it is one whose installation was interrupted. */
const doneMark = '.complete';

/** Installs the client packages and links them into this folder; throws when that fails. */
export function installClients(): void {
  const folder = join(cache, `clients-${hashOf('package-lock.json', 'package.json')}`);
  if (!existsSync(join(folder, doneMark))) {
    say(`installing the client libraries into ${folder} (once, about a minute, 650 MB) …`);
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(home, file), join(folder, file));
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    placeOpencode(folder);
    writeFileSync(join(folder, doneMark), '');
  }
  const link = join(home, 'node_modules');
  rmSync(link, { force: true, recursive: false });
  symlinkSync(join(folder, 'node_modules'), link, 'junction');
}

/** Scripts are off while installing; this one only puts the binary of the right platform package in the place of a stub. */
function placeOpencode(folder: string): void {
  const { status } = spawnSync(process.execPath, ['postinstall.mjs'], {
    cwd: join(folder, 'node_modules', 'opencode-ai'),
    stdio: 'inherit',
  });
  if (status !== 0) say('opencode-ai has no binary for this machine; its suite will be skipped');
}

export type Environment = { readonly folder: string } | { readonly missing: string };

/** The command-line agents. Their scripts stay off: the binaries come as packages of their own. Says why when this machine cannot. */
export function installAgents(): Environment {
  const folder = join(cache, `agents-${hashOf('agents/package-lock.json', 'agents/package.json')}`);
  if (existsSync(join(folder, doneMark))) return { folder };
  say(`installing the command-line agents into ${folder} (once, about 40 s, 1 GB) …`);
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(home, 'agents', file), join(folder, file));
  copyFileSync(join(home, '.npmrc'), join(folder, '.npmrc'));
  try {
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  } catch (thrown) {
    return { missing: `it could not be installed: ${thrown instanceof Error ? thrown.message : 'unknown failure'}` };
  }
  writeFileSync(join(folder, doneMark), '');
  return { folder };
}

/** The LiteLLM proxy in a virtual environment. */
export function installLitellm(): Environment {
  return installPython({ name: 'litellm-1.106.2', requirements: 'litellm/requirements.txt', what: 'the LiteLLM proxy' });
}

/** The client libraries for Python in a virtual environment. */
export function installPythonClients(): Environment {
  return installPython({ name: 'python', requirements: 'python/requirements.txt', what: 'the Python client libraries' });
}

interface PythonPackages {
  readonly name: string;
  readonly requirements: string;
  readonly what: string;
}

/** Says why when this machine cannot. */
function installPython({ name, requirements, what }: PythonPackages): Environment {
  const folder = join(cache, `${name}-${hashOf(requirements)}`);
  if (existsSync(join(folder, doneMark))) return { folder };
  const python = ['python3', 'python'].find(isNewPython);
  if (python === undefined) return { missing: 'no Python 3.10 or newer was found' };
  say(`installing ${what} into ${folder} (once, a minute or two) …`);
  mkdirSync(cache, { recursive: true });
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  try {
    run(python, ['-m', 'venv', '--clear', folder], cache);
    run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(home, requirements)], cache);
  } catch (thrown) {
    return { missing: `it could not be installed: ${thrown instanceof Error ? thrown.message : 'unknown failure'}` };
  }
  writeFileSync(join(folder, doneMark), '');
  return { folder };
}

function isNewPython(name: string): boolean {
  return spawnSync(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' }).status === 0;
}

function hashOf(...files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(home, file)));
  return hash.digest('hex').slice(0, 12);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status === 0) return;
  const last = (stderr ?? '')
    .split('\n')
    .filter((line) => /error/i.test(line))
    .at(-1);
  throw new Error(`"${command} ${args[0]}" failed: ${error?.message ?? last ?? `exit code ${status}`}`);
}

export function say(text: string): void {
  process.stderr.write(`clients: ${text}\n`);
}
