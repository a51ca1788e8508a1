// Markdown of the generated pages: tables, code, and texts between marks.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export interface Part {
  readonly page: string;
  readonly name: string;
  readonly text: string;
}

/** The page with another text between the marks of one part. */
export function fill(page: string, part: Part): string {
  const begin = `<!-- generated: ${part.name} -->`;
  const end = `<!-- end: ${part.name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/${part.page} needs the lines "${begin}" and "${end}"`);
  return `${page.slice(0, from + begin.length)}\n\n${part.text}\n\n${page.slice(to)}`;
}
