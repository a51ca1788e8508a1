// The command line: its commands and what an error of theirs means for the exit code.
import { Command, CommanderError } from 'commander';
import { defineAudit } from './audit.ts';
import { defineBudgets } from './budgets.ts';
import { defineCatalog } from './catalog.ts';
import { defineChat } from './chat.ts';
import { defineConfig } from './config.ts';
import { defineDoctor } from './doctor.ts';
import { defineKeys } from './keys.ts';
import { defineLogs } from './logs.ts';
import { defineModels } from './models.ts';
import { defineSelect } from './select.ts';
import { defineStart } from './start.ts';
import { printNote } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { version } from '../core/version.ts';

const failed = 1;
const usedWrongly = 2;

export function createProgram(): Command {
  const program = new Command('mpc')
    .description('MPC-API: one gateway in front of every model provider')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .option('--config <file>', 'configuration file (default: ./mpc.yaml if present)')
    .option('--data-dir <folder>', 'database and keys (default: ./data.local)')
    .showHelpAfterError('"mpc --help" lists the commands; "mpc COMMAND --help" explains one.');
  for (const define of [
    defineStart,
    defineChat,
    defineModels,
    defineCatalog,
    defineSelect,
    defineKeys,
    defineBudgets,
    defineAudit,
    defineLogs,
    defineConfig,
    defineDoctor,
  ]) {
    define(program);
  }
  exitByException(program);
  return program;
}

/** Runs one command line (without node and script) and answers the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return toExitCode(error);
  }
}

function toExitCode(error: unknown): number {
  // Commander has printed its message, or the help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usedWrongly;
  printNote(`mpc: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof UsageError || isBadInput(error) ? usedWrongly : failed;
}

/** Input that a part below refused, such as a malformed list of models. */
function isBadInput(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'invalid_request';
}

// Subcommands do not inherit this once they exist, and without it commander ends the process by itself with 1.
function exitByException(command: Command): void {
  command.exitOverride();
  command.commands.forEach(exitByException);
}
