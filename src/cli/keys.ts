// `mpc keys`: virtual keys, made, listed and revoked in the data directory while the server runs.
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { readDuration } from '../core/duration.ts';
import { createAuditLog } from '../ledger/audit/audit-log.ts';
import { createKeyRing, type Key, type KeyRing, type NewKey } from '../ledger/key-ring.ts';
import { type Scope, scopes } from '../ledger/owners/owner.ts';
import type { Database } from '../storage/sqlite/open-database.ts';
import { openExistingLedger, openLedger } from './open-ledger.ts';
import { readCount, readFuture, readList } from './read-options.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';
import { UsageError } from './usage-error.ts';

interface CreateOptions {
  readonly name: string;
  readonly models?: string;
  readonly expires?: string;
  readonly count?: string;
  readonly user?: string;
  readonly team?: string;
  readonly organisation?: string;
  readonly tags?: string;
  readonly scopes?: string;
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
    .option('--user <id>', 'user it belongs to')
    .option('--team <id>', 'team it belongs to')
    .option('--organisation <id>', 'organisation it belongs to')
    .option('--tags <names>', 'tags of its calls, by commas')
    .option('--scopes <names>', 'calls, read, team-admin, by commas (default: calls)')
    .option('--json', 'one JSON object per key')
    .action((options: CreateOptions) => createKeys(create, options));
  const list = keys
    .command('list')
    .description('list all keys, revoked ones included')
    .option('--json', 'one JSON object per line')
    .action((options: { json?: true }) => listKeys(list, options));
  const rotate = keys
    .command('rotate')
    .description('give a key a new secret; this is the only time it is shown')
    .argument('<id>', 'id of the key, as listed')
    .option('--overlap <time>', 'how long the old secret opens too: 0, 12h, 7d (default: 24h)')
    .option('--json', 'the key as a JSON object')
    .action((id: string, options: { overlap?: string; json?: true }) => rotateKey(rotate, { id, ...options }));
  const revoke = keys
    .command('revoke')
    .description('revoke a key; a running server refuses it within 5 seconds')
    .argument('<id>', 'id of the key, as listed')
    .option('--json', 'the revoked key as a JSON object')
    .action((id: string, options: { json?: true }) => revokeKey(revoke, { id, ...options }));
}

function ringOf(database: Database): KeyRing {
  return createKeyRing({ store: database.keys, digest: database.digest, clock: systemClock, owners: database.owners });
}

function note(database: Database, action: string, target: string): void {
  createAuditLog({ store: database.audit, digest: database.digest, clock: systemClock }).record({ actor: 'cli', action, target });
}

/** Whose the keys shall be. An owner that does not exist would pay for nothing. */
function readOwners(database: Database, options: CreateOptions): Partial<NewKey> {
  const { user, team, organisation } = options;
  for (const [kind, id] of Object.entries({ user, team, organisation })) {
    if (id !== undefined && database.owners.findOwner(id)?.kind !== kind)
      throw new UsageError(`--${kind} "${id}": there is no such ${kind}`);
  }
  const tags = readList('tags', options.tags);
  const wanted = readList('scopes', options.scopes);
  const unknown = wanted?.find((scope) => !scopes.some((known) => known === scope));
  if (unknown !== undefined) throw new UsageError(`--scopes "${unknown}" is none of ${scopes.join(', ')}`);
  return {
    ...(user !== undefined && { userId: user }),
    ...(team !== undefined && { teamId: team }),
    ...(organisation !== undefined && { organisationId: organisation }),
    ...(tags !== undefined && { tags }),
    ...(wanted !== undefined && { scopes: wanted as readonly Scope[] }),
  };
}

async function createKeys(command: Command, options: CreateOptions): Promise<void> {
  const nowMs = systemClock.wallMs();
  const models = readList('models', options.models);
  const expiresMs = readFuture('expires', options.expires, nowMs);
  const count = readCount('count', options.count);
  const database = await openLedger(command);
  try {
    const ring = ringOf(database);
    const owners = readOwners(database, options);
    for (let i = 1; i <= (count ?? 1); i += 1) {
      const name = count === undefined ? options.name : `${options.name}-${i}`;
      const { key, secret } = ring.createKey({
        name,
        ...(models !== undefined && { models }),
        ...(expiresMs !== undefined && { expiresMs }),
        ...owners,
      });
      note(database, 'key.create', key.id);
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
  if (database !== undefined && key !== undefined) note(database, 'key.revoke', id);
  database?.close();
  if (key === undefined) throw new Error(`there is no key with the id "${id}": "mpc keys list" shows them all`);
  if (json === true) printJson({ id: key.id, name: key.name, ...describe(key, systemClock.wallMs()) });
  else printLine(`revoked ${key.id} (${key.name})`);
}

interface RotateOptions {
  readonly id: string;
  readonly overlap?: string;
  readonly json?: true;
}

async function rotateKey(command: Command, { id, overlap = '24h', json }: RotateOptions): Promise<void> {
  const overlapMs = overlap === '0' ? 0 : readDuration(overlap);
  if (overlapMs === undefined) throw new UsageError(`--overlap "${overlap}" is no time: write 0, 12h, 7d`);
  const database = await openExistingLedger(command);
  const rotated = database === undefined ? undefined : ringOf(database).rotateKey(id, overlapMs);
  if (database !== undefined && rotated !== undefined) note(database, 'key.rotate', id);
  database?.close();
  if (rotated === undefined) throw new Error(`there is no key with the id "${id}" that is not revoked: "mpc keys list" shows them all`);
  const { key, secret } = rotated;
  if (json === true) printJson({ id: key.id, name: key.name, key: secret, ...describe(key, systemClock.wallMs()) });
  else printLine(`${secret}  ${key.id}  ${key.name}`);
}

function describe(key: Key, nowMs: number): object {
  return {
    last4: key.last4,
    models: key.models ?? null,
    status: statusOf(key, nowMs),
    created_at: isoTime(key.createdMs),
    expires_at: isoTime(key.expiresMs),
    revoked_at: isoTime(key.revokedMs),
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organisation_id: key.organisationId ?? null,
    tags: key.tags ?? [],
    scopes: key.scopes ?? ['calls'],
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
