// Documents that cannot lie: paths they name exist, links resolve, commands run, examples load, and nothing of anybody's workplace is in them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../src/config/load-settings.ts';
import { failures } from '../src/core/errors.ts';
import { providers } from '../src/providers/index.ts';
import { tempDir } from './support/temp-dir.ts';

const root = join(import.meta.dirname, '..');
const pages = [...readdirSync(root), ...filesUnder('docs')].filter((file) => file.endsWith('.md'));
const manifest = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

describe('pages', () => {
  it('name only paths that exist', () => {
    const missing = pages.flatMap((page) =>
      pathsIn(read(page))
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page}: ${path}`),
    );

    expect(missing).toEqual([]);
  });

  it('have only links that lead somewhere', () => {
    const broken = pages.flatMap((page) =>
      linksIn(read(page))
        .filter((link) => !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    );

    expect(broken).toEqual([]);
  });

  it('tell only npm scripts that exist', () => {
    const unknown = pages.flatMap((page) =>
      scriptsIn(read(page))
        .filter((name) => manifest.scripts[name] === undefined)
        .map((name) => `${page}: ${name}`),
    );

    expect(unknown).toEqual([]);
  });

  it('of the first minute name the two commands', () => {
    expect(scriptsIn(read('README.md'))).toEqual(expect.arrayContaining(['start', 'test']));
  });
});

describe('examples of mpc.yaml', () => {
  const examples = ['README.md', 'docs/configuration.md', ...filesUnder('docs/providers')].flatMap((page) =>
    [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, index) => ({ name: `${page} #${index + 1}`, yaml: match[1] ?? '' })),
  );

  it.each(examples)('load: $name', ({ yaml }) => {
    const cwd = tempDir('example');
    const variables = [...yaml.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => [match[1] ?? '', 'EXAMPLE0123456789'] as const);
    writeFileSync(join(cwd, 'mpc.yaml'), yaml);
    if (yaml.includes('ca.pem')) writeFileSync(join(cwd, 'ca.pem'), '');

    const { settings } = loadSettings({ flags: {}, env: Object.fromEntries(variables), cwd });

    expect(settings.file).toBe(join(cwd, 'mpc.yaml'));
  });
});

describe('the documents know', () => {
  it('every error code', () => {
    expect(Object.keys(failures).filter((name) => !read('docs/errors.md').includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('every provider', () => {
    expect(providers.filter(({ id }) => !read('docs/providers.md').includes(`| \`${id}\` |`))).toEqual([]);
  });

  it('every decision page', () => {
    const decisions = filesUnder('docs/decisions').filter((file) => /\/\d{4}-/.test(file));

    expect(decisions.filter((file) => !read('docs/decisions/README.md').includes(`(${file.split('/').at(-1)})`))).toEqual([]);
    for (const file of decisions)
      expect(read(file)).toMatch(/^# \d{4} .+ \(20\d\d-\d\d\)\n\n\*\*Situation\.\*\*[\s\S]+\*\*Choice\.\*\*[\s\S]+\*\*Price\.\*\*/);
  });
});

describe('the import table', () => {
  it('is the same in ARCHITECTURE.md and in the test that executes it', () => {
    const test = read('test/architecture.test.ts');
    const rows = [...read('ARCHITECTURE.md').matchAll(/^\| ([a-z, ]+) \| ([a-z, –]+) \|$/gm)]
      .filter((row) => test.includes(`\n  ${(row[1] ?? '').split(', ')[0]}: [`))
      .flatMap((row) =>
        (row[1] ?? '').split(', ').map(
          (folder) =>
            `  ${folder}: [${
              row[2] === '–'
                ? ''
                : (row[2] ?? '')
                    .split(', ')
                    .map((name) => `'${name}'`)
                    .join(', ')
            }],`,
        ),
      );

    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !test.includes(row))).toEqual([]);
  });
});

describe('the repository', () => {
  // Written in pieces, so that this file is not its own finding.
  const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['a path of somebody’s workplace', new RegExp(['/wo', 'rk/|/ro', 'ot/|/ho', 'me/[a-z]'].join(''))],
    ['a registry host', new RegExp(['registry\\.', 'npm|npm', 'mirror|art', 'ifactory'].join(''), 'i')],
    [
      'a reference to who or what wrote it',
      new RegExp(
        [
          'co-auth',
          'ored-by|generated (?:by|with) (?:a',
          'i|cla',
          'ude|cod',
          'ex)|\\bA',
          'I (?:assis',
          'tant|ag',
          'ent)s?\\b|coding ses',
          'sion',
        ].join(''),
        'i',
      ),
    ],
    ['unfinished work', new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bX', 'XX\\b'].join(''))],
  ];
  const files = [
    ...readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .filter((name) => !name.startsWith('.env')),
    ...['.ci', 'bench', 'data', 'docs', 'scripts', 'src', 'test'].flatMap(filesUnder),
  ].filter((file) => !/\.(png|gz|db)$|^bench\/results/.test(file));

  it.each(forbidden)('does not contain %s', (_what, pattern) => {
    const found = files.flatMap((file) => {
      const match = pattern.exec(read(file));
      return match === null ? [] : [`${file}: ${match[0]}`];
    });

    expect(found).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    // A link as well as a folder: some machines keep the clients' packages elsewhere.
    if (entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

/** What stands in backticks and begins with a folder or file of the repository; `<placeholders>` and patterns are none. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .map((match) => match[1] ?? '')
    .filter((word) => /^(?:src|data|bench|test|scripts|docs|\.ci)\/[^*<>{}…]*$/.test(word) || /^[a-z.-]+\.(?:json|ts)$/.test(word))
    .filter((word) => !['opencode.json', 'config.ts', 'test/clients/'].includes(word));
}

/** `npm start`, `npm run check`: at the start of a backticked word, of a line of code, or after variables. */
function scriptsIn(text: string): string[] {
  const commands = text.matchAll(/(?:^|`)(?:[A-Z_]+=\S+ )*npm (run (?:-s )?)?([a-z]+)/gm);
  return [...commands]
    .filter((match) => match[1] !== undefined || ['start', 'test'].includes(match[2] ?? ''))
    .map((match) => match[2] ?? '');
}

function linksIn(text: string): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^https?:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  return headings.includes(anchor);
}
