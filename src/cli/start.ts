// `mpc start`: the server, in the foreground.
import type { Command } from 'commander';
import { type Field, fields } from '../config/fields.ts';
import { flagsOf } from './load-cli-settings.ts';
import { printText } from './terminal.ts';

export function defineStart(program: Command): void {
  const command = program.command('start').description('start the gateway');
  // The settings say themselves which flags they have; `--data-dir` belongs to every command.
  for (const { flag, help } of fields as readonly Field[]) {
    if (flag !== undefined && flag !== 'data-dir') command.option(`--${flag} <value>`, help.replaceAll('`', ''));
  }
  command.action(async () => {
    const { startServer } = await import('../app.ts');
    await startServer({ ...flagsOf(command) }, printText);
  });
}
