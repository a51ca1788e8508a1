import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMoney } from '../../../test/support/sample-money.ts';
import { createAuditLog } from './audit-log.ts';

async function start() {
  const { database, clock, dataDir } = await startMoney();
  const log = createAuditLog({ store: database.audit, digest: database.digest, clock });
  for (const target of ['a', 'b', 'c', 'd']) log.record({ actor: 'admin', action: 'key.create', target, detail: { name: target } });
  return { log, dataDir };
}

/** What somebody could do who holds the file, triggers taken away first. */
function tamper(dataDir: string, statement: string): void {
  const sqlite = new DatabaseSync(join(dataDir, 'mpc.db'));
  sqlite.exec(`drop trigger audit_no_update; drop trigger audit_no_delete; ${statement}`);
  sqlite.close();
}

describe('the audit log', () => {
  it('is whole as long as nobody touches it', async () => {
    const { log } = await start();

    expect(log.verify()).toEqual({ ok: true, lines: 4 });
    expect(log.read({ limit: 2 }).map((line) => [line.seq, line.target])).toEqual([
      [4, 'd'],
      [3, 'c'],
    ]);
    expect(log.read({ beforeSeq: 3, limit: 5 }).map((line) => line.seq)).toEqual([2, 1]);
  });

  it.each([
    ["update audit set target = 'x' where seq = 2", 2, 'was changed'],
    [`update audit set detail = '{"name":"x"}' where seq = 4`, 4, 'was changed'],
    ['delete from audit where seq = 3', 3, 'is missing'],
    ['delete from audit where seq = 4', 4, 'but 4 were written'],
    ["insert into audit select 5, time_ms, actor, action, 'forged', detail, hash from audit where seq = 4", 5, 'was changed'],
    ['delete from audit', 1, 'but 4 were written'],
  ])('shows %j', async (statement, seq, problem) => {
    const { log, dataDir } = await start();

    tamper(dataDir, statement);

    const verdict = log.verify();
    expect(verdict).toMatchObject({ ok: false, seq });
    expect(verdict.ok ? '' : verdict.problem).toContain(problem);
  });

  it('refuses changes and deletions in the database itself', async () => {
    const { dataDir } = await start();
    const sqlite = new DatabaseSync(join(dataDir, 'mpc.db'));

    expect(() => sqlite.exec("update audit set target = 'x'")).toThrow('append-only');
    expect(() => sqlite.exec('delete from audit')).toThrow('append-only');
    sqlite.close();
  });
});
