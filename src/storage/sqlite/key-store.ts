// Keys and the facts about them. Every change raises `keys_version`, by which other processes notice it.
import { sql } from 'kysely';
import { tryParseJson } from '../../core/json.ts';
import type { KeyStore, StoredKey } from '../../ledger/key-store.ts';
import type { Connection } from './connection.ts';
import type { Facts } from './facts.ts';
import type { KeyTable } from './tables.ts';

export function createKeyStore(connection: Connection, facts: Facts): KeyStore {
  const { queries, sqlite } = connection;
  const insert = connection.prepare(
    queries.insertInto('keys').values({ id: '', name: '', digest: '', last4: '', models: '', created_ms: 0, expires_ms: 0, revoked_ms: 0 }),
  );
  const selectByDigest = connection.prepare(queries.selectFrom('keys').selectAll().where('digest', '=', ''));
  const selectById = connection.prepare(queries.selectFrom('keys').selectAll().where('id', '=', ''));
  const selectAll = connection.prepare(queries.selectFrom('keys').selectAll().orderBy('created_ms').orderBy('id'));
  const selectAny = connection.prepare(queries.selectFrom('keys').select('id').limit(1));
  const revoke = connection.prepare(
    queries.updateTable('keys').set({ revoked_ms: 0 }).where('id', '=', '').where('revoked_ms', 'is', null),
  );
  const raiseVersion = connection.prepare(
    queries
      .insertInto('facts')
      .values({ name: '', value: '' })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: sql`cast(facts.value as integer) + 1` })),
  );
  // Changes when another connection commits; our own commits leave it as it is.
  const dataVersion = sqlite.prepare('pragma data_version');

  const readDataVersion = (): number => Number(dataVersion.get()?.['data_version'] ?? 0);
  const readKeysVersion = (): number => Number(facts.read('keys_version') ?? 0);
  let seenDataVersion = readDataVersion();
  let keysVersion = readKeysVersion();

  function change(work: () => void): void {
    connection.transact(() => {
      work();
      raiseVersion.run('keys_version', '1');
    });
    keysVersion = readKeysVersion();
  }

  return {
    insertKey(key) {
      change(() => insert.run(...toValues(key)));
    },
    findKeyByDigest: (digest) => optionalKey(selectByDigest.get(digest)),
    listKeys: () => selectAll.all().map((row) => fromRow(row as unknown as KeyTable)),
    revokeKey(id, revokedMs) {
      if (selectById.get(id) === undefined) return undefined;
      change(() => revoke.run(revokedMs, id));
      return optionalKey(selectById.get(id));
    },
    hasKeys: () => selectAny.get(1) !== undefined,
    keysVersion() {
      const current = readDataVersion();
      if (current !== seenDataVersion) {
        seenDataVersion = current;
        keysVersion = readKeysVersion();
      }
      return keysVersion;
    },
    readAdminDigest: () => facts.read('admin_digest'),
    writeAdminDigest: (digest) => facts.write('admin_digest', digest),
  };
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
  };
}
