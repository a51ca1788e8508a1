import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEntry } from '../../../test/support/sample-entry.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { Entry } from '../../ledger/entry.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';
import { type Database, openDatabase } from './open-database.ts';

const dayMs = 86_400_000;

async function withDatabase(work: (database: Database, kinds: () => number) => void): Promise<void> {
  const dataDir = tempDir('kinds');
  const database = await openDatabase(dataDir);
  const other = new DatabaseSync(join(dataDir, 'mpc.db'));
  const count = other.prepare('select count(*) as kinds from entry_kinds');
  try {
    work(database, () => Number(count.get()?.['kinds']));
  } finally {
    other.close();
    database.close();
  }
}

function saveAll(database: Database, entries: readonly Entry[]): void {
  void database.entries.save({ entries: EntryBatch.of(entries), decisions: [] });
}

describe('the kind of an entry', () => {
  it('is one row for all entries of a caller that differ in nothing but their own', async () => {
    await withDatabase((database, kinds) => {
      const principals = ['key:key_a', 'key:key_b', 'key:key_a', 'key:key_b', 'open'];
      saveAll(
        database,
        principals.map((principal, index) => sampleEntry({ id: `req_${index}`, timeMs: index, principal, costNanoUsd: index })),
      );

      expect(kinds()).toBe(3);
      expect([...database.reader.readEntries({})].map((entry) => entry.principal)).toEqual(principals);
    });
  });

  it('is found again by a process that was started anew', async () => {
    const dataDir = tempDir('kinds');
    for (const id of ['req_a', 'req_b']) {
      const database = await openDatabase(dataDir);
      saveAll(database, [sampleEntry({ id })]);
      database.close();
    }
    const file = new DatabaseSync(join(dataDir, 'mpc.db'));

    expect(file.prepare('select count(*) as kinds from entry_kinds').get()).toEqual({ kinds: 1 });
    file.close();
  });

  it('goes a day after the last of its entries, however many came before', async () => {
    await withDatabase((database, kinds) => {
      saveAll(database, [sampleEntry({ id: 'req_a', timeMs: 0 }), sampleEntry({ id: 'req_b', timeMs: 3 * dayMs })]);

      database.entries.deleteEntriesBefore(3 * dayMs + 1, 10);
      expect(kinds()).toBe(1);
      database.entries.deleteEntriesBefore(4 * dayMs + 1, 10);

      expect(kinds()).toBe(0);
    });
  });

  it('stays for as long as an entry has it: in any order of times, after failures, with any of them deleted', async () => {
    const step = fc.record({
      act: fc.constantFrom('save', 'save', 'save', 'fail', 'delete'),
      timeMs: fc.integer({ min: 0, max: 24 }).map((quarters) => (quarters * dayMs) / 4),
      principal: fc.constantFrom('key:key_a', 'key:key_b'),
      requestedModel: fc.constantFrom('x', 'y'),
    });

    await withDatabase((database) => {
      let ids = 0;
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
          database.entries.deleteEntriesBefore(100 * dayMs, 1_000);
          let kept: Entry[] = [];
          for (const { act, ...fields } of steps) {
            ids += 1;
            const entry = sampleEntry({ id: `req_${ids}`, ...fields });
            if (act === 'save') {
              saveAll(database, [entry]);
              kept.push(entry);
            } else if (act === 'fail') {
              const refused = { ...entry, id: 'req_refused', dialect: null as unknown as string };
              expect(() => saveAll(database, [entry, refused])).toThrow('NOT NULL');
            } else {
              database.entries.deleteEntriesBefore(fields.timeMs, 1_000);
              kept = kept.filter((one) => one.timeMs >= fields.timeMs);
            }
          }

          const found = [...database.reader.readEntries({})].map(({ id, timeMs, principal }) => ({ id, timeMs, principal }));
          expect(found).toEqual(
            kept.toSorted((a, b) => a.timeMs - b.timeMs).map(({ id, timeMs, principal }) => ({ id, timeMs, principal })),
          );
        }),
        { numRuns: 300 },
      );
    });
  });
});
