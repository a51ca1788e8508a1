// Starts processes, pinned to a core where the machine can do that, and ends exactly those.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { connect, createServer } from 'node:net';

export interface Cores {
  readonly candidate: number;
  readonly load: number;
}

/** Undefined when `taskset` is missing or there is only one core: then nothing is pinned. */
export function chooseCores(): Cores | undefined {
  if (availableParallelism() < 2 || spawnSync('taskset', ['-c', '0', 'true']).status !== 0) return undefined;
  return { load: 0, candidate: availableParallelism() - 1 };
}

export function pinSelf(core: number): void {
  spawnSync('taskset', ['-a', '-p', '-c', String(core), String(process.pid)]);
}

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly core: number | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Everything it prints goes here: a benchmark shows its own lines only. */
  readonly logFile: string;
  /** Opens Node's message channel to it. */
  readonly channel?: true;
}

const started = new Set<ChildProcess>();
const logFiles = new WeakMap<ChildProcess, string>();

/** For an interrupted run: nothing that was started here may outlive it. */
export function killStarted(): void {
  for (const child of started) child.kill('SIGTERM');
}

/** `taskset` replaces itself by the command, so the pid is the command's own. */
export function startProcess(options: StartOptions): ChildProcess {
  const { command, args, core, channel, logFile } = options;
  const log = openSync(logFile, 'a');
  const pinned = core === undefined ? [command, ...args] : ['taskset', '-c', String(core), command, ...args];
  const child = spawn(pinned[0] ?? command, pinned.slice(1), {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', log, log, ...(channel ? (['ipc'] as const) : [])],
  });
  closeSync(log);
  logFiles.set(child, logFile);
  started.add(child);
  child.once('exit', () => started.delete(child));
  // Without a listener a command that is not installed would end the benchmark itself.
  child.on('error', () => undefined);
  return child;
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(patience);
}

/** The variables every candidate gets: nothing of ours may configure it, least of all somebody's real keys. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), ...extra };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Waits until something accepts connections; fails when the process ends first or the time is up. */
export async function untilListening(options: {
  readonly child: ChildProcess;
  readonly port: number;
  readonly timeoutMs: number;
}): Promise<void> {
  const { child, port, timeoutMs } = options;
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    if (await accepts(port)) return;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`it ended (${child.exitCode ?? child.signalCode ?? 'not started'}) before it listened: ${lastWords(child)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it did not listen on port ${port} within ${timeoutMs / 1000} s: ${lastWords(child)}`);
}

/** The end of what it printed: where programs say why they did not start. */
function lastWords(child: ChildProcess): string {
  const file = logFiles.get(child);
  return file === undefined ? '' : readFileSync(file, 'utf8').trim().replaceAll(/\s+/g, ' ').slice(-300);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
