import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { StoredResponse } from '../../gateway/response-store.ts';
import { type Database, openDatabase } from './open-database.ts';

let database: Database;
beforeEach(async () => {
  database = await openDatabase(tempDir('responses'));
});
afterEach(() => database.close());

const stored = (more: Partial<StoredResponse> = {}): StoredResponse => ({
  id: 'resp_1',
  owner: 'key:a',
  connection: 'openai',
  keptThere: true,
  createdMs: 1_000,
  expiresMs: 5_000,
  input: '[]',
  body: '{"id":"resp_1"}',
  itemIds: ['msg_1', 'fc_1'],
  ...more,
});

describe('kept responses', () => {
  it('are found by id and by an item they hold', () => {
    database.responses.saveResponses([stored({ previousId: 'resp_0' })]);

    const found = { ...stored({ previousId: 'resp_0' }), itemIds: [] };
    expect(database.responses.findResponse('key:a', 'resp_1')).toEqual(found);
    expect(database.responses.findResponseOfItem('key:a', 'fc_1')).toEqual(found);
    expect(database.responses.findResponseOfItem('key:a', 'fc_2')).toBeUndefined();
  });

  it('of one owner are nothing to another, also under the same id', () => {
    database.responses.saveResponses([stored(), stored({ owner: 'key:b', body: '{"id":"other"}' })]);

    expect(database.responses.findResponse('key:a', 'resp_1')?.body).toBe('{"id":"resp_1"}');
    expect(database.responses.findResponse('key:b', 'resp_1')?.body).toBe('{"id":"other"}');
    expect(database.responses.findResponse('key:c', 'resp_1')).toBeUndefined();
    expect(database.responses.findResponseOfItem('key:c', 'msg_1')).toBeUndefined();
    expect(database.responses.deleteResponse('key:c', 'resp_1')).toBe(false);
  });

  it('stay as they are when they are saved again', () => {
    database.responses.saveResponses([stored()]);
    database.responses.saveResponses([stored({ body: '{"id":"changed"}' })]);

    expect(database.responses.findResponse('key:a', 'resp_1')?.body).toBe('{"id":"resp_1"}');
  });

  it('are gone with their items when deleted', () => {
    database.responses.saveResponses([stored()]);

    expect(database.responses.deleteResponse('key:a', 'resp_1')).toBe(true);
    expect(database.responses.findResponse('key:a', 'resp_1')).toBeUndefined();
    expect(database.responses.findResponseOfItem('key:a', 'msg_1')).toBeUndefined();
    expect(database.responses.deleteResponse('key:a', 'resp_1')).toBe(false);
  });

  it('expire a few at a time, unless the conversation went on', () => {
    database.responses.saveResponses([1, 2, 3, 4].map((n) => stored({ id: `resp_${n}`, itemIds: [], expiresMs: n * 1_000 })));
    database.responses.extendResponses('key:a', ['resp_1'], 9_000);
    database.responses.extendResponses('key:a', ['resp_4'], 10);

    expect(database.responses.deleteExpiredResponses(3_000, 1)).toBe(1);
    expect(database.responses.deleteExpiredResponses(3_000, 10)).toBe(1);
    expect(['resp_1', 'resp_2', 'resp_3', 'resp_4'].map((id) => database.responses.findResponse('key:a', id)?.expiresMs)).toEqual([
      9_000,
      undefined,
      undefined,
      4_000,
    ]);
  });

  it('give way to newer ones when they take too much room', () => {
    const body = 'x'.repeat(998);
    database.responses.saveResponses([1, 2, 3].map((n) => stored({ id: `resp_${n}`, itemIds: [], expiresMs: n * 1_000, body })));

    expect(database.responses.deleteOldestResponses(3_000, 10)).toBe(0);
    expect(database.responses.deleteOldestResponses(1_500, 10)).toBe(2);
    expect(database.responses.findResponse('key:a', 'resp_3')).toBeDefined();
  });
});
