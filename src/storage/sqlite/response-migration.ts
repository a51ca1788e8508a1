// Tables of the answers that are kept for the Responses API.
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const strict = sql`strict`;

export const responses: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('responses')
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('connection', 'text', (column) => column.notNull())
      .addColumn('kept_there', 'integer', (column) => column.notNull())
      .addColumn('previous_id', 'text')
      .addColumn('created_ms', 'integer', (column) => column.notNull())
      .addColumn('expires_ms', 'integer', (column) => column.notNull())
      .addColumn('size', 'integer', (column) => column.notNull())
      .addColumn('input', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('responses_key', ['owner', 'id'])
      .modifyEnd(strict)
      .execute();
    await db.schema.createIndex('responses_expires').on('responses').columns(['expires_ms', 'size']).execute();

    await db.schema
      .createTable('response_items')
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('item_id', 'text', (column) => column.notNull())
      .addColumn('response_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('response_items_key', ['owner', 'item_id'])
      .modifyEnd(sql`strict, without rowid`)
      .execute();
    await db.schema.createIndex('response_items_response').on('response_items').columns(['owner', 'response_id']).execute();
  },
};
