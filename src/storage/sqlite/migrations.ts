// The schema's history, compiled in. A released migration is never edited: add the next one.
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { money } from './money-migration.ts';
import { answers } from './answer-migration.ts';
import { entryKinds } from './entry-kinds-migration.ts';
import { responses } from './response-migration.ts';

const strict = sql`strict`;

const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('entries')
      .addColumn('seq', 'integer', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('time_ms', 'integer', (column) => column.notNull())
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
      .addColumn('input', 'integer')
      .addColumn('cached_input', 'integer')
      .addColumn('cache_write', 'integer')
      .addColumn('cache_write_1h', 'integer')
      .addColumn('output', 'integer')
      .addColumn('reasoning', 'integer')
      .addColumn('usage_source', 'text')
      .addColumn('usage_anomaly', 'text')
      .addColumn('provider_cost_nano_usd', 'integer')
      .addColumn('cost_nano_usd', 'integer')
      .addColumn('price_version', 'text')
      .addColumn('decision_id', 'text')
      .addColumn('finish', 'text')
      .addColumn('session_id', 'text')
      .addColumn('attempts', 'text', (column) => column.notNull())
      .addColumn('timings', 'text', (column) => column.notNull())
      .addColumn('warnings', 'text')
      .modifyEnd(strict)
      .execute();
    // Time alone, because new entries then touch the last pages only. An index on (principal, time) doubled the cost of an
    // entry as soon as 10,000 keys were in use, since each one dirties a page of its own (measured 2026-11, 9 → 18 µs).
    await db.schema.createIndex('entries_time').on('entries').columns(['time_ms']).execute();
    await sql`create index entries_session on entries (session_id, time_ms) where session_id is not null`.execute(db);

    await db.schema
      .createTable('decisions')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('json', 'text', (column) => column.notNull())
      .addColumn('last_seen_ms', 'integer', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();
    await db.schema.createIndex('decisions_last_seen').on('decisions').columns(['last_seen_ms']).execute();

    await db.schema
      .createTable('keys')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull().unique())
      .addColumn('last4', 'text', (column) => column.notNull())
      .addColumn('models', 'text')
      .addColumn('created_ms', 'integer', (column) => column.notNull())
      .addColumn('expires_ms', 'integer')
      .addColumn('revoked_ms', 'integer')
      .modifyEnd(strict)
      .execute();

    await db.schema
      .createTable('facts')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .modifyEnd(strict)
      .execute();
  },
};

/** What is not counted in tokens: images, seconds, characters. Nullable, so that old rows stay as they are. */
const usageMore: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('entries').addColumn('usage_more', 'text').execute();
  },
};

/** In order of their names. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-usage-more': usageMore,
  '0003-money': money,
  '0004-responses': responses,
  '0005-answers': answers,
  '0006-entry-kinds': entryKinds,
};
