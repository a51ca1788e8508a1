// The gateway as its users run it: a process of its own, started through the command line.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { freePort } from './free-port.ts';
import { tempDir } from './temp-dir.ts';

export interface SpawnOptions {
  /** Variables besides PATH, HOME and the port; the machine's own provider keys never reach the child. */
  readonly env?: Readonly<Record<string, string>>;
  /** After `start`. */
  readonly args?: readonly string[];
  /** Text of mpc.yaml. */
  readonly yaml?: string;
  /** A folder to start in again; default: an empty one. */
  readonly dataDir?: string;
  /** The bundle in this folder (`buildBundle`), which starts in a third of the time; default: the sources. */
  readonly bundle?: string;
}

export interface SpawnedGateway {
  readonly url: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** Standard output and error so far. */
  output(): string;
  /** Sends the signal (default SIGTERM) and resolves with the exit code, null after a killing signal. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const root = resolve(import.meta.dirname, '../..');
const startLimitMs = 15_000;
const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts it on a free port and resolves when `/health` answers; rejects with its output when it ends before. */
export async function spawnGateway(options: SpawnOptions = {}): Promise<SpawnedGateway> {
  const cwd = tempDir('gateway');
  const dataDir = options.dataDir ?? join(cwd, 'data');
  if (options.yaml !== undefined) writeFileSync(join(cwd, 'mpc.yaml'), options.yaml);
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: cwd, PORT: String(port), MPC_DATA_DIR: dataDir, ...options.env };
  const child = spawn(
    process.execPath,
    [join(options.bundle ?? join(root, 'src/cli'), options.bundle === undefined ? 'main.ts' : 'cli.js'), 'start', ...(options.args ?? [])],
    {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  running.add(child);

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((done) => {
    child.once('close', (code) => {
      running.delete(child);
      done(code);
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const start = await Promise.race([ended.then(() => 'ended' as const), healthy(url, child)]);
  if (start !== 'healthy') {
    child.kill('SIGKILL');
    throw new Error(`the gateway ${start === 'ended' ? 'ended' : `did not answer within ${startLimitMs} ms`}:\n${output}`);
  }
  return {
    url,
    dataDir,
    process: child,
    output: () => output,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Bundles the sources as they are now into a folder of the test's own: `dist` may be older, and other tests use it. */
export function buildBundle(): string {
  const folder = tempDir('bundle');
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', folder], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the bundle could not be made:\n${built.stdout}${built.stderr}`);
  return folder;
}

async function healthy(url: string, child: ChildProcess): Promise<'healthy' | 'silent'> {
  for (const deadlineMs = performance.now() + startLimitMs; performance.now() < deadlineMs; await delay(20)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return 'healthy';
  }
  return 'silent';
}
