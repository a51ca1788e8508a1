// `mpc start`: the server, in the foreground.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import type { Field } from '../config/field.ts';
import { fields } from '../config/fields.ts';
import { flagsOf } from './load-cli-settings.ts';
import { printText } from './terminal.ts';

export function defineStart(program: Command): void {
  const command = program.command('start').description('start the gateway');
  // The settings say themselves which flags they have; `--data-dir` belongs to every command.
  for (const { flag, help } of fields as readonly Field[]) {
    if (flag !== undefined && flag !== 'data-dir') command.option(`--${flag} <value>`, help.replaceAll('`', ''));
  }
  command.action(async () => {
    setUpEngine();
    keepCompiledCode();
    const { startServer } = await import('../app/start-server.ts');
    await startServer({ ...flagsOf(command) }, printText);
  });
}

/**
 * Settings of V8 13, the engine of Node 24, which the command line cannot carry because another engine would refuse to start.
 * Without the first, what hundreds of finished compilations leave is freed late: 20 MB more at the first load. Without the second,
 * V8 may take what a call makes for long-lived and put it into the old generation at once, with several times the mark-compacts. Decision 0025.
 */
function setUpEngine(): void {
  if (!process.versions.v8.startsWith('13.')) return;
  setFlagsFromString('--no-maglev-destroy-on-background');
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * What V8 made of the bundle stays for the next start, which takes a quarter less time. Beside the bundle and not in the folder for
 * temporary files: code that is read back must be as hard to change as the bundle. Where it cannot be written there is none, silently.
 */
function keepCompiledCode(): void {
  const here = import.meta.dirname;
  if (!here.endsWith('cli')) enableCompileCache(join(here, 'compiled'));
}
