// Another process for tests that need one: a few lines of TypeScript-importing JavaScript, run by the same Node.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildScript {
  readonly process: ChildProcess;
  /** Standard output so far, whole lines only. */
  lines(): readonly string[];
  /** Resolves when at least this many lines have come; rejects when the process ends before. */
  waitForLines(count: number): Promise<void>;
  /** Resolves when the process has ended, with its exit code (null after a signal). */
  readonly ended: Promise<number | null>;
}

/** `code` is an ES module; `import … from 'src/…'` finds the repository's sources. */
export function startChildScript(code: string): ChildScript {
  const root = new URL('../../', import.meta.url);
  const module = code.replaceAll(/from 'src\//g, `from '${root.href}src/`);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', module], {
    cwd: fileURLToPath(root),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let wake = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let isEnded = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      isEnded = true;
      wake();
      resolve(exitCode);
    });
  });
  const lines = (): readonly string[] => output.split('\n').slice(0, -1);
  return {
    process: child,
    lines,
    async waitForLines(count) {
      while (lines().length < count) {
        if (isEnded) throw new Error(`the child ended after ${lines().length} of ${count} lines: ${errors}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    ended,
  };
}
