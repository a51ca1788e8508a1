// Users, teams and organisations.
import type { Owner, OwnerKind } from '../../ledger/owners/owner.ts';
import type { OwnerStore } from '../../ledger/owners/owner-store.ts';
import type { Connection } from './connection.ts';
import type { DataVersion } from './data-version.ts';

/** `version`: that of the keys, which carry their owners. */
export function createOwnerStore({ sqlite }: Connection, version: DataVersion): OwnerStore {
  const selectById = sqlite.prepare('select * from owners where id = ?');
  const selectByKind = sqlite.prepare('select * from owners where kind = ? order by created_ms, id');
  const save = sqlite.prepare(
    'insert or replace into owners (id, kind, name, organisation_id, team_id, created_ms) values (?, ?, ?, ?, ?, ?)',
  );
  const remove = sqlite.prepare('delete from owners where id = ?');
  return {
    findOwner(id) {
      const row = selectById.get(id);
      return row === undefined ? undefined : fromRow(row);
    },
    listOwners: (kind) => selectByKind.all(kind).map(fromRow),
    saveOwner(owner) {
      version.change(() => save.run(owner.id, owner.kind, owner.name, owner.organisationId ?? null, owner.teamId ?? null, owner.createdMs));
    },
    deleteOwner: (id) => version.change(() => Number(remove.run(id).changes)) > 0,
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): Owner {
  const { organisation_id: organisationId, team_id: teamId } = row;
  return {
    id: String(row['id']),
    kind: row['kind'] as OwnerKind,
    name: String(row['name']),
    ...(typeof organisationId === 'string' && { organisationId }),
    ...(typeof teamId === 'string' && { teamId }),
    createdMs: Number(row['created_ms']),
  };
}
