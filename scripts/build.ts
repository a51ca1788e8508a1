// Builds dist/: the bundled CLI and server, the compiled catalog, the assets of the API page. Seconds, no network.
// `--package` adds what only the published package needs: the library and its types. `--out DIR` builds elsewhere.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { compileCatalog } from '../src/catalog/compile-catalog.ts';
import { leanText } from './lean-text.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outAt = process.argv.indexOf('--out');
const dist = resolve(root, (outAt === -1 ? undefined : process.argv[outAt + 1]) ?? 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'api-page'), { recursive: true });

writeFileSync(join(dist, 'catalog.json'), JSON.stringify(compileCatalog(join(root, 'data'))));

for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
  cpSync(join(root, 'node_modules', 'swagger-ui-dist', asset), join(dist, 'api-page', asset));
}

const bundle = await rolldown({
  input: { cli: join(root, 'src/cli/main.ts'), server: join(root, 'src/serve.ts') },
  cwd: root,
  platform: 'node',
  transform: { define: { MPC_VERSION: JSON.stringify(version) } },
  onLog(level, log, report) {
    // Libraries that test for `eval` or re-export themselves are no news here; anything else is.
    if (level === 'warn' && (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY')) return;
    report(level, log);
  },
});
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  ...leanText,
});
await bundle.close();

if (process.argv.includes('--package')) {
  const { buildPackage } = await import('./build-package.ts');
  await buildPackage({ root, dist, version });
}
