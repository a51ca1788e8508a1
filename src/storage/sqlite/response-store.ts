// Answers kept for the Responses API: found by owner and id, or by an item they hold; old and surplus ones go a few at a time.
import type { ResponseStore, StoredResponse } from '../../gateway/response-store.ts';
import type { Connection } from './connection.ts';
import type { ResponseTable } from './tables.ts';

export function createResponseStore(connection: Connection): ResponseStore {
  const { queries } = connection;
  const columns = ['owner', 'id', 'connection', 'kept_there', 'previous_id', 'created_ms', 'expires_ms', 'size', 'input', 'body'] as const;
  const insert = connection.prepare(
    queries
      .insertInto('responses')
      .columns([...columns])
      .values({
        owner: '',
        id: '',
        connection: '',
        kept_there: 0,
        previous_id: '',
        created_ms: 0,
        expires_ms: 0,
        size: 0,
        input: '',
        body: '',
      })
      .onConflict((conflict) => conflict.columns(['owner', 'id']).doNothing()),
  );
  const insertItem = connection.prepare(
    queries
      .insertInto('response_items')
      .values({ owner: '', item_id: '', response_id: '' })
      .onConflict((conflict) => conflict.columns(['owner', 'item_id']).doNothing()),
  );
  const select = connection.prepare(queries.selectFrom('responses').selectAll().where('owner', '=', '').where('id', '=', ''));
  const selectOfItem = connection.prepare(
    queries.selectFrom('response_items').select('response_id').where('owner', '=', '').where('item_id', '=', ''),
  );
  const remove = connection.prepare(queries.deleteFrom('responses').where('owner', '=', '').where('id', '=', ''));
  const removeItems = connection.prepare(queries.deleteFrom('response_items').where('owner', '=', '').where('response_id', '=', ''));
  const extend = connection.prepare(
    queries.updateTable('responses').set({ expires_ms: 0 }).where('owner', '=', '').where('id', '=', '').where('expires_ms', '<', 0),
  );
  const selectExpired = connection.prepare(
    queries.selectFrom('responses').select(['owner', 'id']).where('expires_ms', '<=', 0).orderBy('expires_ms').limit(0),
  );
  const selectOldest = connection.prepare(queries.selectFrom('responses').select(['owner', 'id', 'size']).orderBy('expires_ms').limit(0));
  const selectTotal = connection.prepare(queries.selectFrom('responses').select((part) => part.fn.sum('size').as('total')));

  const removeOne = (owner: string, id: string): boolean => {
    removeItems.run(owner, id);
    return Number(remove.run(owner, id).changes) > 0;
  };

  return {
    saveResponses: (responses) =>
      connection.transact(() => {
        for (const response of responses) {
          insert.run(...toValues(response));
          for (const itemId of response.itemIds) insertItem.run(response.owner, itemId, response.id);
        }
      }),
    findResponse: (owner, id) => fromRow(select.get(owner, id)),
    findResponseOfItem(owner, itemId) {
      const id = selectOfItem.get(owner, itemId)?.['response_id'];
      return typeof id === 'string' ? fromRow(select.get(owner, id)) : undefined;
    },
    deleteResponse: (owner, id) => connection.transact(() => removeOne(owner, id)),
    extendResponses: (owner, ids, expiresMs) =>
      connection.transact(() => {
        for (const id of ids) extend.run(expiresMs, owner, id, expiresMs);
      }),
    deleteExpiredResponses(nowMs, limit) {
      const expired = selectExpired.all(nowMs, limit);
      if (expired.length > 0)
        connection.transact(() => {
          for (const row of expired) removeOne(String(row['owner']), String(row['id']));
        });
      return expired.length;
    },
    deleteOldestResponses(maxBytes, limit) {
      let surplus = Number(selectTotal.get()?.['total'] ?? 0) - maxBytes;
      if (surplus <= 0) return 0;
      let deleted = 0;
      connection.transact(() => {
        for (const row of selectOldest.all(limit)) {
          if (surplus <= 0) break;
          removeOne(String(row['owner']), String(row['id']));
          surplus -= Number(row['size']);
          deleted += 1;
        }
      });
      return deleted;
    },
  };
}

function toValues(response: StoredResponse): (string | number | null)[] {
  return [
    response.owner,
    response.id,
    response.connection,
    response.keptThere ? 1 : 0,
    response.previousId ?? null,
    response.createdMs,
    response.expiresMs,
    response.input.length + response.body.length,
    response.input,
    response.body,
  ];
}

/** The ids of its items are for finding it only. */
function fromRow(found: unknown): StoredResponse | undefined {
  if (found === undefined) return undefined;
  const row = found as ResponseTable;
  return {
    id: row.id,
    owner: row.owner,
    connection: row.connection,
    keptThere: row.kept_there === 1,
    ...(row.previous_id !== null && { previousId: row.previous_id }),
    createdMs: row.created_ms,
    expiresMs: row.expires_ms,
    input: row.input,
    body: row.body,
    itemIds: [],
  };
}
