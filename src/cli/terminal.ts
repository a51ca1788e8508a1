// The only place that writes to the terminal: results go to standard output, all else to standard error.
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON object on one line. */
export function printJson(value: object): void {
  printLine(JSON.stringify(value));
}

/** Text as it is, without a newline: streamed answers. */
export function printText(text: string): void {
  process.stdout.write(text);
}

/** Notes for the person at the terminal; never mixed into results. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Coloured when standard output is a terminal and NO_COLOR is not set. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Left-aligned columns, as wide as their widest cell; the last one is not padded. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [styled('dim', line(header)), ...rows.map(line)];
}

/** `mpc logs | head` closes the pipe early: that is no failure. */
export function endQuietlyWhenReaderLeaves(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}
