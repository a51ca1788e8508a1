// The embedded database of a data directory: ledger, decisions and keys in one SQLite file that several processes may open.
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import type { AnswerStore } from '../../cache/answer-cache.ts';
import type { ResponseStore } from '../../gateway/response-store.ts';
import type { AuditStore } from '../../ledger/audit/audit-store.ts';
import type { BudgetStore } from '../../ledger/budgets/budget-store.ts';
import type { HoldJournals } from '../../ledger/budgets/hold-journal.ts';
import type { EntryReader, EntryStore, RetentionStore } from '../../ledger/entry-store.ts';
import type { DigestSecret } from '../../ledger/key-secret.ts';
import type { KeyStore } from '../../ledger/key-store.ts';
import type { ResultStore } from '../../ledger/idempotency/result-store.ts';
import type { OwnerStore } from '../../ledger/owners/owner-store.ts';
import type { RuleStore } from '../../ledger/rule-store.ts';
import { createAnswerStore } from './answer-store.ts';
import { createAuditStore } from './audit-store.ts';
import { createBudgetStore } from './budget-store.ts';
import { startCheckpointer } from './checkpointer.ts';
import { checkpointPages, openConnection } from './connection.ts';
import { createEntryReader } from './entry-reader.ts';
import { createEntryStore } from './entry-store.ts';
import { createDataVersion } from './data-version.ts';
import { createFacts } from './facts.ts';
import { createHoldJournals } from './hold-journals.ts';
import { createKeyStore } from './key-store.ts';
import { createOwnerStore } from './owner-store.ts';
import { loadDigest } from './pepper.ts';
import { createResponseStore } from './response-store.ts';
import { createResultStore } from './result-store.ts';
import { createRuleStore } from './rule-store.ts';
import { createSetAsideFile } from './set-aside-file.ts';

export interface Database {
  readonly entries: EntryStore & RetentionStore;
  readonly reader: EntryReader;
  readonly keys: KeyStore;
  readonly owners: OwnerStore;
  readonly responses: ResponseStore;
  /** The answer cache on disk. */
  readonly answers: AnswerStore;
  readonly rules: RuleStore;
  readonly budgets: BudgetStore;
  readonly audit: AuditStore;
  /** Answers kept under an Idempotency-Key. */
  readonly results: ResultStore;
  readonly holds: HoldJournals;
  /** Secret → digest, with this directory's pepper. */
  readonly digest: DigestSecret;
  /** From now on the log is copied by a thread of its own; for a server, not for a command that is over in a moment. */
  checkpointInBackground(): void;
  close(): void;
}

export interface DatabaseOptions {
  /**
   * How long to wait for another process's write. The wait blocks the event loop, so a server keeps it short (the default)
   * and lets the entry writer try again; a command line may wait.
   */
  readonly busyTimeoutMs?: number;
}

const fileName = 'mpc.db';

export function hasDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, fileName));
}

/** Creates the directory (mode 700) and the file (mode 600) when they are missing, and brings the schema up to date. */
export async function openDatabase(dataDir: string, { busyTimeoutMs = 250 }: DatabaseOptions = {}): Promise<Database> {
  const path = join(dataDir, fileName);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // SQLite would create it readable by everyone; its side files take over the mode found here. Never on a file that is there: closing
    // it gives up every lock that this process has on it, also those of a connection that is open.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown reason';
    throw new GatewayError(
      'internal_error',
      `the data directory ${dataDir} cannot be used (${reason}): make it writable or set MPC_DATA_DIR`,
      {
        cause,
      },
    );
  }
  const connection = await openConnection(path, busyTimeoutMs);
  let stopCheckpoints: (() => void) | undefined;
  try {
    const facts = createFacts(connection);
    const keysVersion = createDataVersion(connection, facts, 'keys_version');
    return {
      entries: createEntryStore(connection, createSetAsideFile(dataDir)),
      reader: createEntryReader(connection),
      keys: createKeyStore(connection, facts, keysVersion),
      owners: createOwnerStore(connection, keysVersion),
      responses: createResponseStore(connection),
      answers: createAnswerStore(connection),
      rules: createRuleStore(connection, facts),
      budgets: createBudgetStore(connection),
      audit: createAuditStore(connection, facts),
      results: createResultStore(connection),
      holds: createHoldJournals(dataDir),
      digest: loadDigest(dataDir, facts),
      checkpointInBackground() {
        stopCheckpoints ??= startCheckpointer(path, { sqlite: connection.sqlite, ownPages: checkpointPages });
      },
      close() {
        stopCheckpoints?.();
        connection.sqlite.close();
      },
    };
  } catch (cause) {
    connection.sqlite.close();
    throw cause;
  }
}
