// `mpc keys`: virtual keys, made, listed and revoked in the data directory while the server runs.
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { createKeyRing, type Key, type KeyRing } from '../ledger/key-ring.ts';
import type { Database } from '../storage/sqlite/open-database.ts';
import { openExistingLedger, openLedger } from './open-ledger.ts';
import { readCount, readFuture, readList } from './read-options.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

interface CreateOptions {
  readonly name: string;
  readonly models?: string;
  readonly expires?: string;
  readonly count?: string;
  readonly json?: true;
}

export function defineKeys(program: Command): void {
  const keys = program.command('keys').description('create, list and revoke virtual keys');
  const create = keys
    .command('create')
    .description('create a key; this is the only time it is shown')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--models <names>', 'models it may use, by commas: aliases, ids, "openai/*" (default: all)')
    .option('--expires <when>', 'end of its life: 12h, 30d, 4w or an ISO date (default: never)')
    .option('--count <n>', 'create n keys, named NAME-1 to NAME-n')
    .option('--json', 'one JSON object per key')
    .action((options: CreateOptions) => createKeys(create, options));
  const list = keys
    .command('list')
    .description('list all keys, revoked ones included')
    .option('--json', 'one JSON object per line')
    .action((options: { json?: true }) => listKeys(list, options));
  const revoke = keys
    .command('revoke')
    .description('revoke a key; a running server refuses it within 5 seconds')
    .argument('<id>', 'id of the key, as listed')
    .option('--json', 'the revoked key as a JSON object')
    .action((id: string, options: { json?: true }) => revokeKey(revoke, { id, ...options }));
}

function ringOf(database: Database): KeyRing {
  return createKeyRing({ store: database.keys, digest: database.digest, clock: systemClock });
}

async function createKeys(command: Command, options: CreateOptions): Promise<void> {
  const nowMs = systemClock.wallMs();
  const models = readList('models', options.models);
  const expiresMs = readFuture('expires', options.expires, nowMs);
  const count = readCount('count', options.count);
  const database = await openLedger(command);
  try {
    const ring = ringOf(database);
    for (let i = 1; i <= (count ?? 1); i += 1) {
      const name = count === undefined ? options.name : `${options.name}-${i}`;
      const { key, secret } = ring.createKey({
        name,
        ...(models !== undefined && { models }),
        ...(expiresMs !== undefined && { expiresMs }),
      });
      if (options.json === true) printJson({ id: key.id, name: key.name, key: secret, ...describe(key, nowMs) });
      else printLine(`${secret}  ${key.id}  ${key.name}`);
    }
  } finally {
    database.close();
  }
  if (options.json !== true)
    printNote('Keep the key now: it is shown this once. Send it as "Authorization: Bearer KEY" or "x-api-key: KEY".');
}

async function listKeys(command: Command, options: { json?: true }): Promise<void> {
  const database = await openExistingLedger(command);
  const keys = database === undefined ? [] : ringOf(database).listKeys();
  database?.close();
  const nowMs = systemClock.wallMs();
  if (options.json === true) {
    for (const key of keys) printJson({ id: key.id, name: key.name, ...describe(key, nowMs) });
    return;
  }
  if (keys.length === 0) {
    printNote('There are no keys. Create one with: mpc keys create --name NAME');
    return;
  }
  const rows = keys.map((key) => [
    key.id,
    key.name,
    `…${key.last4}`,
    statusOf(key, nowMs),
    day(key.createdMs),
    day(key.expiresMs),
    key.models?.join(', ') ?? 'all',
  ]);
  for (const line of formatTable(['ID', 'NAME', 'KEY', 'STATUS', 'CREATED', 'EXPIRES', 'MODELS'], rows)) printLine(line);
}

async function revokeKey(command: Command, { id, json }: { readonly id: string; readonly json?: true }): Promise<void> {
  const database = await openExistingLedger(command);
  const key = database === undefined ? undefined : ringOf(database).revokeKey(id);
  database?.close();
  if (key === undefined) throw new Error(`there is no key with the id "${id}": "mpc keys list" shows them all`);
  if (json === true) printJson({ id: key.id, name: key.name, ...describe(key, systemClock.wallMs()) });
  else printLine(`revoked ${key.id} (${key.name})`);
}

function describe(key: Key, nowMs: number): object {
  return {
    last4: key.last4,
    models: key.models ?? null,
    status: statusOf(key, nowMs),
    created_at: isoTime(key.createdMs),
    expires_at: isoTime(key.expiresMs),
    revoked_at: isoTime(key.revokedMs),
  };
}

function statusOf(key: Key, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (key.revokedMs !== undefined) return 'revoked';
  return key.expiresMs !== undefined && key.expiresMs <= nowMs ? 'expired' : 'active';
}

function isoTime(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString();
}

function day(timeMs: number | undefined): string {
  return isoTime(timeMs)?.slice(0, 10) ?? 'never';
}
