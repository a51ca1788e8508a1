// One connection to the database file: node:sqlite for hot statements, kysely to write them and to migrate.
import { type SQLInputValue, DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Compilable, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { GatewayError } from '../../core/errors.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './tables.ts';

export interface Connection {
  readonly sqlite: DatabaseSync;
  /** To build queries with; run them through `prepare`, kysely's own way costs five times as much. */
  readonly queries: Kysely<Tables>;
  prepare(query: Compilable): StatementSync;
  /** All rows of a query that is built anew each time. */
  rows<Row>(query: Compilable<Row>): readonly Row[];
  /** Runs the work in one immediate transaction; a throw rolls it back. */
  transact<Result>(work: () => Result): Result;
}

// Pages of the log before it is copied into the database. At the default of 1000 the copy stalls the event loop 5 to 8 ms;
// at 250 it is 2 to 3 ms, four times as often, for the same work per entry (measured 2026-11).
export const checkpointPages = 250;

const openTimeoutMs = 15_000;

export async function openConnection(path: string, busyTimeoutMs: number): Promise<Connection> {
  // Another process may be at the migrations, which take longer than any write: opening waits for that, work does not.
  const sqlite = new DatabaseSync(path, { timeout: Math.max(busyTimeoutMs, openTimeoutMs) });
  try {
    switchToLog(sqlite);
    sqlite.exec(`pragma synchronous = normal; pragma wal_autocheckpoint = ${checkpointPages}`);
    const queries = new Kysely<Tables>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) });
    await migrate(sqlite, queries);
    sqlite.exec(`pragma busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
    return createConnection(sqlite, queries);
  } catch (cause) {
    sqlite.close();
    throw cause;
  }
}

/**
 * Several processes may open a new file at the same moment. Of two that switch it to the log, one is told "locked" at once, without
 * the wait that SQLite grants to everything else.
 */
function switchToLog(sqlite: DatabaseSync): void {
  for (let tries = 0; ; tries += 1) {
    try {
      sqlite.exec('pragma journal_mode = wal');
      return;
    } catch (cause) {
      if (tries >= switchTries || !(cause instanceof Error) || !cause.message.includes('locked')) throw cause;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

const switchTries = 250;

function createConnection(sqlite: DatabaseSync, queries: Kysely<Tables>): Connection {
  const begin = sqlite.prepare('begin immediate');
  const commit = sqlite.prepare('commit');
  const rollback = sqlite.prepare('rollback');
  return {
    sqlite,
    queries,
    prepare: (query) => sqlite.prepare(query.compile().sql),
    rows<Row>(query: Compilable<Row>) {
      const { sql, parameters } = query.compile();
      return sqlite.prepare(sql).all(...(parameters as SQLInputValue[])) as Row[];
    },
    transact(work) {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (cause) {
        // A full disk makes SQLite roll back by itself; a second rollback would hide the first error.
        if (sqlite.isTransaction) rollback.run();
        throw cause;
      }
    },
  };
}

/** What kysely's SqliteDialect asks of better-sqlite3, on node:sqlite. */
function forKysely(sqlite: DatabaseSync): ConstructorParameters<typeof SqliteDialect>[0]['database'] {
  return {
    close: () => sqlite.close(),
    prepare(text) {
      const statement = sqlite.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

/**
 * Server and CLI may open a new database at the same moment. kysely takes no lock on SQLite, so the whole migration runs
 * in one immediate transaction: the second process waits, sees the version and does nothing.
 */
async function migrate(sqlite: DatabaseSync, queries: Kysely<Tables>): Promise<void> {
  const target = Object.keys(migrations).length;
  if (schemaVersion(sqlite) === target) return;
  sqlite.exec('begin immediate');
  try {
    const found = schemaVersion(sqlite);
    if (found > target) {
      throw new GatewayError(
        'internal_error',
        `the database has schema ${found}, this version knows ${target}: it was written by a newer version. Run that one or use another data directory`,
      );
    }
    if (found < target) await runMigrations(queries);
    sqlite.exec(`pragma user_version = ${target}; commit`);
  } catch (cause) {
    if (sqlite.isTransaction) sqlite.exec('rollback');
    throw cause;
  }
}

async function runMigrations(queries: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db: queries, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest({ disableTransactions: true });
  if (error !== undefined) throw error;
}

function schemaVersion(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('pragma user_version').get()?.['user_version'] ?? 0);
}
