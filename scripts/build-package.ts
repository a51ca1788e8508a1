// The parts of dist/ that only the published package needs: the library as ESM and CommonJS, and types for both. Apart from
// build.ts, because a server's first start must not wait for them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, normalize, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { leanText } from './lean-text.ts';

/** Entry of the package → source. `server` is bundled with the command line tool, which it shares all but a few lines with. */
const entries: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  providers: 'src/providers/index.ts',
  conformance: 'src/library/conformance.ts',
};
const typedEntries: Readonly<Record<string, string>> = { ...entries, server: 'src/serve.ts' };

export interface PackageOptions {
  readonly root: string;
  readonly dist: string;
  readonly version: string;
}

export async function buildPackage(options: PackageOptions): Promise<void> {
  const { root, dist, version } = options;
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
    cwd: root,
    platform: 'node',
    transform: { define: { MPC_VERSION: JSON.stringify(version) } },
    onLog(level, log, report) {
      if (level === 'warn' && (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY')) return;
      report(level, log);
    },
  });
  for (const [format, extension] of [
    ['esm', 'js'],
    ['cjs', 'cjs'],
  ] as const) {
    await bundle.write({
      dir: join(dist, 'lib'),
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `chunks/[name]-[hash].${extension}`,
      ...leanText,
    });
  }
  await bundle.close();
  // The server starts threads and reads files beside it: CommonJS programs get the one ESM build, by a function that is asynchronous anyway.
  writeFileSync(join(dist, 'server.cjs'), "exports.serve = (options) => import('./server.js').then((server) => server.serve(options));\n");
  writeTypes(options);
}

/** Declarations of everything the entries reach, once as .d.ts and once as .d.cts. */
function writeTypes({ root, dist }: PackageOptions): void {
  const out = join(dist, 'types');
  const emitted = join(dist, 'types.tmp');
  const config = join(dist, 'tsconfig.types.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: relative(dist, join(root, 'tsconfig.json')),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        // Whether the types hold is the check's business; here they are only written down.
        noCheck: true,
        rewriteRelativeImportExtensions: true,
        outDir: emitted,
        rootDir: join(root, 'src'),
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [],
      files: Object.values(typedEntries).map((file) => join(root, file)),
    }),
  );
  const tsc = join(root, 'node_modules/typescript7/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' });
  rmSync(config);
  if (result.status !== 0) throw new Error(`the declarations could not be made:\n${result.stdout}${result.stderr}`);

  const files = new Map<string, string>();
  const waiting = Object.values(typedEntries).map((file) => join(emitted, relative('src', file)).replace(/\.ts$/, '.d.ts'));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    // Every Buffer is a Uint8Array: programs without Node's own types compile, too.
    const text = readFileSync(file, 'utf8')
      .replaceAll(specifier, '$1$2.js$3')
      .replaceAll(/\bBuffer\b(?:<\w+>)?/g, 'Uint8Array');
    files.set(file, text);
    for (const [, , path = ''] of text.matchAll(/(from |import\()["'](\.[^"']+)\.js["']/g)) {
      waiting.push(`${normalize(join(dirname(file), path))}.d.ts`);
    }
  }
  for (const [file, text] of files) {
    const target = join(out, relative(emitted, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    writeFileSync(target.replace(/\.d\.ts$/, '.d.cts'), text.replaceAll(/((?:from |import\()["']\.[^"']+)\.js(["'])/g, '$1.cjs$2'));
  }
  rmSync(emitted, { recursive: true, force: true });
}

/** A relative import of a source or of its output, in a declaration. */
const specifier = /((?:from |import\()["'])(\.[^"']+?)\.(?:ts|js)(["'])/g;
