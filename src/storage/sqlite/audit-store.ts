// The audit log; the table's triggers refuse every change of a line.
import type { AuditLine, AuditStore } from '../../ledger/audit/audit-store.ts';
import type { Connection } from './connection.ts';
import type { Facts } from './facts.ts';

export function createAuditStore({ sqlite, transact }: Connection, facts: Facts): AuditStore {
  const insert = sqlite.prepare('insert into audit (seq, time_ms, actor, action, target, detail, hash) values (?, ?, ?, ?, ?, ?, ?)');
  const selectLast = sqlite.prepare('select seq, hash from audit order by seq desc limit 1');
  const selectAfter = sqlite.prepare('select * from audit where seq > ? order by seq limit ?');
  const selectBefore = sqlite.prepare('select * from audit where seq < ? order by seq desc limit ?');
  return {
    append(make) {
      transact(() => {
        const last = selectLast.get();
        const line = make(Number(last?.['seq'] ?? 0) + 1, String(last?.['hash'] ?? ''));
        insert.run(line.seq, line.timeMs, line.actor, line.action, line.target, line.detail, line.hash);
        facts.write('audit_head', `${line.seq} ${line.hash}`);
      });
    },
    readAfter: (seq, limit) => selectAfter.all(seq, limit).map(fromRow),
    readBefore: (seq, limit) => selectBefore.all(seq, limit).map(fromRow),
    readHead() {
      const [seq, hash] = facts.read('audit_head')?.split(' ') ?? [];
      return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
    },
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): AuditLine {
  return {
    seq: Number(row['seq']),
    timeMs: Number(row['time_ms']),
    actor: String(row['actor']),
    action: String(row['action']),
    target: String(row['target']),
    detail: String(row['detail']),
    hash: String(row['hash']),
  };
}
