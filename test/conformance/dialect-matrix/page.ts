// docs/dialects.md: what the matrix found, a table for each scenario.
import type { Played } from './play.ts';
import type { Scenario } from './scenarios.ts';

export interface Cell {
  readonly client: string;
  readonly upstream: string;
  /** The same grammar on both sides: the gateway passes the bytes on. */
  readonly same: boolean;
  readonly whole: Played | undefined;
  readonly streamed: Played | undefined;
}

const title = `# Dialects

Which grammars the gateway speaks, and what survives between them. This page is written by a test that plays each scenario through every
pair of a client's and an upstream's grammar, whole and streamed, with readers and writers of its own; change it with
\`UPDATE_DOCS=1 npx vitest run test/conformance/dialect-matrix.test.ts\`.

- **=** the same grammar on both sides: the provider's bytes pass unchanged.
- **✓** everything arrives.
- **1**, **2** … it arrives or is lost as the numbered warning says; callers find it in the \`x-mpc-warnings\` header.
- **–** the client's grammar has no words to ask for it, or the upstream's none to answer it.
`;

export function writePage(results: readonly { readonly scenario: Scenario; readonly cells: readonly Cell[] }[]): string {
  return `${[title, ...results.map(({ scenario, cells }) => writeScenario(scenario, cells))].join('\n')}`;
}

function writeScenario(scenario: Scenario, cells: readonly Cell[]): string {
  const notes: string[] = [];
  const upstreams = [...new Set(cells.map((cell) => cell.upstream))];
  const clients = [...new Set(cells.map((cell) => cell.client))];
  const rows = clients.map((client) => {
    const marks = upstreams.map((upstream) => {
      const cell = cells.find((one) => one.client === client && one.upstream === upstream);
      return cell === undefined ? '–' : markOf(cell, notes);
    });
    return `| ${client} | ${marks.join(' | ')} |`;
  });
  return [
    `## ${scenario.name}`,
    '',
    scenario.about,
    '',
    `| client ↓ upstream → | ${upstreams.join(' | ')} |`,
    `|---|${upstreams.map(() => '---').join('|')}|`,
    ...rows,
    ...(notes.length === 0 ? [] : ['', ...notes.map((note, at) => `${at + 1}. ${note}`)]),
    '',
  ].join('\n');
}

function markOf(cell: Cell, notes: string[]): string {
  if (cell.same) return '=';
  const played = [cell.whole, cell.streamed].filter((one) => one !== undefined);
  if (played.length === 0) return '–';
  const said = [
    ...new Set(played.flatMap(({ warnings }) => warnings.map(({ field, kind, message }) => `\`${field}\` ${kind}: ${message}`))),
  ];
  if (said.length === 0) return '✓';
  return said.map((note) => numberOf(note, notes)).join(' ');
}

function numberOf(note: string, notes: string[]): number {
  const at = notes.indexOf(note);
  if (at >= 0) return at + 1;
  notes.push(note);
  return notes.length;
}
