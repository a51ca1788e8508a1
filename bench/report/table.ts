// Rows as text for a terminal and as Markdown for the documentation.
import type { Row } from './rows.ts';

const headings = ['case', 'metric', 'candidate', 'median', 'lowest – highest', 'against', 'target', 'verdict'] as const;

function cells(row: Row): string[] {
  if (row.fault !== undefined && row.values.length === 0)
    return [row.case, row.metric, row.candidate, 'failed', '', '', row.target ?? '', 'error'];
  return [
    row.case,
    row.metric,
    row.candidate,
    `${figure(row.median)} ${row.unit}`,
    row.values.length > 1 ? `${figure(row.lowest)} – ${figure(row.highest)}` : '',
    against(row),
    row.target ?? '',
    row.fault !== undefined ? 'error' : row.target === undefined ? '' : row.verdict,
  ];
}

function against(row: Row): string {
  if (row.added !== undefined) return row.candidate === 'direct' ? '' : `${row.added >= 0 ? '+' : ''}${figure(row.added)} ${row.unit}`;
  return row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} × nginx`;
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function textTable(rows: readonly Row[]): string {
  const lines = [[...headings], ...rows.map(cells)];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable(rows: readonly Row[]): string {
  const lines = [[...headings], headings.map(() => '---'), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}
