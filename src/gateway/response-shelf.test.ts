import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { createResponseShelf } from './response-shelf.ts';
import type { ResponseStore, StoredResponse } from './response-store.ts';

const stored = (more: Partial<StoredResponse> = {}): StoredResponse => ({
  id: 'resp_1',
  owner: 'key:a',
  connection: 'openai',
  keptThere: false,
  createdMs: 0,
  expiresMs: Number.MAX_SAFE_INTEGER,
  input: '[]',
  body: '{}',
  itemIds: ['msg_1'],
  ...more,
});

/** A store that can be told to fail. */
function memoryStore(): ResponseStore & { failing: boolean; readonly batches: (readonly StoredResponse[])[]; expired: number } {
  const rows = new Map<string, StoredResponse>();
  const store = {
    failing: false,
    batches: [] as (readonly StoredResponse[])[],
    expired: 0,
    saveResponses(batch: readonly StoredResponse[]) {
      if (store.failing) throw new Error('disk full');
      store.batches.push(batch);
      for (const row of batch) rows.set(row.owner + row.id, row);
    },
    findResponse: (owner: string, id: string) => rows.get(owner + id),
    findResponseOfItem: (owner: string, itemId: string) =>
      [...rows.values()].find((row) => row.owner === owner && row.itemIds.includes(itemId)),
    deleteResponse: (owner: string, id: string) => rows.delete(owner + id),
    extendResponses() {
      if (store.failing) throw new Error('disk full');
    },
    deleteExpiredResponses(_nowMs: number, limit: number) {
      const some = Math.min(limit, store.expired);
      store.expired -= some;
      return some;
    },
    deleteOldestResponses: () => 0,
  };
  return store;
}

function setUp() {
  const clock = fakeClock();
  const store = memoryStore();
  const troubles: unknown[] = [];
  const shelf = createResponseShelf({
    store,
    clock,
    retentionDays: 1,
    maxBytes: 1e9,
    flushMs: 50,
    onTrouble: (cause) => troubles.push(cause),
  });
  return { clock, store, shelf, troubles };
}

describe('the shelf', () => {
  it('finds what was put at once, and writes many in one go', async () => {
    const { clock, store, shelf } = setUp();
    shelf.put(stored());
    shelf.put(stored({ id: 'resp_2', itemIds: [] }));

    expect(shelf.find('key:a', 'resp_1')).toBeDefined();
    expect(shelf.findOfItem('key:a', 'msg_1')?.id).toBe('resp_1');
    expect(store.batches).toEqual([]);
    await clock.advance(50);
    expect(store.batches.map((batch) => batch.length)).toEqual([2]);
    expect(shelf.find('key:a', 'resp_2')).toBeDefined();
  });

  it('shows nothing of it to another owner, before and after it was written', async () => {
    const { clock, shelf } = setUp();
    shelf.put(stored());

    expect(shelf.find('key:b', 'resp_1')).toBeUndefined();
    expect(shelf.findOfItem('key:b', 'msg_1')).toBeUndefined();
    expect(shelf.delete('key:b', 'resp_1')).toBe(false);
    await clock.advance(50);
    expect(shelf.find('key:b', 'resp_1')).toBeUndefined();
    expect(shelf.find('key:a', 'resp_1')).toBeDefined();
  });

  it('keeps what could not be written and tries again', async () => {
    const { clock, store, shelf, troubles } = setUp();
    store.failing = true;
    shelf.put(stored());
    await clock.advance(50);

    expect(troubles.length).toBe(1);
    expect(shelf.find('key:a', 'resp_1')).toBeDefined();
    store.failing = false;
    await clock.advance(50);
    expect(store.batches.length).toBe(1);
  });

  it('lets a conversation go on when its beginning could not be renewed', () => {
    const { store, shelf, troubles } = setUp();
    store.failing = true;

    shelf.extend('key:a', ['resp_1']);

    expect(troubles.length).toBe(1);
  });

  it('gives up the oldest rather than the whole process when the store stays broken', async () => {
    const { clock, store, shelf } = setUp();
    store.failing = true;
    const body = 'x'.repeat(40 * 1024 * 1024);
    shelf.put(stored({ body }));
    shelf.put(stored({ id: 'resp_2', itemIds: [], body }));
    await clock.advance(50);

    expect(shelf.find('key:a', 'resp_1')).toBeUndefined();
    expect(shelf.find('key:a', 'resp_2')).toBeDefined();
  });

  it('does not show what has expired but was not deleted yet', async () => {
    const { clock, shelf } = setUp();
    shelf.put(stored({ expiresMs: clock.wallMs() + 1_000 }));

    await clock.advance(1_001);

    expect(shelf.find('key:a', 'resp_1')).toBeUndefined();
    expect(shelf.delete('key:a', 'resp_1')).toBe(false);
  });

  it('deletes old ones in small steps with pauses', async () => {
    const { clock, store } = setUp();
    store.expired = 120;

    await clock.advance(90_000);
    expect(store.expired).toBe(70);
    await clock.advance(20);
    expect(store.expired).toBe(20);
    await clock.advance(20);
    expect(store.expired).toBe(0);
  });

  it('writes what waits when it is closed', () => {
    const { store, shelf } = setUp();
    shelf.put(stored());

    shelf.close();

    expect(store.batches.length).toBe(1);
  });
});
