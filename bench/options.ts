// The command line of the benchmark.
import { parseArgs } from 'node:util';
import { rivals } from './candidates/index.ts';
import type { Case } from './cases/case.ts';
import { cases, extraCases } from './cases/index.ts';

export interface Options {
  readonly smoke: boolean;
  readonly cases: readonly Case[];
  readonly rounds: number;
  readonly seconds: number;
  /** How much longer a run may take because the host does not leave it the processor. */
  readonly patienceSeconds: number;
  readonly against: readonly string[];
  /** Compare rivals only: to see what the machine and the harness give without the gateway. */
  readonly withGateway: boolean;
  readonly install: boolean;
  readonly strict: boolean;
  readonly jsonFile: string | undefined;
  readonly docsFile: string | undefined;
}

export const usage = `npm run bench -- [options]

  --smoke            every case once with a few requests; judges answers, not speed
  --cases a,b        only these: ${cases.map((known) => known.id).join(', ')}
  --only begin       only those whose name begins so, of all: "cross" is every pair of dialects
  --pairs            the cases of all pairs of dialects too (half an hour more)
  --repeat N         rounds per case (5)
  --seconds N        length of one measurement (3)
  --patience N       seconds for repeating what the host took the processor from (300)
  --against a,b      compare with ${rivals.map((known) => known.id).join(', ')} (nginx,node)
  --install          may install nginx-light with apt-get (also: MPC_BENCH_INSTALL=1)
  --no-gateway       measure the others only
  --strict           a missed target makes the exit status 1, as a wrong answer always does
  --json FILE        write every value
  --write-docs[=F]   put the tables into docs/benchmarks.md, or into F; with other gateways into a section of their own
`;

/** Throws an Error whose message is fit to show. */
export function readOptions(args: readonly string[]): Options | 'help' {
  // `--write-docs` alone means the page of this repository; parseArgs knows no optional values.
  const given = args.map((arg) => (arg === '--write-docs' ? '--write-docs=docs/benchmarks.md' : arg));
  const { values } = parseArgs({
    args: given,
    options: {
      help: { type: 'boolean' },
      smoke: { type: 'boolean', default: false },
      cases: { type: 'string' },
      only: { type: 'string' },
      pairs: { type: 'boolean', default: false },
      repeat: { type: 'string' },
      seconds: { type: 'string' },
      patience: { type: 'string' },
      against: { type: 'string', default: 'nginx,node' },
      install: { type: 'boolean', default: process.env['MPC_BENCH_INSTALL'] === '1' },
      'no-gateway': { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      json: { type: 'string' },
      'write-docs': { type: 'string' },
    },
  });
  if (values.help === true) return 'help';
  if (values.smoke && values['write-docs'] !== undefined) throw new Error('--write-docs: a smoke run measures nothing worth writing down');
  return {
    smoke: values.smoke,
    cases: chosen(values),
    rounds: values.smoke ? 1 : atLeast(1, { option: '--repeat', text: values.repeat ?? '5' }),
    seconds: atLeast(1, { option: '--seconds', text: values.seconds ?? '3' }),
    patienceSeconds: atLeast(0, { option: '--patience', text: values.patience ?? '300' }),
    against: names('--against', { given: values.against, known: rivals.map((known) => known.id) }),
    withGateway: !values['no-gateway'],
    install: values.install,
    strict: values.strict,
    jsonFile: values.json,
    docsFile: values['write-docs'],
  };
}

interface Choice {
  readonly cases?: string | undefined;
  readonly only?: string | undefined;
  readonly pairs: boolean;
}

function chosen({ cases: given, only, pairs }: Choice): readonly Case[] {
  const all = [...cases, ...extraCases];
  if (only !== undefined) {
    const begun = all.filter(({ id }) => id.startsWith(only));
    if (begun.length === 0) throw new Error(`--only: no case begins with "${only}"`);
    return begun;
  }
  if (given === undefined) return pairs ? all : cases;
  const wanted = names('--cases', { given, known: all.map(({ id }) => id) });
  return all.filter(({ id }) => wanted.includes(id));
}

/** Undefined means all; an empty list means none. */
function names(
  option: string,
  { given, known }: { readonly given: string | undefined; readonly known: readonly string[] },
): readonly string[] {
  if (given === undefined) return known;
  const wanted = given.split(',').filter((name) => name !== '');
  const strange = wanted.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`${option}: "${strange}" is none of ${known.join(', ')}`);
  return wanted;
}

function atLeast(least: number, { option, text }: { readonly option: string; readonly text: string }): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < least)
    throw new Error(`${option}: "${text}" is not a whole number from ${least} on`);
  return value;
}
