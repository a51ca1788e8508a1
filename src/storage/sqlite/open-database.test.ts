import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { startChildScript } from '../../../test/support/child-script.ts';
import { sampleEntry } from '../../../test/support/sample-entry.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { hasDatabase, openDatabase } from './open-database.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('openDatabase', () => {
  it('creates a directory and files that only their owner can read', async () => {
    const dataDir = join(tempDir('modes'), 'deep', 'data');
    expect(hasDatabase(dataDir)).toBe(false);

    const database = await openDatabase(dataDir);
    database.entries.save({ entries: EntryBatch.of([sampleEntry({ id: 'req_a' })]), decisions: [] });
    database.entries.setAside({ entries: EntryBatch.of([sampleEntry({ id: 'req_b' })]), decisions: [] });

    expect(mode(dataDir)).toBe('700');
    for (const name of ['mpc.db', 'mpc.db-wal', 'mpc.db-shm', 'pepper', 'entries.aside.jsonl']) {
      expect(`${name} ${mode(join(dataDir, name))}`).toBe(`${name} 600`);
    }
    database.close();
    expect(hasDatabase(dataDir)).toBe(true);
  });

  it('finds what an earlier process wrote', async () => {
    const dataDir = tempDir('reopen');
    const first = await openDatabase(dataDir);
    first.entries.save({ entries: EntryBatch.of([sampleEntry({ id: 'req_a' })]), decisions: [] });
    const digest = first.digest('a secret');
    first.close();

    const second = await openDatabase(dataDir);

    expect(second.reader.readEntry('req_a')?.model).toBe('openai-gpt-4o-main');
    expect(second.digest('a secret')).toBe(digest);
    second.close();
  });

  it('refuses a database of a newer version instead of guessing', async () => {
    const dataDir = tempDir('newer');
    (await openDatabase(dataDir)).close();
    const raw = new DatabaseSync(join(dataDir, 'mpc.db'));
    raw.exec('pragma user_version = 99');
    raw.close();

    await expect(openDatabase(dataDir)).rejects.toThrow('written by a newer version');
  });

  it('refuses a pepper that the keys were not made with', async () => {
    const dataDir = tempDir('pepper');
    (await openDatabase(dataDir)).close();
    writeFileSync(join(dataDir, 'pepper'), Buffer.alloc(32, 1));

    await expect(openDatabase(dataDir)).rejects.toThrow('restore it from a backup');
  });

  it('says which directory it cannot use and what to do', async () => {
    const file = join(tempDir('file'), 'not-a-directory');
    writeFileSync(file, '');

    await expect(openDatabase(join(file, 'data'))).rejects.toThrow(
      /data directory .*not-a-directory\/data cannot be used .* set MPC_DATA_DIR/,
    );
  });

  it('may be opened for the first time by several processes at once', async () => {
    const dataDir = join(tempDir('race'), 'data');
    const children = Array.from({ length: 4 }, () =>
      startChildScript(`
        import { openDatabase } from 'src/storage/sqlite/open-database.ts';
        process.stdin.once('data', async () => {
          const database = await openDatabase(${JSON.stringify(dataDir)}, { busyTimeoutMs: 10_000 });
          console.log(database.digest('x'));
          process.exit(0);
        });
        console.log('ready');
      `),
    );
    await Promise.all(children.map((child) => child.waitForLines(1)));
    for (const child of children) child.process.stdin?.write('go\n');
    await Promise.all(children.map((child) => child.waitForLines(2)));

    expect(await Promise.all(children.map((child) => child.ended))).toEqual([0, 0, 0, 0]);
    expect(new Set(children.map((child) => child.lines()[1])).size).toBe(1);
  });
});
