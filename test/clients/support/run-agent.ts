// A command-line agent in a folder and a home of its own, cut off from everything but loopback.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';

export interface AgentCommand {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Nothing else of this machine's environment reaches it, but a PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text of files by their path below the home. */
  readonly homeFiles?: Readonly<Record<string, string>>;
  /** Text of files by their path below the folder it works in. */
  readonly workFiles?: Readonly<Record<string, string>>;
  /** Default 60 s. */
  readonly limitMs?: number;
  /** Stops it as the key combination at its terminal does. */
  readonly signal?: AbortSignal;
}

export interface Session {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  /** Where the agent's tools ran. */
  readonly folder: string;
}

/** Rejects when it does not end within its time. */
export async function runAgent({ name, command, env, homeFiles, workFiles, limitMs = 60_000, signal }: AgentCommand): Promise<Session> {
  const folder = tempDir('agent');
  const home = join(folder, 'home');
  const work = join(folder, 'work');
  for (const made of [home, work]) mkdirSync(made);
  write(home, homeFiles);
  write(work, workFiles);

  const nobody = `http://127.0.0.1:${await freePort()}`;
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: work,
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: home,
      TERM: 'dumb',
      NO_COLOR: '1',
      HTTP_PROXY: nobody,
      HTTPS_PROXY: nobody,
      NO_PROXY: '127.0.0.1,localhost',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what it started in the background ends with it.
    detached: true,
  });
  const streams = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    streams.out += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    streams.err += piece;
  });
  const endGroup = (how: NodeJS.Signals = 'SIGKILL'): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    } catch {
      // Nothing of it is left.
    }
  };
  const timer = setTimeout(endGroup, limitMs);
  signal?.addEventListener('abort', () => endGroup('SIGINT'));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL') throw new Error(`${name} did not end within ${limitMs} ms:\n${streams.out}\n${streams.err}`);
  endGroup();
  return { exitCode, ...streams, folder: work };
}

function write(folder: string, files: Readonly<Record<string, string>> = {}): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
