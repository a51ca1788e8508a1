// `npm run check`: every gate except the tests, in seconds and without network; `--with-tests` adds them.
// One line a gate; what a failing gate said follows. `--json FILE` writes the results for whoever adds them up.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Gate {
  readonly name: string;
  /** Arguments for Node. */
  readonly command: readonly string[];
  /** How to mend it, if one command does. */
  readonly remedy?: string;
}

interface GateResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
}

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined;

const gates: readonly Gate[] = [
  { name: 'format', command: [bin('@biomejs/biome'), 'format', '--reporter=summary', '.'], remedy: 'npx biome format --write .' },
  { name: 'lint', command: [bin('oxlint'), '--deny-warnings'] },
  { name: 'types', command: [bin('typescript7', 'tsc'), '-p', 'tsconfig.json'] },
  { name: 'dead code', command: [bin('knip')] },
  { name: 'catalog', command: ['scripts/check-catalog.ts'] },
  { name: 'docs in step', command: ['scripts/generate-docs.ts', '--check'], remedy: 'node scripts/generate-docs.ts' },
  { name: 'architecture and documents', command: [bin('vitest'), 'run', 'test/architecture.test.ts', 'test/documents.test.ts'] },
  ...(args.includes('--with-tests') ? [{ name: 'tests', command: [bin('vitest'), 'run'] }] : []),
];

/** The script behind a command of an installed package: spawned by path, because `npx` would cost half a second a gate. */
function bin(packageName: string, command?: string): string {
  const folder = join(root, 'node_modules', packageName);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const target =
    typeof manifest.bin === 'string' ? manifest.bin : command === undefined ? Object.values(manifest.bin)[0] : manifest.bin[command];
  if (target === undefined) throw new Error(`${packageName} has no command ${command ?? ''}`);
  return join(folder, target);
}

function runGate({ name, command, remedy }: Gate): GateResult {
  const startMs = performance.now();
  // Closed input and no colours: the output is the same here and on a build machine.
  const result = spawnSync(process.execPath, [...command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const passed = result.status === 0;
  process.stdout.write(`${passed ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)\n`);
  if (!passed) {
    const said = [result.stdout, result.stderr, result.error?.message ?? ''].join('').trim();
    process.stdout.write(`${said.replaceAll(/^/gm, '     ')}\n${remedy === undefined ? '' : `     → ${remedy}\n`}`);
  }
  return { name, passed, seconds };
}

const results = gates.map(runGate);
const failed = results.filter((result) => !result.passed);
if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(results, undefined, 2)}\n`);
process.stdout.write(
  failed.length === 0
    ? 'every gate passed\n'
    : `${failed.length} of ${results.length} gates failed: ${failed.map(({ name }) => name).join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
