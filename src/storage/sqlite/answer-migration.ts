// The table of the answer cache.
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const answers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('answers')
      .addColumn('key', 'text', (column) => column.primaryKey().notNull())
      .addColumn('json', 'text', (column) => column.notNull())
      .addColumn('size', 'integer', (column) => column.notNull())
      .addColumn('expires_ms', 'integer', (column) => column.notNull())
      .modifyEnd(sql`strict`)
      .execute();
    await db.schema.createIndex('answers_expires').on('answers').columns(['expires_ms', 'size']).execute();
  },
};
