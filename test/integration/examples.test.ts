// The examples that need no key and no network, run as a reader runs them. The others are type-checked with the rest.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Example → something it prints. */
const offline: Readonly<Record<string, string>> = {
  budgets: 'budget_exceeded',
  conformance: 'fail 0',
  'custom-adapter': 'Hello there. Squawk!',
  demo: 'demo/demo-fast-main',
  fallbacks: 'mistral/mistral-small-latest: upstream_unreachable',
  server: '200',
  strategies: 'demo-strong-main',
  streaming: 'stop,',
  'structured-output': 'inhabitants',
  tools: 'weather: rain, 9 degrees in',
};
const needsAKey: readonly string[] = ['anthropic', 'azure', 'bedrock', 'declared-provider', 'google', 'mistral', 'ollama', 'openai'];

/** Imported by others. */
const parts: readonly string[] = ['parrot'];

it('every example is in one of the lists', () => {
  const files = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'));

  expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual([...Object.keys(offline), ...needsAKey, ...parts].sort());
});

it.each(Object.entries(offline))('%s runs and prints what it promises', async (name, printed) => {
  const args = ['--import', join(root, 'test/support/map-package.ts'), join(root, 'examples', `${name}.ts`)];

  const { stdout, stderr } = await run(process.execPath, args, {
    cwd: tempDir('example'),
    env: { PATH: process.env['PATH'], MPC_DATA_DIR: tempDir('example-data') },
    timeout: 15_000,
  });

  expect(stdout).toContain(printed);
  expect(stderr).toBe('');
});

it.each(needsAKey)('%s uses no key of its own', (name) => {
  expect(readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')).not.toMatch(/sk-[A-Za-z0-9]/);
});
