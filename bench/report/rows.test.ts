import { expect, it } from 'vitest';
import type { Case, Metric } from '../cases/case.ts';
import type { CaseRun, Series } from '../run-cases.ts';
import { rowsOf } from './rows.ts';

function caseWith(metric: Omit<Metric, 'id' | 'label' | 'unit'>): Case {
  return {
    id: 'case',
    title: 'a case',
    about: 'for a test',
    route: { client: 'openai', upstream: 'openai' },
    who: 'all',
    metrics: [{ id: 'value', label: 'value', unit: 'ms', ...metric }],
    measure: async () => ({}),
  };
}

function series(candidate: string, values: readonly number[]): Series {
  return { candidate, rounds: values.map((value) => ({ value })) };
}

function ownRow(metric: Omit<Metric, 'id' | 'label' | 'unit'>, all: readonly Series[]) {
  const run: CaseRun = { case: caseWith(metric), series: all };
  return rowsOf([run], { judge: true }).find((row) => row.candidate === 'mpc');
}

it('takes ratios within a round, so that a machine that slows down between rounds changes nothing', () => {
  const row = ownRow({ against: 'nginx', most: 3 }, [series('nginx', [10, 20, 40]), series('mpc', [30, 60, 120])]);

  expect(row).toMatchObject({ ratio: 3, median: 60, lowest: 30, highest: 120, verdict: 'pass', target: '≤ 3 × nginx' });
});

it('judges what was added to a direct call, not the time itself', () => {
  const all = [series('direct', [1, 5, 1]), series('mpc', [1.25, 5.25, 1.5])];

  expect(ownRow({ against: 'direct', most: 0.3 }, all)).toMatchObject({ added: 0.25, verdict: 'pass' });
  expect(ownRow({ against: 'direct', most: 0.2 }, all)).toMatchObject({ added: 0.25, verdict: 'miss' });
});

it('does not judge a ratio without nginx, nor anything without a target', () => {
  expect(ownRow({ against: 'nginx', most: 3 }, [series('mpc', [30])])?.verdict).toBe('not judged');
  expect(ownRow({ against: 'nothing' }, [series('mpc', [30])])?.verdict).toBe('not judged');
  expect(ownRow({ against: 'nothing', most: 29 }, [series('mpc', [30])])?.verdict).toBe('miss');
});

it('pairs only the rounds that both finished', () => {
  const row = ownRow({ against: 'nginx', most: 3 }, [series('nginx', [10]), series('mpc', [20, 90])]);

  expect(row?.ratio).toBe(2);
});

it('judges rivals by no target and leaves out those that do not take part', () => {
  const all: Series[] = [series('nginx', [10]), { candidate: 'portkey', rounds: [], leftOut: 'it cannot' }, series('mpc', [20])];

  const rows = rowsOf([{ case: caseWith({ against: 'nginx', most: 1 }), series: all }], { judge: true });

  expect(rows.map((row) => [row.candidate, row.verdict])).toEqual([
    ['nginx', 'not judged'],
    ['mpc', 'miss'],
  ]);
});
