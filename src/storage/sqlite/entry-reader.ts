// Reads the ledger page by page: a long listing holds no read transaction, which would keep the log file from shrinking.
import type { SelectQueryBuilder } from 'kysely';
import type { EntryFilter, EntryReader, StoredEntry } from '../../ledger/entry-store.ts';
import type { Connection } from './connection.ts';
import { fromRow } from './entry-rows.ts';
import type { EntryRow, Tables } from './tables.ts';

const rowsPerPage = 500;

type Query = SelectQueryBuilder<Tables, 'entry_rows', object>;

export function createEntryReader(connection: Connection): EntryReader {
  const { queries } = connection;
  const selectLastSeq = connection.prepare(queries.selectFrom('entries').select((part) => part.fn.max('seq').as('last')));
  const selectDecision = connection.prepare(queries.selectFrom('decisions').select('json').where('id', '=', ''));
  const matching = (filter: EntryFilter): Query => applyFilter(queries.selectFrom('entry_rows'), filter);
  const read = (query: Query): readonly StoredEntry[] => connection.rows(query.selectAll()).map((row) => fromRow(row as EntryRow));
  const lastSeq = (): number => Number(selectLastSeq.get()?.['last'] ?? 0);

  function* readEntries(filter: EntryFilter, upToSeq = lastSeq()): IterableIterator<StoredEntry> {
    let last: StoredEntry | undefined;
    for (;;) {
      let query = matching(filter).where('seq', '<=', upToSeq);
      if (last !== undefined) {
        const { timeMs, seq } = last;
        query = query.where((part) => part(part.refTuple('time_ms', 'seq'), '>', part.tuple(timeMs, seq)));
      }
      const page = read(query.orderBy('time_ms').orderBy('seq').limit(rowsPerPage));
      yield* page;
      last = page.at(-1);
      if (page.length < rowsPerPage) return;
    }
  }

  return {
    readEntries,
    readNewest: (filter, limit) => read(matching(filter).orderBy('time_ms', 'desc').orderBy('seq', 'desc').limit(limit)).toReversed(),
    readAfter: (filter, { afterSeq, limit }) => read(matching(filter).where('seq', '>', afterSeq).orderBy('seq').limit(limit)),
    lastSeq,
    readEntry: (id) => read(queries.selectFrom('entry_rows').where('id', '=', id))[0],
    readDecision(id) {
      const json = selectDecision.get(id)?.['json'];
      return typeof json === 'string' ? json : undefined;
    },
  };
}

function applyFilter(all: Query, filter: EntryFilter): Query {
  const { sinceMs, untilMs, principal, model, provider, status, sessionId } = filter;
  let query = all;
  if (sinceMs !== undefined) query = query.where('time_ms', '>=', sinceMs);
  if (untilMs !== undefined) query = query.where('time_ms', '<', untilMs);
  if (principal !== undefined) query = query.where('principal', '=', principal);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (status !== undefined) query = query.where('status', '=', status);
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId);
  if (filter.errorsOnly === true) query = query.where('error_code', 'is not', null);
  if (model !== undefined) {
    query = query.where((part) =>
      part.or([part('model', '=', model), part('provider_model', '=', model), part('requested_model', '=', model)]),
    );
  }
  return query;
}
