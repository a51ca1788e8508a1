// Single named values in the database.
import type { Connection } from './connection.ts';
import { sql } from 'kysely';

export type FactName = 'keys_version' | 'rules_version' | 'audit_head' | 'admin_digest' | 'pepper_check';

export interface Facts {
  read(name: FactName): string | undefined;
  write(name: FactName, value: string): void;
}

export function createFacts(connection: Connection): Facts {
  const { queries } = connection;
  const select = connection.prepare(queries.selectFrom('facts').select('value').where('name', '=', ''));
  const upsert = connection.prepare(
    queries
      .insertInto('facts')
      .values({ name: '', value: '' })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: sql`excluded.value` })),
  );
  return {
    read(name) {
      const value = select.get(name)?.['value'];
      return typeof value === 'string' ? value : undefined;
    },
    write(name, value) {
      upsert.run(name, value);
    },
  };
}
