// `mpc start`: the server, in the foreground.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
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
    keepCompiledCode();
    const { startServer } = await import('../app/start-server.ts');
    await startServer({ ...flagsOf(command) }, printText);
  });
}

/**
 * What V8 made of the bundle stays for the next start, which takes a quarter less time. Beside the bundle and not in the folder for
 * temporary files: code that is read back must be as hard to change as the bundle. Where it cannot be written there is none, silently.
 */
function keepCompiledCode(): void {
  const here = import.meta.dirname;
  if (!here.endsWith('cli')) enableCompileCache(join(here, 'compiled'));
}
