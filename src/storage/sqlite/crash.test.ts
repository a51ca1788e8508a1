// What kill -9 costs: at most the finished calls of the last 100 ms, and never a row twice.
import { describe, expect, it } from 'vitest';
import { startChildScript } from '../../../test/support/child-script.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { openDatabase } from './open-database.ts';

const writer = (dataDir: string): string => `
  import { writeSync } from 'node:fs';
  import { openDatabase } from 'src/storage/sqlite/open-database.ts';
  import { createEntryWriter } from 'src/ledger/entry-writer.ts';
  import { systemClock } from 'src/core/clock.ts';
  import { newId } from 'src/core/ids.ts';
  import { sampleEntry } from 'src/../test/support/sample-entry.ts';
  const database = await openDatabase(${JSON.stringify(dataDir)});
  const writer = createEntryWriter({ store: database.entries, clock: systemClock });
  setInterval(() => {
    const id = newId('req');
    writer.write(sampleEntry({ id }));
    writeSync(1, id + ' ' + performance.now() + '\\n');
  }, 1);
`;

describe('a process that is killed while it writes entries', () => {
  it('has lost at most the last 100 ms of finished calls, and doubled none', async () => {
    const dataDir = tempDir('crash');
    const finished: string[] = [];
    const mustBeThere: string[] = [];
    for (const killAfterLines of [40, 137, 350]) {
      const child = startChildScript(writer(dataDir));
      await child.waitForLines(killAfterLines);
      child.process.kill('SIGKILL');
      await child.ended;
      const calls = child.lines().map((line) => line.split(' ') as [string, string]);
      const lastMs = Number(calls.at(-1)?.[1]);
      for (const [id, finishedMs] of calls) {
        finished.push(id);
        if (Number(finishedMs) < lastMs - 100) mustBeThere.push(id);
      }
    }

    const database = await openDatabase(dataDir);
    await database.entries.recover();
    const found = [...database.reader.readEntries({})].map((entry) => entry.id);
    database.close();

    expect(mustBeThere.length).toBeGreaterThan(100);
    expect(mustBeThere.filter((id) => !found.includes(id))).toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((id) => !finished.includes(id))).toEqual([]);
  });

  it('disturbs neither a second writer nor a reader on the same directory', async () => {
    const dataDir = tempDir('together');
    const children = [startChildScript(writer(dataDir)), startChildScript(writer(dataDir))];
    await Promise.all(children.map((child) => child.waitForLines(20)));
    const database = await openDatabase(dataDir);
    const counts: number[] = [];
    for (let round = 1; round <= 10; round += 1) {
      await Promise.all(children.map((child) => child.waitForLines(20 + round * 30)));
      counts.push([...database.reader.readEntries({})].length);
    }
    for (const child of children) child.process.kill('SIGKILL');
    await Promise.all(children.map((child) => child.ended));

    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBeGreaterThan(200);
    database.close();
  });
});
