// `mpc audit`: the log of changes, and whether it is as it was written.
import type { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { isObject, tryParseJson } from '../core/json.ts';
import { type AuditLog, createAuditLog } from '../ledger/audit/audit-log.ts';
import type { Database } from '../storage/sqlite/open-database.ts';
import { openExistingLedger } from './open-ledger.ts';
import { readCount } from './read-options.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

export function defineAudit(program: Command): void {
  const audit = program.command('audit').description('who changed keys, owners, budgets and limits');
  const list = audit
    .command('list')
    .description('the newest changes, newest first')
    .option('--limit <n>', 'how many (default: 50)')
    .option('--json', 'one JSON object per line')
    .action((options: { limit?: string; json?: true }) => listAudit(list, options));
  const verify = audit
    .command('verify')
    .description('check the seals of the whole log; exits 1 when a line was changed, left out or put in')
    .option('--json', 'the verdict as a JSON object')
    .action((options: { json?: true }) => verifyAudit(verify, options));
}

function logOf(database: Database): AuditLog {
  return createAuditLog({ store: database.audit, digest: database.digest, clock: systemClock });
}

async function listAudit(command: Command, options: { limit?: string; json?: true }): Promise<void> {
  const limit = readCount('limit', options.limit) ?? 50;
  const database = await openExistingLedger(command);
  const lines = database === undefined ? [] : logOf(database).read({ limit });
  database?.close();
  if (options.json === true) {
    for (const { seq, timeMs, actor, action, target, detail, hash } of lines) {
      const parsed = tryParseJson(detail);
      printJson({ seq, time: new Date(timeMs).toISOString(), actor, action, target, detail: isObject(parsed) ? parsed : {}, hash });
    }
    return;
  }
  const rows = lines.map((line) => [String(line.seq), new Date(line.timeMs).toISOString(), line.actor, line.action, line.target]);
  for (const line of formatTable(['SEQ', 'TIME', 'ACTOR', 'ACTION', 'TARGET'], rows)) printLine(line);
}

async function verifyAudit(command: Command, { json }: { json?: true }): Promise<void> {
  const database = await openExistingLedger(command);
  const verdict = database === undefined ? ({ ok: true, lines: 0 } as const) : logOf(database).verify();
  database?.close();
  if (json === true) printJson(verdict);
  else if (verdict.ok) printLine(`the audit log is whole: ${verdict.lines} lines`);
  if (verdict.ok) return;
  if (json === true) printNote(verdict.problem);
  throw new Error(`the audit log is not as it was written: ${verdict.problem}`);
}
