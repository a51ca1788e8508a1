import { afterEach, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { type Database, openDatabase } from './open-database.ts';

const open: Database[] = [];
afterEach(() => {
  for (const database of open.splice(0)) database.close();
});

async function openStore(dir = tempDir('answers')) {
  const database = await openDatabase(dir);
  open.push(database);
  return database.answers;
}

it('finds what was written, the newest of a key, until it expires, also after a restart', async () => {
  const dir = tempDir('answers');
  const store = await openStore(dir);
  store.write('k', 'old', 500);
  store.write('k', 'new', 1_000);

  expect(store.read('k', 999)).toBe('new');
  expect(store.read('k', 1_000)).toBeUndefined();
  expect(store.read('other', 0)).toBeUndefined();
  expect((await openStore(dir)).read('k', 0)).toBe('new');
});

it('trims what has expired, then the oldest until the rest fits, a few at a time', async () => {
  const store = await openStore();
  for (let i = 1; i <= 10; i += 1) store.write(`k${i}`, 'x'.repeat(100), i * 1_000);

  expect(store.trim(2_500, { maxBytes: 1_000_000, limit: 100 })).toBe(2);
  expect(store.trim(2_500, { maxBytes: 500, limit: 2 })).toBe(2);
  expect(store.trim(2_500, { maxBytes: 500, limit: 100 })).toBe(1);
  expect(store.read('k6', 0)).toBe('x'.repeat(100));
  expect(store.read('k5', 0)).toBeUndefined();
});
