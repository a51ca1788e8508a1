// The data directory's database for a command that works beside a running server.
import type { Command } from 'commander';
import type { Database } from '../storage/sqlite/open-database.ts';
import { loadCliSettings } from './load-cli-settings.ts';

// A person can wait for the server's write; a server cannot wait for a person's.
const busyTimeoutMs = 5_000;

/** undefined = there is none yet, and looking must not create one. */
export async function openExistingLedger(command: Command): Promise<Database | undefined> {
  const { hasDatabase, openDatabase } = await import('../storage/sqlite/open-database.ts');
  const { dataDir } = (await loadCliSettings(command)).settings;
  return hasDatabase(dataDir) ? openDatabase(dataDir, { busyTimeoutMs }) : undefined;
}

export async function openLedger(command: Command): Promise<Database> {
  const { openDatabase } = await import('../storage/sqlite/open-database.ts');
  const { dataDir } = (await loadCliSettings(command)).settings;
  return openDatabase(dataDir, { busyTimeoutMs });
}
