// The audit log over HTTP: newest first, page by page, and its verification.
import { isObject, tryParseJson } from '../../core/json.ts';
import type { AuditLog } from '../../ledger/audit/audit-log.ts';
import type { Handler } from '../router.ts';
import { wrongField } from './read-fields.ts';

const defaultLines = 100;
const mostLines = 1_000;

export function auditHandler(audit: AuditLog): Handler {
  return (call) => {
    const limit = count(call.query, 'limit') ?? defaultLines;
    if (limit > mostLines) throw wrongField('limit', `limit must be at most ${mostLines}`);
    const beforeSeq = count(call.query, 'before');
    const data = audit.read({ limit, ...(beforeSeq !== undefined && { beforeSeq }) }).map((line) => {
      const detail = tryParseJson(line.detail);
      return {
        seq: line.seq,
        time: new Date(line.timeMs).toISOString(),
        actor: line.actor,
        action: line.action,
        target: line.target,
        detail: isObject(detail) ? detail : {},
        hash: line.hash,
      };
    });
    call.json(200, { object: 'list', data, ...(call.query.get('verify') !== null && { verified: audit.verify() }) });
  };
}

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw wrongField(name, `${name} must be a whole number of 1 or more`);
}
