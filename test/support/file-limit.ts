// A disk that is full, for one process: the kernel refuses to let any of its files grow past a size.
import { spawnSync } from 'node:child_process';

/** Only Linux can change the limit of a process that runs. */
export const canLimitFiles = spawnSync('prlimit', ['--version']).status === 0;

/** Writes past this size fail with EFBIG from now on, in part or whole. `unlimited`: there is room again. */
export function limitFiles(processId: number, bytes: number | 'unlimited'): void {
  const done = spawnSync('prlimit', ['--pid', String(processId), `--fsize=${bytes}:`], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the limit could not be set: ${done.stderr}`);
}
