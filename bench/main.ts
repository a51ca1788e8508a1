// `npm run bench`: compares the gateway with nginx and others on this machine. See docs/benchmarks.md.
import { writeFileSync } from 'node:fs';
import type { Candidate } from './candidates/candidate.ts';
import { gateways, mpc, rivals } from './candidates/index.ts';
import { cases } from './cases/index.ts';
import { killStarted } from './measure/child-process.ts';
import { openLab } from './measure/lab.ts';
import { createQuiet } from './measure/quiet.ts';
import { type Options, readOptions, usage } from './options.ts';
import { describeMachine, machineFacts } from './report/machine.ts';
import { type Row, rowsOf } from './report/rows.ts';
import { markdownTable, textTable } from './report/table.ts';
import { caseTable, writeDocs } from './report/write-docs.ts';
import { type CaseRun, runCases } from './run-cases.ts';

/** V8 goes on compiling for the first tens of thousands of requests, on threads whose time counts; a service runs for months. */
const warmUpMs = 6_000;

process.once('SIGINT', interrupted);
process.once('SIGTERM', interrupted);

function interrupted(): void {
  killStarted();
  process.exit(130);
}

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options === 'help') {
    tell(usage);
    return 0;
  }
  return bench(options);
}

async function bench(options: Options): Promise<number> {
  const why = process.platform === 'linux' ? undefined : `CPU time and memory come from /proc, which ${process.platform} does not have`;
  if (why !== undefined) {
    tell(`The benchmark needs Linux: ${why}.`);
    return 2;
  }
  const ready = await prepareAll(options);
  const missing = options.withGateway ? await mpc.prepare(options) : undefined;
  if (missing !== undefined) {
    tell(`The gateway cannot be measured: ${missing}.`);
    return 2;
  }
  const quiet = createQuiet({ patienceMs: options.patienceSeconds * 1_000 });
  const lab = await openLab();
  try {
    const machine = machineFacts(lab.cores);
    tell(describeMachine(machine));
    const runs = await runCases({
      lab,
      cases: options.cases,
      own: options.withGateway ? mpc : undefined,
      rivals: ready.candidates,
      rounds: options.rounds,
      quiet,
      scale: options.smoke ? { smoke: true, runMs: 0, warmUpMs: 0 } : { smoke: false, runMs: options.seconds * 1000, warmUpMs },
      tell,
    });
    const rows = rowsOf(runs, { judge: !options.smoke });
    const notes = [...notesOf(runs, ready.leftOut), ...quiet.notes()];
    // A handful of requests gives no figures; a table of noise would be taken for some.
    if (!options.smoke) tell(`\n${textTable(rows)}`);
    tell(notes.map((note) => `\n${note}`).join(''));
    const described = [...(options.withGateway ? [mpc] : []), ...ready.candidates].map((known) => `${known.id}: ${known.describe()}`);
    if (options.jsonFile !== undefined) {
      writeFileSync(
        options.jsonFile,
        `${JSON.stringify({ machine, options: { ...options, cases: options.cases.map(({ id }) => id) }, candidates: described, rows, notes }, undefined, 2)}\n`,
      );
    }
    if (options.docsFile !== undefined) {
      const facts = [describeMachine(machine), `${options.rounds} rounds of ${options.seconds} s.`, ...described, ...notes];
      const results = `${facts.map((fact) => `- ${fact}`).join('\n')}\n\n${markdownTable(rows)}`;
      const withGateways = options.against.some((id) => gateways.includes(id));
      writeDocs(options.docsFile, { cases: caseTable(cases), [withGateways ? 'gateways' : 'results']: results });
    }
    return statusOf(rows, options);
  } finally {
    await lab.close();
  }
}

async function prepareAll({ against, install }: Options): Promise<{ candidates: Candidate[]; leftOut: string[] }> {
  const candidates: Candidate[] = [];
  const leftOut: string[] = [];
  for (const rival of rivals.filter((known) => against.includes(known.id))) {
    const reason = await rival.prepare({ install });
    if (reason === undefined) candidates.push(rival);
    else leftOut.push(`${rival.id} is left out: ${reason}.`);
  }
  for (const line of leftOut) tell(line);
  return { candidates, leftOut };
}

function notesOf(runs: readonly CaseRun[], leftOut: readonly string[]): string[] {
  const perCase = runs.flatMap((run) =>
    run.series.flatMap((series) => {
      if (series.fault !== undefined) return [`${run.case.id}: ${series.candidate} failed: ${series.fault}`];
      return series.leftOut === undefined ? [] : [`${run.case.id}: ${series.candidate} is left out: ${series.leftOut}.`];
    }),
  );
  return [...leftOut, ...perCase];
}

/** Only our own faults count: that a rival cannot do a case is a result. */
function statusOf(rows: readonly Row[], { smoke, strict, withGateway }: Options): number {
  const faulty = rows.filter((row) => row.fault !== undefined && (row.candidate === 'mpc' || row.candidate === 'direct' || !withGateway));
  const missed = rows.filter((row) => row.verdict === 'miss');
  const judged = rows.filter((row) => row.verdict !== 'not judged').length;
  const verdict = smoke ? 'speed is not judged in a smoke run' : `${judged - missed.length} of ${judged} judged targets met`;
  tell(`\n${faulty.length === 0 ? 'every answer was right' : `${faulty.length} rows with wrong answers or errors`}; ${verdict}`);
  return faulty.length > 0 || (strict && missed.length > 0) ? 1 : 0;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main();
