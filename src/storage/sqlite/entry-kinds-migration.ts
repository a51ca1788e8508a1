// Entries lose what they have in common to a table of kinds; a view puts both together for readers.
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const kind = sql.raw(
  'principal, dialect, endpoint, requested_model, model, provider_model, provider, connection, layer, stream, status, error_code, usage_source, price_version, decision_id, finish',
);
const own = sql.raw(
  'id, time_ms, input, cached_input, cache_write, cache_write_1h, output, reasoning, usage_anomaly, provider_cost_nano_usd, cost_nano_usd, session_id, attempts, timings, warnings, usage_more',
);

export const entryKinds: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('entry_kinds')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('seen_ms', 'integer', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('dialect', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('requested_model', 'text')
      .addColumn('model', 'text')
      .addColumn('provider_model', 'text')
      .addColumn('provider', 'text')
      .addColumn('connection', 'text')
      .addColumn('layer', 'text')
      .addColumn('stream', 'integer', (column) => column.notNull())
      .addColumn('status', 'integer', (column) => column.notNull())
      .addColumn('error_code', 'text')
      .addColumn('usage_source', 'text')
      .addColumn('price_version', 'text')
      .addColumn('decision_id', 'text')
      .addColumn('finish', 'text')
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema.createIndex('entry_kinds_seen').on('entry_kinds').columns(['seen_ms']).execute();

    await sql`alter table entries rename to entries_before`.execute(db);
    await sql`drop index entries_time`.execute(db);
    await sql`drop index entries_session`.execute(db);
    await db.schema
      .createTable('entries')
      .addColumn('seq', 'integer', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('time_ms', 'integer', (column) => column.notNull())
      .addColumn('kind', 'integer', (column) => column.notNull())
      .addColumn('input', 'integer')
      .addColumn('cached_input', 'integer')
      .addColumn('cache_write', 'integer')
      .addColumn('cache_write_1h', 'integer')
      .addColumn('output', 'integer')
      .addColumn('reasoning', 'integer')
      .addColumn('cost_nano_usd', 'integer')
      .addColumn('session_id', 'text')
      .addColumn('attempts', 'text', (column) => column.notNull())
      .addColumn('timings', 'text', (column) => column.notNull())
      .addColumn('usage_anomaly', 'text')
      .addColumn('provider_cost_nano_usd', 'integer')
      .addColumn('warnings', 'text')
      .addColumn('usage_more', 'text')
      .modifyEnd(sql`strict`)
      .execute();
    // The old rows name their kinds by themselves: the number is that of the first row of its kind.
    await sql`insert into entry_kinds (id, name, seen_ms, ${kind})
      select min(seq), 'before ' || min(seq), max(time_ms), ${kind} from entries_before group by ${kind}`.execute(db);
    await sql`insert into entries (seq, kind, ${own})
      select seq, min(seq) over (partition by ${kind}), ${own} from entries_before order by seq`.execute(db);
    await sql`drop table entries_before`.execute(db);
    await db.schema.createIndex('entries_time').on('entries').columns(['time_ms']).execute();
    await sql`create index entries_session on entries (session_id, time_ms) where session_id is not null`.execute(db);
    await sql`create view entry_rows as select seq, ${sql.raw('entries.id as id')}, time_ms, input, cached_input, cache_write, cache_write_1h, output,
      reasoning, usage_anomaly, provider_cost_nano_usd, cost_nano_usd, session_id, attempts, timings, warnings, usage_more, ${kind}
      from entries join entry_kinds on entry_kinds.id = entries.kind`.execute(db);
  },
};
