// Plays the faults of test/faults, test/invoice and test/crash longer than a merge gate may: `npm run faults -- --seeds 200`.
// A failing test prints the command that repeats it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const help = `usage: npm run faults -- [options]
  --seeds N      seeds of each row (default 20)
  --row K        one row of the catalogue; K+L: two at once
  --seed S       one seed, to see a failure again
  --pairs        every pair of rows at once instead of each row alone
  --only LIST    with --pairs: these alone, as 3+17,12+20
  --from K+L     with --pairs: this one and those after it
  --within N     begin nothing more after N seconds, and say what to go on with
  --invoice N    N calls against providers that keep their own invoices
  --crashes N    N times: kill -9 at a random moment under load
  --histories N  N histories of the simulation
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string', default: '20' },
        row: { type: 'string' },
        seed: { type: 'string' },
        pairs: { type: 'boolean', default: false },
        only: { type: 'string' },
        from: { type: 'string' },
        within: { type: 'string' },
        invoice: { type: 'string' },
        crashes: { type: 'string' },
        histories: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (problem) {
    leave(`${problem instanceof Error ? problem.message : String(problem)}\n${help}`, 2);
  }
}

function leave(text: string, code: number): never {
  process.stderr.write(text);
  process.exit(code);
}

const options = readOptions();
if (options.help) leave(help, 0);
for (const name of ['seeds', 'seed', 'within', 'invoice', 'crashes', 'histories'] as const) {
  const value = options[name];
  if (value !== undefined && !/^[1-9]\d*$/.test(value)) leave(`--${name} takes a whole number from 1 on\n${help}`, 2);
}
if (options.row !== undefined && !/^\d+(\+\d+)?$/.test(options.row)) leave(`--row takes a row, or two as 3+17\n${help}`, 2);
if (options.only !== undefined && !/^\d+\+\d+(,\d+\+\d+)*$/.test(options.only)) leave(`--only takes pairs as 3+17,12+20\n${help}`, 2);
if (options.from !== undefined && !/^\d+\+\d+$/.test(options.from)) leave(`--from takes a pair as 3+17\n${help}`, 2);
if (!options.pairs && (options.only ?? options.from ?? options.within) !== undefined)
  leave(`--only, --from and --within choose among --pairs\n${help}`, 2);

const chosen = [
  ...(options.invoice === undefined ? [] : ['test/invoice']),
  ...(options.crashes === undefined ? [] : ['test/crash']),
  ...(options.histories === undefined ? [] : ['test/simulation']),
];
const root = join(import.meta.dirname, '..');
const run = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', ...(chosen.length > 0 ? chosen : ['test/faults'])],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULT_SEEDS: options.seeds,
      ...(options.seed !== undefined && { FAULT_SEED: options.seed }),
      ...(options.row !== undefined && { FAULT_ROWS: options.row }),
      ...(options.pairs && { FAULT_PAIRS: '1' }),
      ...(options.only !== undefined && { FAULT_ONLY: options.only }),
      ...(options.from !== undefined && { FAULT_FROM: options.from }),
      ...(options.within !== undefined && { FAULT_WITHIN: options.within }),
      ...(options.invoice !== undefined && { INVOICE_CALLS: options.invoice }),
      ...(options.crashes !== undefined && { CRASH_ROUNDS: options.crashes }),
      ...(options.histories !== undefined && { SIMULATION_HISTORIES: options.histories }),
    },
  },
);
process.exit(run.status ?? 1);
