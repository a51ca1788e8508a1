// scripts/mpc.cjs as an installed package has it: beside it only dist/ and scripts/node24.cjs.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';

const scripts = fileURLToPath(new URL('../../scripts/', import.meta.url));

function installPackage(cli: string): string {
  const root = join(tempDir('package'), 'node_modules', 'mpc-api');
  mkdirSync(join(root, 'dist'), { recursive: true });
  mkdirSync(join(root, 'scripts'));
  for (const name of ['mpc.cjs', 'node24.cjs']) copyFileSync(join(scripts, name), join(root, 'scripts', name));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'dist', 'cli.js'), cli);
  return join(root, 'scripts', 'mpc.cjs');
}

function launch(script: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { PATH } = process.env;
  return spawn(process.execPath, [script, ...args], { env: { PATH, ...variables }, stdio: ['ignore', 'pipe', 'inherit'] });
}

const ended = (child: ReturnType<typeof launch>): Promise<readonly [number | null, string | null]> =>
  new Promise((resolve) => child.once('close', (exitCode, signal) => resolve([exitCode, signal])));

async function outputOf(child: ReturnType<typeof launch>): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  return text;
}

describe('scripts/mpc.cjs', () => {
  const echo = 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7;';

  it('runs the bundle in its own process on a new enough Node, arguments and exit code untouched', async () => {
    const child = launch(installPackage(`${echo} console.log(process.pid);`), ['logs', '--json', 'a b', '*']);

    const [output, [exitCode]] = await Promise.all([outputOf(child), ended(child)]);

    expect(output).toBe(`["logs","--json","a b","*"]\n${child.pid}\n`);
    expect(exitCode).toBe(7);
  });

  it('runs it on the Node that MPC_NODE names', async () => {
    const child = launch(installPackage(`${echo} console.log(process.ppid);`), ['x'], { MPC_NODE: process.execPath });

    const [output, [exitCode]] = await Promise.all([outputOf(child), ended(child)]);

    expect(output).toBe(`["x"]\n${child.pid}\n`);
    expect(exitCode).toBe(7);
  });

  it.runIf(process.platform === 'linux')(
    'gives the server one thread of the engine and one arena, and other commands what Node has',
    async () => {
      const cli = `
      import { readdirSync, readFileSync } from 'node:fs';
      const threads = readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim());
      const arenas = process.env.MALLOC_ARENA_MAX ?? 'as many as threads';
      console.log(threads.filter((name) => name === 'V8Worker').length, arenas);`;
      const mpc = installPackage(cli);

      const [server, command] = await Promise.all([outputOf(launch(mpc, ['start'])), outputOf(launch(mpc, ['doctor']))]);

      expect(server).toBe('1 1\n');
      // Four is Node's own number; should its threads be named anew, this fails before the line above proves nothing.
      expect(command).toBe('4 as many as threads\n');
    },
  );

  it('passes SIGTERM on and leaves with the exit code of the other process', async () => {
    const cli = `process.on('SIGTERM', () => process.exit(5)); setInterval(() => undefined, 1_000); console.log('up');`;
    const child = launch(installPackage(cli), [], { MPC_NODE: process.execPath });
    await new Promise((resolve) => child.stdout.once('data', resolve));

    child.kill('SIGTERM');

    expect(await ended(child)).toEqual([5, null]);
  });
});
