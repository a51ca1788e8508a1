// Who changed what: append-only, each line sealed with the one before it under the data directory's pepper, so that a line
// that is changed, left out or put in shows, and nobody who holds only the database can seal a forged one.
import type { Clock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DigestSecret } from '../key-secret.ts';
import type { AuditLine, AuditStore } from './audit-store.ts';

export interface AuditNote {
  /** `admin`, `key:<id>`, `cli`. */
  readonly actor: string;
  /** `key.create`, `budget.delete` … */
  readonly action: string;
  /** Id of what was changed. */
  readonly target: string;
  /** Never a secret. */
  readonly detail?: JsonObject;
}

export type AuditVerdict =
  | { readonly ok: true; readonly lines: number }
  /** `seq`: the first line that is not as it was written. */
  | { readonly ok: false; readonly lines: number; readonly seq: number; readonly problem: string };

export interface AuditLog {
  record(note: AuditNote): void;
  /** Newest first. */
  read(page: { readonly beforeSeq?: number; readonly limit: number }): readonly AuditLine[];
  verify(): AuditVerdict;
}

export interface AuditLogOptions {
  readonly store: AuditStore;
  readonly digest: DigestSecret;
  readonly clock: Clock;
}

const linesPerPage = 500;

export function createAuditLog({ store, digest, clock }: AuditLogOptions): AuditLog {
  const seal = (line: Omit<AuditLine, 'hash'>, previous: string): string =>
    digest(JSON.stringify(['audit', previous, line.seq, line.timeMs, line.actor, line.action, line.target, line.detail]));

  return {
    record({ actor, action, target, detail = {} }) {
      const timeMs = clock.wallMs();
      store.append((seq, previous) => {
        const line = { seq, timeMs, actor, action, target, detail: JSON.stringify(detail) };
        return { ...line, hash: seal(line, previous) };
      });
    },
    read: ({ beforeSeq = Number.MAX_SAFE_INTEGER, limit }) => store.readBefore(beforeSeq, limit),
    verify() {
      let previous = '';
      let lines = 0;
      for (;;) {
        const page = store.readAfter(lines, linesPerPage);
        for (const line of page) {
          if (line.seq !== lines + 1) return { ok: false, lines, seq: lines + 1, problem: `line ${lines + 1} is missing` };
          if (line.hash !== seal(line, previous)) return { ok: false, lines, seq: line.seq, problem: `line ${line.seq} was changed` };
          previous = line.hash;
          lines += 1;
        }
        if (page.length < linesPerPage) break;
      }
      // A chain that is cut at its end is whole in itself: only the count kept apart shows it.
      const head = store.readHead();
      if (head !== undefined && (head.seq !== lines || head.hash !== previous))
        return { ok: false, lines, seq: lines + 1, problem: `the log ends after line ${lines}, but ${head.seq} were written` };
      return { ok: true, lines };
    },
  };
}
