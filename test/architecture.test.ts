// ARCHITECTURE.md, executed: which way imports go, where each library lives, and what the parts that know no provider must not name.
// What a linter can see in one file (sockets, clock, environment, cycles, `any` …) is law in .oxlintrc.json instead.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providers } from '../src/providers/index.ts';

const root = join(import.meta.dirname, '..');

/** A folder imports only what its row lists, types included. A widened row needs a page in docs/decisions/. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  canonical: ['core'],
  framing: ['core'],
  catalog: ['canonical', 'core'],
  dialects: ['canonical', 'framing', 'core'],
  transport: ['framing', 'core'],
  providers: ['dialects', 'transport', 'canonical', 'core'],
  brain: ['catalog', 'canonical', 'core'],
  ledger: ['catalog', 'canonical', 'core'],
  cache: ['canonical', 'core'],
  guardrails: ['canonical', 'core'],
  routing: ['brain', 'providers', 'dialects', 'transport', 'framing', 'catalog', 'canonical', 'core'],
  gateway: ['routing', 'brain', 'ledger', 'cache', 'guardrails', 'dialects', 'framing', 'catalog', 'canonical', 'core'],
  jobs: ['gateway', 'brain', 'catalog', 'canonical', 'core'],
  compat: ['config', 'core'],
  observability: ['gateway', 'canonical', 'core'],
  storage: ['gateway', 'ledger', 'cache', 'routing', 'jobs', 'core'],
  config: ['core'],
  library: ['gateway', 'routing', 'brain', 'ledger', 'providers', 'dialects', 'transport', 'catalog', 'config', 'canonical', 'core'],
  server: ['gateway', 'jobs', 'ledger', 'catalog', 'dialects', 'framing', 'config', 'canonical', 'core'],
};

/** At the top stands what knows every part; nothing below imports these. */
const top: readonly string[] = ['app', 'index', 'serve', 'cli'];

/** Each library has one home, so that replacing it touches one folder. Types of undici's dispatcher are the port of the attempt loop. */
const homes: Readonly<Record<string, readonly string[]>> = {
  '@smithy/eventstream-codec': ['framing'],
  '@smithy/signature-v4': ['providers'],
  commander: ['cli'],
  kysely: ['storage'],
  'lru-cache': ['cache', 'ledger', 'storage'],
  nodemailer: ['transport'],
  pino: ['observability'],
  'prom-client': ['observability'],
  undici: ['transport', 'routing', 'providers'],
  yaml: ['config'],
  zod: ['catalog'],
};

const namelessFolders: readonly string[] = ['brain', 'routing', 'gateway', 'ledger', 'cache', 'server'];
const forbiddenNames = /^(utils?|helpers?|common|misc|shared|managers?|services?|handler2)$/;

const files = filesUnder('src').filter((file) => file.endsWith('.ts'));
const sources = files.filter((file) => !file.endsWith('.test.ts'));
const folders = [...new Set(sources.map(folderOf))].sort();

describe('imports', () => {
  it('are declared for every folder', () => {
    expect(folders.filter((folder) => mayImport[folder] === undefined && !top.includes(folder))).toEqual([]);
  });

  it.each(folders.filter((folder) => !top.includes(folder)))('of %s go only where its row allows', (folder) => {
    const allowed = mayImport[folder] ?? [];
    const wrong = sources
      .filter((file) => folderOf(file) === folder)
      .flatMap((file) => localImports(file).map((target) => ({ file, target })))
      .filter(({ target }) => folderOf(target) !== folder && !allowed.includes(folderOf(target)) && !isSettingsSlice(folder, target));

    expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  });

  it('never lead from the product into tests, benchmarks or scripts', () => {
    const wrong = sources.flatMap((file) =>
      localImports(file)
        .filter((target) => !target.startsWith('src/'))
        .map((target) => `${file} → ${target}`),
    );

    expect(wrong).toEqual([]);
  });

  it('keep each library in its home', () => {
    const wrong = sources.flatMap((file) =>
      packageImports(file)
        .filter((name) => homes[name]?.includes(folderOf(file)) !== true)
        .map((name) => `${file} → ${name}`),
    );

    expect(wrong).toEqual([]);
  });
});

describe('provider names', () => {
  const ids = new Set(providers.map((provider) => provider.id));

  it.each(namelessFolders.filter((folder) => folders.includes(folder)))(
    'do not occur in %s: what is special about a provider is in its own file',
    (folder) => {
      const wrong = sources
        .filter((file) => folderOf(file) === folder)
        .flatMap((file) =>
          stringsIn(file)
            .filter((text) => ids.has(text))
            .map((text) => `${file}: '${text}'`),
        );

      expect(wrong).toEqual([]);
    },
  );
});

describe('files', () => {
  it('are named after what they hold', () => {
    const everywhere = ['src', 'bench', 'scripts', 'test/support', 'test/conformance', 'test/integration'].flatMap(filesUnder);
    const wrong = everywhere.filter((file) => file.split('/').some((part) => forbiddenNames.test(basename(part).replace(/\..*$/, ''))));

    expect(wrong).toEqual([]);
  });

  it('have kebab-case names', () => {
    expect(files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.property)?(\.test|\.d)?\.ts$/.test(basename(file)))).toEqual([]);
  });
});

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(path);
    return [path];
  });
}

/** `src/brain/rank.ts` → brain; `src/app.ts` → app. */
function folderOf(file: string): string {
  const [, part = ''] = file.split('/');
  return part.replace(/\.ts$/, '');
}

/** The configuration knows of other parts only what their `config.ts` says. */
function isSettingsSlice(folder: string, target: string): boolean {
  return folder === 'config' && /^src\/[a-z]+\/config\.ts$/.test(target);
}

// Statements stand at the start of their line (the formatter sees to it), so text inside templates is not taken for one.
const statements = [/^(?:import|export)\b[^'";]*?\bfrom '([^']+)'/gm, /^import '([^']+)'/gm, /\bimport\('([^']+)'\)/g];

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return statements.flatMap((statement) => [...text.matchAll(statement)].map((match) => match[1] ?? ''));
}

function localImports(file: string): string[] {
  return importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(file, '..', target)));
}

function packageImports(file: string): string[] {
  return importsOf(file)
    .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
    .map((target) =>
      target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

/** String literals outside comments. */
function stringsIn(file: string): string[] {
  const code = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .join('\n');
  return [...code.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`$]*)`/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
