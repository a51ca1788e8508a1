// Notices the changes of other processes: a counter in `facts`, read again only when another connection has committed.
import { sql } from 'kysely';
import type { Connection } from './connection.ts';
import type { FactName, Facts } from './facts.ts';

export interface DataVersion {
  /** Changes with every change by any process. A pragma, sometimes a point read. */
  read(): number;
  /** One transaction: the work, and the counter raised. */
  change<Result>(work: () => Result): Result;
}

export function createDataVersion(connection: Connection, facts: Facts, name: FactName): DataVersion {
  const { queries, sqlite } = connection;
  const raise = connection.prepare(
    queries
      .insertInto('facts')
      .values({ name: '', value: '' })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: sql`cast(facts.value as integer) + 1` })),
  );
  // Changes when another connection commits; our own commits leave it as it is.
  const dataVersion = sqlite.prepare('pragma data_version');
  const readData = (): number => Number(dataVersion.get()?.['data_version'] ?? 0);
  const readCounter = (): number => Number(facts.read(name) ?? 0);
  let seen = readData();
  let counter = readCounter();
  return {
    read() {
      const current = readData();
      if (current !== seen) {
        seen = current;
        counter = readCounter();
      }
      return counter;
    },
    change(work) {
      const result = connection.transact(() => {
        const made = work();
        raise.run(name, '1');
        return made;
      });
      counter = readCounter();
      return result;
    },
  };
}
