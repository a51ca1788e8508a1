// The generated parts of the docs are what the code says now, and every reshape is explained.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { providers } from '../../src/providers/index.ts';

const root = join(import.meta.dirname, '../..');

it('docs/errors.md, docs/configuration.md and docs/providers.md are in step with the code', () => {
  expect(execFileSync(process.execPath, [join(root, 'scripts/generate-docs.ts'), '--check'], { encoding: 'utf8' })).toBe('');
});

it('docs/providers.md explains every reshape of a chat endpoint', () => {
  const page = readFileSync(join(root, 'docs/providers.md'), 'utf8');
  const explained = [...page.matchAll(/^\| ([a-z, -]+) \| /gm)].flatMap((row) => (row[1] ?? '').split(', '));
  const used = providers.flatMap(({ chat }) => chat.flatMap(({ rules }) => (rules?.reshapes ?? []).map(({ name }) => name)));

  expect(explained).toEqual(expect.arrayContaining([...new Set(used)]));
});
