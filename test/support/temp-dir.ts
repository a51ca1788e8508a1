// A folder that is gone after the test file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Creates an empty folder and removes it, with all in it, after the test file. Call it at top level or inside a test. */
export function tempDir(name = 'test'): string {
  const folder = mkdtempSync(join(tmpdir(), `mpc-${name}-`));
  made.push(folder);
  return folder;
}

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});
