// The packed tarball before the two judges that package authors ask: publint, and "are the types wrong".
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { packPackage } from '../../package/pack.ts';
import { tempDir } from '../../support/temp-dir.ts';

let tarball = '';

beforeAll(() => {
  tarball = packPackage(join(tempDir('package'), 'copy'));
}, 120_000);

function runBin(packageName: string, bin: string, args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const manifest = join(import.meta.dirname, '..', 'node_modules', packageName, 'package.json');
  const { bin: bins } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly bin: string | Readonly<Record<string, string>> };
  const target = typeof bins === 'string' ? bins : bins[bin];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dirname(manifest), target ?? ''), ...args], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

it('publint finds nothing', () => {
  const { status, said } = runBin('publint', 'publint', [tarball, '--strict']);

  expect(said).toContain('All good!');
  expect(status).toBe(0);
});

it('the types are right from ESM, from CommonJS and for bundlers', () => {
  // Below Node 16 there are no subpath exports; this package needs Node 24.
  const { status, said } = runBin('@arethetypeswrong/cli', 'attw', [tarball, '--profile', 'node16']);

  // It tells problems by its exit code; a run that looked at nothing would name no entry.
  for (const entry of ['mpc-api', 'mpc-api/providers', 'mpc-api/server', 'mpc-api/conformance']) expect(said).toContain(`"${entry}"`);
  expect(status, said).toBe(0);
});
