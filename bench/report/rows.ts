// Turns the values of a run into rows: medians, ratios to nginx in the same round, verdicts.
import type { Metric } from '../cases/case.ts';
import { median } from '../measure/statistics.ts';
import type { CaseRun, Series } from '../run-cases.ts';

type Verdict = 'pass' | 'miss' | 'not judged';

export interface Row {
  readonly case: string;
  readonly metric: string;
  readonly unit: Metric['unit'];
  readonly candidate: string;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly values: readonly number[];
  /** Median of the ratios to nginx, round by round. */
  readonly ratio?: number;
  /** Median of what was added to a direct call, round by round. */
  readonly added?: number;
  /** The target in words, for the gateway itself. */
  readonly target?: string;
  readonly verdict: Verdict;
  readonly fault?: string;
}

export function rowsOf(runs: readonly CaseRun[], { judge }: { readonly judge: boolean }): Row[] {
  return runs.flatMap((run) =>
    run.case.metrics.flatMap((metric) =>
      run.series.filter((series) => series.leftOut === undefined).map((series) => rowOf(run, { metric, series, judge })),
    ),
  );
}

interface RowWish {
  readonly metric: Metric;
  readonly series: Series;
  readonly judge: boolean;
}

function rowOf(run: CaseRun, { metric, series, judge }: RowWish): Row {
  const values = series.rounds.map((round) => round[metric.id] ?? Number.NaN);
  const other = (id: string) =>
    run.series.find((known) => known.candidate === id)?.rounds.map((round) => round[metric.id] ?? Number.NaN) ?? [];
  const ratio = metric.against === 'nginx' ? median(paired(values, other('nginx')).map(([mine, theirs]) => mine / theirs)) : Number.NaN;
  const added = metric.against === 'direct' ? median(paired(values, other('direct')).map(([mine, theirs]) => mine - theirs)) : Number.NaN;
  const judged = { nginx: ratio, direct: added, nothing: median(values) }[metric.against];
  const target = series.candidate === 'mpc' ? targetOf(metric) : undefined;
  return {
    case: run.case.id,
    metric: metric.label,
    unit: metric.unit,
    candidate: series.candidate,
    median: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    values,
    ...(Number.isFinite(ratio) ? { ratio } : {}),
    ...(Number.isFinite(added) ? { added } : {}),
    ...(target === undefined ? {} : { target }),
    verdict: verdictOf({ judged: judge && target !== undefined ? judged : Number.NaN, most: metric.most }),
    ...(series.fault === undefined ? {} : { fault: series.fault }),
  };
}

/** Rounds that both have. Pairing takes out what moves the whole machine between rounds. */
function paired(mine: readonly number[], theirs: readonly number[]): [number, number][] {
  return mine.slice(0, theirs.length).map((value, index) => [value, theirs[index] ?? Number.NaN]);
}

/** The target in words; undefined for figures shown for orientation. */
export function targetOf({ most, against, unit }: Metric): string | undefined {
  if (most === undefined) return undefined;
  if (against === 'nginx') return `≤ ${most} × nginx`;
  return against === 'direct' ? `≤ ${most} ${unit} added` : `≤ ${most} ${unit}`;
}

function verdictOf({ judged, most }: { readonly judged: number; readonly most: number | undefined }): Verdict {
  if (most === undefined || !Number.isFinite(judged)) return 'not judged';
  return judged <= most ? 'pass' : 'miss';
}
