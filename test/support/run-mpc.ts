// The command line as its users meet it: a process with arguments, an exit code and two streams.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseJson, type JsonObject } from '../../src/core/json.ts';
import { tempDir } from './temp-dir.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Outcome {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts `mpc` from the sources, in an empty folder and with no variables but PATH and these. */
export function startMpc(args: readonly string[], variables: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
  const { PATH } = process.env;
  return spawn(process.execPath, [main, ...args], { cwd: tempDir('cwd'), env: { PATH, ...variables } });
}

export interface MpcRun {
  readonly variables?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function runMpc(args: readonly string[], { variables, input = '' }: MpcRun = {}): Promise<Outcome> {
  const child = startMpc(args, variables);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // A command that does not read its input may be gone before this is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, out, err }));
  });
}

/** One object per line, as every `--json` prints. */
export function jsonLines(out: string): readonly JsonObject[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseJson(line) as JsonObject);
}
