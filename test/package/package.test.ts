// What a user of the package gets: packed, put into an empty project and used there from ESM, CommonJS and TypeScript.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';
import { installPackage, packPackage } from './pack.ts';

const root = join(import.meta.dirname, '..', '..');
let project = '';
let installed = '';

beforeAll(() => {
  project = tempDir('package-user');
  installed = installPackage(packPackage(join(tempDir('package'), 'copy')), project);
  writeFileSync(join(project, 'package.json'), '{"name":"user","private":true,"type":"module"}');
}, 120_000);

function run(file: string, text: string): string {
  writeFileSync(join(project, file), text);
  // No warnings either: a deprecation or an experiment of Node's would be the user's to see.
  return execFileSync(process.execPath, [file], {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the package', () => {
  it('depends on nothing', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>;

    expect(manifest['dependencies'] ?? {}).toEqual({});
  });

  it('has what its exports promise', () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { readonly exports: object };
    const targets = [...JSON.stringify(exports).matchAll(/"(\.\/[^"]+\.[a-z]+)"/g)].map((match) => match[1] ?? '');

    expect(Object.keys(exports)).toEqual(expect.arrayContaining(['.', './providers', './server', './conformance']));
    expect(targets.filter((target) => !existsSync(join(installed, target)))).toEqual([]);
  });

  it('runs from ESM', () => {
    const said = run(
      'use.mjs',
      `import { LLMRouter, LLMError, version } from 'mpc-api';
       import { defineProvider } from 'mpc-api/providers';
       const router = new LLMRouter({ providers: ['demo'] });
       let text = '';
       for await (const part of router.stream({ model: 'demo-echo', prompt: 'from esm' })) text += part.text;
       const error = await router.generate({ model: 'nope', prompt: 'x' }).catch((thrown) => thrown);
       console.log(text, typeof defineProvider, error instanceof LLMError, error.code, version);`,
    );

    expect(said).toMatch(/from esm.* function true unknown_model \d+\.\d+\.\d+/s);
  });

  it('runs from CommonJS', () => {
    const said = run(
      'use.cjs',
      `const { LLMRouter, LLMError } = require('mpc-api');
       const { openaiChat } = require('mpc-api/providers');
       const router = new LLMRouter({ providers: ['demo'] });
       router.quick('from cjs', { model: 'demo-echo' }).then((text) => console.log(text, typeof openaiChat));`,
    );

    expect(said).toMatch(/from cjs.* function/s);
  });

  it('takes an error of either build for an LLMError', () => {
    const said = run(
      'both.mjs',
      `import { createRequire } from 'node:module';
       import { LLMError } from 'mpc-api';
       const other = createRequire(import.meta.url)('mpc-api');
       const error = await new other.LLMRouter({ providers: ['demo'] }).generate({ model: 'nope', prompt: 'x' }).catch((thrown) => thrown);
       console.log(other.LLMError === LLMError, error instanceof LLMError, new Error('x') instanceof LLMError);`,
    );

    expect(said.trim()).toBe('false true false');
  });

  it.each(['mjs', 'cjs'])('starts the server from %s', (extension) => {
    const load = extension === 'mjs' ? "const { serve } = await import('mpc-api/server');" : "const { serve } = require('mpc-api/server');";
    const said = run(
      `server.${extension}`,
      `(async () => { ${load}
       const server = await serve({ flags: { port: '0', 'data-dir': './data' }, env: { MPC_LOG_LEVEL: 'silent' } });
       console.log((await (await fetch(server.url + '/health')).json()).status);
       await server.close(); })();`,
    );

    expect(said.trim()).toBe('ok');
  });

  it('brings its conformance suite to Node’s own runner', () => {
    const said = run(
      'laws.mjs',
      `import { describe, it } from 'node:test';
       import { describeProvider } from 'mpc-api/conformance';
       import { providers } from 'mpc-api/providers';
       describeProvider({ describe, it }, { definition: providers.find(({ id }) => id === 'openai') });`,
    );

    expect(said).toMatch(/^. fail 0$/m);
    expect(said).not.toMatch(/^. pass 0$/m);
  });
});

describe('importing the library', () => {
  it.each([
    ['ESM', 'import.mjs', "await import('mpc-api')"],
    ['CommonJS', 'import.cjs', "require('mpc-api')"],
  ])('starts nothing and stays small: %s', (_name, file, load) => {
    const said = run(
      file,
      `(async () => {
         const before = process.memoryUsage().rss;
         ${load};
         const megabytes = (process.memoryUsage().rss - before) / 1048576;
         console.log(JSON.stringify({ megabytes, resources: process.getActiveResourcesInfo() }));
       })();`,
    );

    const { megabytes, resources } = JSON.parse(said) as { readonly megabytes: number; readonly resources: readonly string[] };
    expect(resources.filter((name) => !/^(PipeWrap|TTYWrap|FSReqPromise)$/.test(name))).toEqual([]);
    expect(megabytes).toBeLessThan(12);
  });

  it('leaves out what only a server needs', () => {
    const library = filesUnder(join(installed, 'dist', 'lib'));
    const found = library.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return [
        '// node_modules/pino',
        '// node_modules/prom-client',
        '// node_modules/commander',
        '// node_modules/yaml',
        '// node_modules/zod',
        '// node_modules/kysely',
        'open-database',
      ]
        .filter((name) => text.includes(name))
        .map((name) => `${file}: ${name}`);
    });

    expect(library.length).toBeGreaterThan(3);
    expect(found).toEqual([]);
  });
});

describe('the types', () => {
  const program = `
    import { LLMRouter, LLMError, type GenerateResult } from 'mpc-api';
    import { defineProvider, bearer, openaiChat } from 'mpc-api/providers';
    import { serve } from 'mpc-api/server';
    import { describeProvider } from 'mpc-api/conformance';
    const acme = defineProvider({ id: 'acme', name: 'Acme', docs: 'https://x', baseUrl: 'https://x/v1', auth: bearer, chat: [openaiChat()] });
    const router = new LLMRouter({ mistral: { apiKey: 'k' }, adapters: [acme], strategy: 'balanced' });
    export async function use(): Promise<GenerateResult<undefined, undefined>> {
      for await (const part of router.stream({ prompt: 'x' })) if (part.type === 'text') part.text.toUpperCase();
      const { object } = await router.generate({ prompt: 'x', schema: { type: 'object' } });
      const unknownObject: unknown = object;
      void unknownObject;
      return router.generate({ prompt: 'x' });
    }
    // @ts-expect-error a slip in an option is an error
    void router.generate({ promt: 'x' });
    // @ts-expect-error so is one in a provider's account
    new LLMRouter({ mistral: { apikey: 'k' } });
    export const parts = [serve, describeProvider, LLMError] as const;
  `;

  it.each(['mts', 'cts'])('hold in a strict program that checks libraries, too: .%s', (extension) => {
    writeFileSync(join(project, `use.${extension}`), program);
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: 'nodenext',
      target: 'es2024',
      // AbortSignal is the browser's word, or Node's types'.
      lib: ['es2024', 'dom'],
      types: [],
      noEmit: true,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: [`use.${extension}`] }));

    const tsc = join(root, 'node_modules/typescript7/bin/tsc');
    const said = (() => {
      try {
        return execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: project, encoding: 'utf8' });
      } catch (thrown) {
        return (thrown as { readonly stdout: string }).stdout;
      }
    })();

    expect(said).toBe('');
  });
});
