// `mpc config`: every setting in force and where it came from; secrets are never shown.
import type { Command } from 'commander';
import { loadCliSettingsWithAdapters } from './load-cli-settings.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

export function defineConfig(program: Command): void {
  const command = program
    .command('config')
    .description('show every setting with its origin')
    .argument('[text]', 'only settings whose path contains this text')
    .option('--json', 'one JSON object per line')
    .action((text: string | undefined, options: { json?: true }) => showConfig(command, { text, ...options }));
}

async function showConfig(
  command: Command,
  { text = '', json }: { readonly text: string | undefined; readonly json?: true },
): Promise<void> {
  const { describeSettings } = await import('../config/describe-settings.ts');
  const loaded = await loadCliSettingsWithAdapters(command);
  const settings = describeSettings(loaded).filter((setting) => setting.path.includes(text));
  if (json === true) {
    for (const { path, value, origin } of settings) printJson({ path, value, origin });
    return;
  }
  const rows = settings.map(({ path, value, origin }) => [path, value === null ? '-' : String(value), origin]);
  for (const line of formatTable(['SETTING', 'VALUE', 'FROM'], rows)) printLine(line);
  for (const notice of loaded.notices) printNote(`note: ${notice}`);
}
