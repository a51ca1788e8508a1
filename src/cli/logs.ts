// `mpc logs`: the ledger, read from the data directory while the server writes it.
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import type { EntryFilter, EntryReader, StoredEntry } from '../ledger/entry-store.ts';
import { toEntryJson } from './entry-json.ts';
import { toEntryLine } from './entry-line.ts';
import { openExistingLedger, openLedger } from './open-ledger.ts';
import { readCount, readPast } from './read-options.ts';
import { printJson, printLine, printNote } from './terminal.ts';

interface LogOptions {
  readonly follow?: true;
  readonly since?: string;
  readonly until?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly principal?: string;
  readonly session?: string;
  readonly status?: string;
  readonly errors?: true;
  readonly limit?: string;
  readonly json?: true;
}

// Without --json a person reads: the newest that fit a few screens.
const humanLimit = 50;
const pollEveryMs = 250;
const rowsPerPoll = 500;

export function defineLogs(program: Command): void {
  const command = program
    .command('logs')
    .description('show the ledger: one line per call, oldest first')
    .option('-f, --follow', 'go on with new calls as they end')
    .option('--since <when>', 'calls from then on: 15m, 2h, 7d or an ISO date')
    .option('--until <when>', 'calls before then')
    .option('--model <name>', 'canonical id, provider id or the name the caller wrote')
    .option('--provider <id>', 'calls that this provider served')
    .option('--principal <name>', 'who pays: key:ID, open or admin')
    .option('--session <id>', 'calls of one session')
    .option('--status <code>', 'calls that were answered with this HTTP status')
    .option('--errors', 'failed calls only')
    .option('-n, --limit <n>', `the newest n calls (default: all with --json, ${humanLimit} without)`)
    .option('--json', 'one JSON object per line')
    .action((options: LogOptions) => showLogs(command, options));
}

async function showLogs(command: Command, options: LogOptions): Promise<void> {
  const filter = readFilter(options);
  const limit = readCount('limit', options.limit) ?? (options.json === true ? undefined : humanLimit);
  const print = (entry: StoredEntry): void => (options.json === true ? printJson(toEntryJson(entry)) : printLine(toEntryLine(entry)));
  // A follower waits for a server that may start later, so it creates what is missing.
  const database = options.follow === true ? await openLedger(command) : await openExistingLedger(command);
  if (database === undefined) {
    if (options.json !== true) printNote('Nothing was logged yet: there is no database in the data directory.');
    return;
  }
  const upToSeq = database.reader.lastSeq();
  const entries = limit === undefined ? database.reader.readEntries(filter, upToSeq) : database.reader.readNewest(filter, limit);
  let count = 0;
  for (const entry of entries) {
    if (entry.seq > upToSeq) continue;
    count += 1;
    print(entry);
  }
  if (options.follow === true) {
    follow(database.reader, { filter, fromSeq: upToSeq, print });
    return;
  }
  if (count === 0 && options.json !== true) printNote('No calls match.');
  database.close();
}

function readFilter(options: LogOptions): EntryFilter {
  const nowMs = systemClock.wallMs();
  const sinceMs = readPast('since', options.since, nowMs);
  const untilMs = readPast('until', options.until, nowMs);
  const status = readCount('status', options.status);
  return {
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.provider !== undefined && { provider: options.provider }),
    ...(options.principal !== undefined && { principal: options.principal }),
    ...(options.session !== undefined && { sessionId: options.session }),
    ...(status !== undefined && { status }),
    ...(options.errors === true && { errorsOnly: true }),
  };
}

interface Following {
  readonly filter: EntryFilter;
  readonly fromSeq: number;
  readonly print: (entry: StoredEntry) => void;
}

/** Runs until the process is ended. */
function follow(reader: EntryReader, { filter, fromSeq, print }: Following): void {
  let afterSeq = fromSeq;
  const poll = (): void => {
    // Retention may have emptied the table, after which SQLite numbers from 1 again.
    const lastSeq = reader.lastSeq();
    if (lastSeq < afterSeq) afterSeq = 0;
    const page = reader.readAfter(filter, { afterSeq, limit: rowsPerPoll });
    page.forEach(print);
    const isFull = page.length === rowsPerPoll;
    afterSeq = isFull ? (page.at(-1)?.seq ?? afterSeq) : Math.max(lastSeq, page.at(-1)?.seq ?? 0);
    systemClock.after(isFull ? 0 : pollEveryMs, poll);
  };
  poll();
}
