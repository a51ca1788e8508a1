// Tables of budgets, rate limits, owners, the audit log and stored results.
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const strict = sql`strict`;

export const money: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('owners')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('organisation_id', 'text')
      .addColumn('team_id', 'text')
      .addColumn('created_ms', 'integer', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();

    await sql`alter table keys add column user_id text`.execute(db);
    await sql`alter table keys add column team_id text`.execute(db);
    await sql`alter table keys add column organisation_id text`.execute(db);
    await sql`alter table keys add column tags text`.execute(db);
    await sql`alter table keys add column scopes text`.execute(db);
    await sql`alter table keys add column previous_digest text`.execute(db);
    await sql`alter table keys add column previous_until_ms integer`.execute(db);
    await sql`create unique index keys_previous on keys (previous_digest) where previous_digest is not null`.execute(db);

    await db.schema
      .createTable('rules')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('definition', 'text', (column) => column.notNull())
      .addColumn('created_ms', 'integer', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();

    await db.schema
      .createTable('budget_counters')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('budget', 'text', (column) => column.notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('period_ms', 'integer', (column) => column.notNull())
      .addColumn('spent', 'integer', (column) => column.notNull())
      .addColumn('reserved', 'integer', (column) => column.notNull())
      .addColumn('unpriced', 'integer', (column) => column.notNull())
      .addColumn('alerted', 'integer', (column) => column.notNull())
      .addUniqueConstraint('budget_counters_key', ['budget', 'holder', 'period_ms'])
      .modifyEnd(strict)
      .execute();
    await db.schema.createIndex('budget_counters_period').on('budget_counters').columns(['period_ms']).execute();
    await db.schema
      .createTable('budget_processes')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('flushes', 'integer', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();
    await db.schema
      .createTable('budget_leases')
      .addColumn('process', 'text', (column) => column.notNull())
      .addColumn('counter', 'integer', (column) => column.notNull())
      .addColumn('amount', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('budget_leases_key', ['process', 'counter'])
      .modifyEnd(strict)
      .execute();

    await db.schema
      .createTable('audit')
      .addColumn('seq', 'integer', (column) => column.primaryKey())
      .addColumn('time_ms', 'integer', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();
    await sql`create trigger audit_no_update before update on audit begin select raise(abort, 'the audit log is append-only'); end`.execute(
      db,
    );
    await sql`create trigger audit_no_delete before delete on audit begin select raise(abort, 'the audit log is append-only'); end`.execute(
      db,
    );

    await db.schema
      .createTable('stored_results')
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('body_hash', 'text', (column) => column.notNull())
      .addColumn('status', 'integer', (column) => column.notNull())
      .addColumn('headers', 'text', (column) => column.notNull())
      .addColumn('body', 'blob', (column) => column.notNull())
      .addColumn('stream', 'integer', (column) => column.notNull())
      .addColumn('bytes', 'integer', (column) => column.notNull())
      .addColumn('stored_ms', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('stored_results_key', ['principal', 'key'])
      .modifyEnd(strict)
      .execute();
    await db.schema.createIndex('stored_results_time').on('stored_results').columns(['stored_ms']).execute();
  },
};
