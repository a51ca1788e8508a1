// Writes entries and decisions: prepared statements, one transaction per batch; and forgets old ones.
import { sql } from 'kysely';
import type { EntryStore, RetentionStore } from '../../ledger/entry-store.ts';
import type { Connection } from './connection.ts';
import { createEntryKinds, kindGraceMs } from './entry-kinds.ts';
import { ownColumns, toValues } from './entry-rows.ts';
import type { SetAsideFile } from './set-aside-file.ts';
import type { EntryTable } from './tables.ts';

export function createEntryStore(connection: Connection, aside: SetAsideFile): EntryStore & RetentionStore {
  const { queries } = connection;
  const kinds = createEntryKinds(connection);
  const placeholders = Object.fromEntries(ownColumns.map((column) => [column, ''])) as unknown as Omit<EntryTable, 'seq'>;
  const insertEntry = connection.prepare(
    queries
      .insertInto('entries')
      .values(placeholders)
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  const insertDecision = connection.prepare(
    queries
      .insertInto('decisions')
      .values({ id: '', json: '', last_seen_ms: 0 })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ last_seen_ms: sql`excluded.last_seen_ms` })),
  );
  // SQLite deletes by rowid fastest, and has no `delete … limit` by default.
  const deleteEntries = connection.prepare(
    queries.deleteFrom('entries').where('seq', 'in', (part) => part.selectFrom('entries').select('seq').where('time_ms', '<', 0).limit(0)),
  );
  const deleteDecisions = connection.prepare(
    queries
      .deleteFrom('decisions')
      .where('id', 'in', (part) => part.selectFrom('decisions').select('id').where('last_seen_ms', '<', 0).limit(0)),
  );

  const save: EntryStore['save'] = (batch) => {
    try {
      connection.transact(() => {
        const { entries } = batch;
        for (let index = 0; index < entries.length; index += 1) insertEntry.run(...toValues(entries, index, kinds.idOf(entries, index)));
        for (const { id, json, seenMs } of batch.decisions) insertDecision.run(id, json, seenMs);
      });
    } catch (cause) {
      kinds.forget();
      throw cause;
    }
  };

  return {
    save,
    setAside: (batch) => aside.append(batch),
    recover: () => aside.drain(save),
    deleteEntriesBefore(timeMs, limit) {
      const gone = Number(deleteEntries.run(timeMs, limit).changes);
      return gone === limit ? gone : gone + kinds.deleteBefore(timeMs - kindGraceMs, limit - gone);
    },
    deleteDecisionsBefore: (timeMs, limit) => Number(deleteDecisions.run(timeMs, limit).changes),
  };
}
