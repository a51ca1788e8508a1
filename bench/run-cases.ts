// Runs cases: starts the candidates, goes round by round (A B C A B C …), collects values and faults.
import type { Candidate, Running } from './candidates/candidate.ts';
import { direct } from './candidates/index.ts';
import type { Case, Measurement, Scale } from './cases/case.ts';
import type { Lab } from './measure/lab.ts';
import type { Quiet } from './measure/quiet.ts';

/** What one candidate gave in one case. */
export interface Series {
  readonly candidate: string;
  /** One record of metric values per round. */
  readonly rounds: readonly Readonly<Record<string, number>>[];
  /** Why the series ended early or never began. */
  readonly fault?: string;
  /** Not a fault: this candidate does not do such a thing. */
  readonly leftOut?: string;
}

export interface CaseRun {
  readonly case: Case;
  readonly series: readonly Series[];
}

export interface RunOptions {
  readonly lab: Lab;
  readonly cases: readonly Case[];
  /** The gateway first, when it takes part; then the rivals. */
  readonly own: Candidate | undefined;
  readonly rivals: readonly Candidate[];
  readonly scale: Scale;
  readonly rounds: number;
  /** Repeats what the machine did not leave alone. */
  readonly quiet: Quiet;
  readonly tell: (line: string) => void;
}

/** A candidate on its way through one case. */
interface Participant {
  readonly candidate: Candidate;
  readonly route: Measurement['route'];
  readonly rounds: Readonly<Record<string, number>>[];
  running?: Running;
  fault?: string;
}

/** Keys in a smoke run: enough to take them in turn. */
const smokeKeys = 20;

export async function runCases(options: RunOptions): Promise<CaseRun[]> {
  const kept = new Map<string, Running>();
  const runs: CaseRun[] = [];
  try {
    for (const wanted of options.cases) {
      const startedAt = performance.now();
      const run = await runCase(wanted, options, kept);
      const right = run.series.filter((series) => series.rounds.length > 0 && series.fault === undefined).map((series) => series.candidate);
      options.tell(
        `${wanted.id}: right answers from ${right.join(', ') || 'nobody'} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
      );
      runs.push(run);
    }
  } finally {
    await Promise.all([...kept.values()].map((running) => running.stop()));
  }
  return runs;
}

async function runCase(wanted: Case, options: RunOptions, kept: Map<string, Running>): Promise<CaseRun> {
  const { scale, lab } = options;
  const candidates = candidatesOf(wanted, options);
  const missing = wanted.missing?.();
  if (missing !== undefined) return { case: wanted, series: candidates.map(({ id }) => ({ candidate: id, rounds: [], leftOut: missing })) };
  const routes = candidates.map((candidate) => candidate.takes(wanted.route));
  const participants = candidates.flatMap((candidate, index): Participant[] => {
    const route = routes[index];
    return typeof route === 'object' ? [{ candidate, route, rounds: [] }] : [];
  });

  // A smoke run saves the time of starting; a real one begins every case with a fresh process,
  // so that `--cases x` gives what the whole run gives.
  const start = async (one: Participant): Promise<void> => {
    await attempt(one, async () => {
      const keeps = scale.smoke && wanted.config === undefined;
      const known = keeps ? kept.get(one.candidate.id) : undefined;
      const keys = scale.smoke ? smokeKeys : (wanted.keys ?? 1);
      one.running = known ?? (await one.candidate.start({ lab, keys, config: wanted.config }));
      if (keeps) kept.set(one.candidate.id, one.running);
      if (!known || wanted.warmUp) await wanted.warmUp?.({ lab, running: one.running, route: one.route, scale, round: 0 });
    });
  };
  const stop = async (one: Participant): Promise<void> => {
    if (!scale.smoke || wanted.config !== undefined || one.fault !== undefined) {
      // What has failed is started anew for the next case: a fault must not spread.
      if (kept.get(one.candidate.id) === one.running) kept.delete(one.candidate.id);
      await one.running?.stop();
    }
    delete one.running;
  };

  const rounds = Math.min(options.rounds, wanted.roundsMost ?? options.rounds);
  for (let round = 0; round < rounds; round += 1) {
    for (const one of participants) {
      if (round === 0 || wanted.restarts) {
        await stop(one);
        await start(one);
      }
    }
    for (const one of participants) {
      await attempt(one, async () => {
        const { running, route } = one;
        if (running === undefined) return;
        const measure = () => wanted.measure({ lab, running, route, scale, round });
        one.rounds.push(await (isTimed(wanted) && !scale.smoke ? options.quiet.measure(measure) : measure()));
      });
    }
  }
  for (const one of participants) await stop(one);
  const series = candidates.map((candidate, index): Series => {
    const one = participants.find((known) => known.candidate === candidate);
    const route = routes[index];
    if (one === undefined)
      return { candidate: candidate.id, rounds: [], leftOut: typeof route === 'string' ? route : 'it does not take part' };
    return { candidate: candidate.id, rounds: one.rounds, ...(one.fault === undefined ? {} : { fault: one.fault }) };
  });
  return { case: wanted, series };
}

/** Memory and rows are the same on a busy machine. */
function isTimed({ metrics }: Case): boolean {
  return metrics.some(({ unit }) => unit === 'µs' || unit === 'ms');
}

function candidatesOf(wanted: Case, { own, rivals }: RunOptions): readonly Candidate[] {
  const ours = own ? [own] : [];
  if (wanted.who === 'own') return ours;
  const needsDirect = wanted.metrics.some((metric) => metric.against === 'direct');
  return [...(needsDirect ? [direct] : []), ...rivals, ...ours];
}

/** A candidate that failed once is out of the case; the others go on. */
async function attempt(one: Participant, work: () => Promise<void>): Promise<void> {
  if (one.fault !== undefined) return;
  try {
    await work();
  } catch (error) {
    one.fault = error instanceof Error ? error.message : String(error);
  }
}
