// Answers kept under their Idempotency-Key.
import { tryParseJson } from '../../core/json.ts';
import type { KeptResult, ResultStore } from '../../ledger/idempotency/result-store.ts';
import type { Connection } from './connection.ts';

/** No HTTP status: the answer was too large to keep. */
const notKept = 0;

export function createResultStore({ sqlite, transact }: Connection): ResultStore {
  const select = sqlite.prepare('select * from stored_results where principal = ? and key = ?');
  const save = sqlite.prepare(
    'insert or replace into stored_results (principal, key, body_hash, status, headers, body, stream, bytes, stored_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const deleteOld = sqlite.prepare('delete from stored_results where stored_ms < ?');
  const sum = sqlite.prepare('select coalesce(sum(bytes), 0) as total from stored_results');
  const selectOldest = sqlite.prepare('select principal, key, bytes from stored_results order by stored_ms, principal, key limit 100');
  const deleteOne = sqlite.prepare('delete from stored_results where principal = ? and key = ?');

  return {
    find({ principalId, key }) {
      const row = select.get(principalId, key);
      return row === undefined ? undefined : fromRow(row);
    },
    save({ principalId, key }, { bodyHash, storedMs, result }) {
      const headers = JSON.stringify(result?.headers ?? []);
      const body = result?.body ?? Buffer.alloc(0);
      const bytes = body.length + headers.length;
      save.run(principalId, key, bodyHash, result?.status ?? notKept, headers, body, result?.isStream === true ? 1 : 0, bytes, storedMs);
    },
    prune(beforeMs, maxBytes) {
      transact(() => {
        deleteOld.run(beforeMs);
        let total = Number(sum.get()?.['total'] ?? 0);
        while (total > maxBytes) {
          for (const { principal, key, bytes } of selectOldest.all()) {
            if (total <= maxBytes) break;
            deleteOne.run(String(principal), String(key));
            total -= Number(bytes);
          }
        }
      });
    },
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): KeptResult {
  const status = Number(row['status']);
  const headers = tryParseJson(String(row['headers']));
  const body = row['body'];
  return {
    bodyHash: String(row['body_hash']),
    storedMs: Number(row['stored_ms']),
    ...(status !== notKept && {
      result: {
        status,
        headers: Array.isArray(headers) ? headers.map(String) : [],
        body: body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0),
        isStream: row['stream'] === 1,
      },
    }),
  };
}
