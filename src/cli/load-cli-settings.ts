// The settings a command works with, from its flags and the environment.
import type { Command } from 'commander';
import { readEnvironment } from '../config/environment.ts';
import type { LoadOptions } from '../config/load-settings.ts';
import type { LoadedSettings } from '../config/settings.ts';

export type Flags = Readonly<Record<string, string | undefined>>;

/** Values of all options of a command and its parents by their long names: `{ port: '3001', 'data-dir': './x' }`. */
export function flagsOf(command: Command): Flags {
  const flags: Record<string, string | undefined> = {};
  for (let at: Command | null = command; at !== null; at = at.parent) {
    for (const option of at.options) {
      const value: unknown = at.getOptionValue(option.attributeName());
      if (typeof value === 'string') flags[option.name()] ??= value;
    }
  }
  return flags;
}

/** Only `--config` and `--data-dir` concern the settings of a command other than `start`; the rest are its own options. */
export async function loadCliSettings(command: Command): Promise<LoadedSettings> {
  const { loadSettings } = await import('../config/load-settings.ts');
  return loadSettings(sourceOf(command));
}

/** With the operator's own adapters, for commands that look at connections; loading them runs their code. */
export async function loadCliSettingsWithAdapters(command: Command): Promise<LoadedSettings> {
  const { loadSettingsWithAdapters } = await import('../library/load-adapters.ts');
  return loadSettingsWithAdapters(sourceOf(command));
}

function sourceOf(command: Command): LoadOptions {
  const { config, 'data-dir': dataDir } = flagsOf(command);
  return { flags: { config, 'data-dir': dataDir }, env: readEnvironment(), cwd: process.cwd() };
}
