// Cached answers on disk: read by key, written over, and trimmed a few at a time so that no request waits for a large delete.
import type { AnswerStore } from '../../cache/answer-cache.ts';
import type { Connection } from './connection.ts';

export function createAnswerStore(connection: Connection): AnswerStore {
  const { queries } = connection;
  const select = connection.prepare(queries.selectFrom('answers').select('json').where('key', '=', '').where('expires_ms', '>', 0));
  const insert = connection.prepare(
    queries
      .insertInto('answers')
      .columns(['key', 'json', 'size', 'expires_ms'])
      .values({ key: '', json: '', size: 0, expires_ms: 0 })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((part) => ({
          json: part.ref('excluded.json'),
          size: part.ref('excluded.size'),
          expires_ms: part.ref('excluded.expires_ms'),
        })),
      ),
  );
  const selectNext = connection.prepare(queries.selectFrom('answers').select(['key', 'size', 'expires_ms']).orderBy('expires_ms').limit(0));
  const selectTotal = connection.prepare(queries.selectFrom('answers').select((part) => part.fn.sum('size').as('total')));
  const remove = connection.prepare(queries.deleteFrom('answers').where('key', '=', ''));

  return {
    read(key, nowMs) {
      const json = select.get(key, nowMs)?.['json'];
      return typeof json === 'string' ? json : undefined;
    },
    write(key, json, expiresMs) {
      insert.run(key, json, json.length, expiresMs);
    },
    trim: (nowMs, { maxBytes, limit }) =>
      connection.transact(() => {
        let total = Number(selectTotal.get()?.['total'] ?? 0);
        let gone = 0;
        for (const row of selectNext.all(limit)) {
          if (Number(row['expires_ms']) > nowMs && total <= maxBytes) break;
          remove.run(String(row['key']));
          total -= Number(row['size']);
          gone += 1;
        }
        return gone;
      }),
  };
}
