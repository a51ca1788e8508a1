// Puts the table of cases and a run's results between their marks in the documentation page, and leaves the rest alone.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Case } from '../cases/case.ts';
import { targetOf } from './rows.ts';

/** Runs against other gateways stand apart: they are made seldom, and take other cases. */
export type Section = 'cases' | 'results' | 'gateways';

const begin = (section: Section) => `<!-- benchmark ${section}: begin (written by npm run bench -- --write-docs) -->`;
const end = (section: Section) => `<!-- benchmark ${section}: end -->`;

/** Sections that are not given stay as they are. */
export function writeDocs(file: string, sections: Readonly<Partial<Record<Section, string>>>): void {
  let page = readFileSync(file, 'utf8');
  for (const section of ['cases', 'results', 'gateways'] as const) {
    const text = sections[section];
    if (text !== undefined) page = replaceSection(page, { section, text });
  }
  writeFileSync(file, page);
}

export interface Replacement {
  readonly section: Section;
  readonly text: string;
}

/** The page with another text between the marks of one section. */
export function replaceSection(page: string, { section, text }: Replacement): string {
  const from = page.indexOf(begin(section));
  const to = page.indexOf(end(section));
  if (from < 0 || to < from) throw new Error(`the page has lost its marks "${begin(section)}" and "${end(section)}"`);
  return `${page.slice(0, from)}${begin(section)}\n\n${text.trim()}\n\n${page.slice(to)}`;
}

/** What each case asks and what must hold, from the cases themselves. */
export function caseTable(cases: readonly Case[]): string {
  const lines = cases.map((known) => {
    const targets = known.metrics.flatMap((metric) => {
      const target = targetOf(metric);
      return target === undefined ? [] : [known.metrics.length > 1 ? `${metric.label}: ${target}` : target];
    });
    return `| \`${known.id}\` | ${known.title} | ${known.about} | ${targets.join('; ')} |`;
  });
  return ['| case | what | how | target |', '|---|---|---|---|', ...lines].join('\n');
}
