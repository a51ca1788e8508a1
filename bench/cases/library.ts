// What importing the library costs a program: wall time and memory, in fresh processes.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../measure/statistics.ts';
import type { Case } from './case.ts';

const folder = join(import.meta.dirname, '..', '..', 'dist', 'lib');

const forms = {
  esm: { file: 'index.js', type: 'module', load: (path: string) => `await import(${JSON.stringify(path)})` },
  cjs: { file: 'index.cjs', type: 'commonjs', load: (path: string) => `require(${JSON.stringify(path)})` },
} as const;

type Form = keyof typeof forms;

interface Cost {
  readonly elapsedMs: number;
  readonly megabytes: number;
}

export const library: Case = {
  id: 'library-import',
  title: 'import of the library',
  about: 'In a fresh process, from the import to the module, and the resident memory that it adds; median of the processes of a round.',
  route: { client: 'openai', upstream: 'openai' },
  who: 'own',
  metrics: [
    { id: 'esm-ms', label: 'ESM', unit: 'ms', against: 'nothing', most: 60 },
    { id: 'esm-mb', label: 'ESM, memory', unit: 'MB', against: 'nothing', most: 12 },
    { id: 'cjs-ms', label: 'CommonJS', unit: 'ms', against: 'nothing', most: 60 },
    { id: 'cjs-mb', label: 'CommonJS, memory', unit: 'MB', against: 'nothing', most: 12 },
  ],
  missing: () => (existsSync(join(folder, forms.esm.file)) ? undefined : 'the library is not built: npm run build -- --package'),
  async measure({ lab, scale }) {
    const runs = scale.smoke ? 1 : 5;
    const cost = (form: Form): Cost => medianCost(Array.from({ length: runs }, () => load(form, lab.cores?.candidate)));
    const [esm, cjs] = [cost('esm'), cost('cjs')];
    return { 'esm-ms': esm.elapsedMs, 'esm-mb': esm.megabytes, 'cjs-ms': cjs.elapsedMs, 'cjs-mb': cjs.megabytes };
  },
};

function load(form: Form, core: number | undefined): Cost {
  const { file, type, load: loading } = forms[form];
  const code = `const before = process.memoryUsage.rss(), start = performance.now(); ${loading(join(folder, file))};
    console.log(JSON.stringify({ elapsedMs: performance.now() - start, megabytes: (process.memoryUsage.rss() - before) / 1048576 }))`;
  const node = [process.execPath, `--input-type=${type}`, '-e', code];
  const [command = '', ...args] = core === undefined ? node : ['taskset', '-c', String(core), ...node];
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Cost;
}

function medianCost(costs: readonly Cost[]): Cost {
  return { elapsedMs: median(costs.map((cost) => cost.elapsedMs)), megabytes: median(costs.map((cost) => cost.megabytes)) };
}
