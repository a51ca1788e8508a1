// Keys and the facts about them. Every change raises `keys_version`, by which other processes notice it.
import { tryParseJson } from '../../core/json.ts';
import type { KeyChanges, KeyStore, StoredKey } from '../../ledger/key-store.ts';
import type { Connection } from './connection.ts';
import type { DataVersion } from './data-version.ts';
import type { Facts } from './facts.ts';
import type { KeyTable } from './tables.ts';

const keyColumns = [
  'id',
  'name',
  'digest',
  'last4',
  'models',
  'created_ms',
  'expires_ms',
  'revoked_ms',
  'user_id',
  'team_id',
  'organisation_id',
  'tags',
  'scopes',
  'previous_digest',
  'previous_until_ms',
] as const satisfies readonly (keyof KeyTable)[];

export function createKeyStore(connection: Connection, facts: Facts, version: DataVersion): KeyStore {
  const { queries } = connection;
  const placeholders = Object.fromEntries(keyColumns.map((column) => [column, ''])) as unknown as KeyTable;
  const save = connection.prepare(queries.replaceInto('keys').values(placeholders));
  const insert = connection.prepare(queries.insertInto('keys').values(placeholders));
  const selectByDigest = connection.prepare(
    queries
      .selectFrom('keys')
      .selectAll()
      .where((part) => part.or([part('digest', '=', ''), part('previous_digest', '=', '')])),
  );
  const selectById = connection.prepare(queries.selectFrom('keys').selectAll().where('id', '=', ''));
  const selectAll = connection.prepare(queries.selectFrom('keys').selectAll().orderBy('created_ms').orderBy('id'));
  const selectAny = connection.prepare(queries.selectFrom('keys').select('id').limit(1));

  const findKey = (id: string): StoredKey | undefined => optionalKey(selectById.get(id));

  function rewrite(id: string, next: (key: StoredKey) => StoredKey | undefined): StoredKey | undefined {
    return version.change(() => {
      const key = findKey(id);
      const changed = key === undefined ? undefined : next(key);
      if (changed !== undefined) save.run(...toValues(changed));
      return changed;
    });
  }

  return {
    insertKey(key) {
      version.change(() => insert.run(...toValues(key)));
    },
    findKeyByDigest: (digest) => optionalKey(selectByDigest.get(digest, digest)),
    findKey,
    listKeys: () => selectAll.all().map((row) => fromRow(row as unknown as KeyTable)),
    revokeKey: (id, revokedMs) => rewrite(id, (key) => ({ ...key, revokedMs: key.revokedMs ?? revokedMs })),
    updateKey: (id, changes) => rewrite(id, (key) => applyChanges(key, changes)),
    rotateKey: (id, { digest, last4, previousUntilMs }) =>
      rewrite(id, (key) =>
        key.revokedMs === undefined ? { ...key, digest, last4, previousDigest: key.digest, previousUntilMs } : undefined,
      ),
    hasKeys: () => selectAny.get(1) !== undefined,
    keysVersion: version.read,
    readAdminDigest: () => facts.read('admin_digest'),
    writeAdminDigest: (digest) => facts.write('admin_digest', digest),
  };
}

function applyChanges(key: StoredKey, changes: KeyChanges): StoredKey {
  const changed: Record<string, unknown> = { ...key };
  for (const [field, value] of Object.entries(changes)) {
    if (value === null) delete changed[field];
    else if (value !== undefined) changed[field] = value;
  }
  return changed as unknown as StoredKey;
}

function toValues(key: StoredKey): (string | number | null)[] {
  return [
    key.id,
    key.name,
    key.digest,
    key.last4,
    key.models === undefined ? null : JSON.stringify(key.models),
    key.createdMs,
    key.expiresMs ?? null,
    key.revokedMs ?? null,
    key.userId ?? null,
    key.teamId ?? null,
    key.organisationId ?? null,
    key.tags === undefined ? null : JSON.stringify(key.tags),
    key.scopes === undefined ? null : JSON.stringify(key.scopes),
    key.previousDigest ?? null,
    key.previousUntilMs ?? null,
  ];
}

function optionalKey(row: unknown): StoredKey | undefined {
  return row === undefined ? undefined : fromRow(row as KeyTable);
}

function fromRow(row: KeyTable): StoredKey {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    last4: row.last4,
    ...(row.models !== null && { models: tryParseJson(row.models) as readonly string[] }),
    createdMs: row.created_ms,
    ...(row.expires_ms !== null && { expiresMs: row.expires_ms }),
    ...(row.revoked_ms !== null && { revokedMs: row.revoked_ms }),
    ...(row.user_id !== null && { userId: row.user_id }),
    ...(row.team_id !== null && { teamId: row.team_id }),
    ...(row.organisation_id !== null && { organisationId: row.organisation_id }),
    ...(row.tags !== null && { tags: tryParseJson(row.tags) as readonly string[] }),
    ...(row.scopes !== null && { scopes: tryParseJson(row.scopes) as unknown as NonNullable<StoredKey['scopes']> }),
    ...(row.previous_digest !== null && { previousDigest: row.previous_digest }),
    ...(row.previous_until_ms !== null && { previousUntilMs: row.previous_until_ms }),
  };
}
