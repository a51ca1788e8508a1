import { appendFileSync, existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry, sampleEntry } from '../../../test/support/sample-entry.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { Entry } from '../../ledger/entry.ts';
import type { EntryFilter } from '../../ledger/entry-store.ts';
import { type Database, openDatabase } from './open-database.ts';
import { EntryBatch } from '../../ledger/entry-batch.ts';

async function withDatabase(work: (database: Database, dataDir: string) => void | Promise<void>): Promise<void> {
  const dataDir = tempDir('entries');
  const database = await openDatabase(dataDir);
  try {
    await work(database, dataDir);
  } finally {
    database.close();
  }
}

const saveAll = (database: Database, entries: readonly Entry[]): void =>
  void database.entries.save({ entries: EntryBatch.of(entries), decisions: [] });
const many = (count: number, fields: Partial<Entry> = {}): Entry[] =>
  Array.from({ length: count }, (_, index) => sampleEntry({ id: `req_${String(index).padStart(5, '0')}`, timeMs: index, ...fields }));

describe('entries in the database', () => {
  it('come back as they were written', async () => {
    await withDatabase((database) => {
      fc.assert(
        fc.property(anyEntry, (entry) => {
          saveAll(database, [entry]);

          const { seq, ...found } = database.reader.readEntry(entry.id) ?? { seq: 0 };
          expect(found).toEqual(entry);
          expect(seq).toBeGreaterThan(0);
        }),
        { numRuns: 200 },
      );
    });
  });

  it('keep microseconds of their timings and no more', async () => {
    await withDatabase((database) => {
      saveAll(database, [sampleEntry({ id: 'req_a', timings: { authMs: 0.123_456, planMs: 0, totalMs: 1 / 3, overheadMs: 0 } })]);

      expect(database.reader.readEntry('req_a')?.timings).toEqual({ authMs: 0.123, planMs: 0, totalMs: 0.333, overheadMs: 0 });
    });
  });

  it('are unique by id: the first one stays', async () => {
    await withDatabase((database) => {
      saveAll(database, [sampleEntry({ id: 'req_a', status: 200 }), sampleEntry({ id: 'req_a', status: 500 })]);
      saveAll(database, [sampleEntry({ id: 'req_a', status: 502 })]);

      expect([...database.reader.readEntries({})].map((entry) => entry.status)).toEqual([200]);
    });
  });

  it('are written all or not at all', async () => {
    await withDatabase((database) => {
      const broken = { ...sampleEntry({ id: 'req_b' }), dialect: null as unknown as string };

      expect(() => saveAll(database, [sampleEntry({ id: 'req_a' }), broken])).toThrow('NOT NULL');
      expect(database.reader.lastSeq()).toBe(0);
      saveAll(database, [sampleEntry({ id: 'req_a' })]);

      expect(database.reader.lastSeq()).toBe(1);
    });
  });
});

describe('reading entries', () => {
  const anyFilter: fc.Arbitrary<EntryFilter> = fc.record(
    {
      sinceMs: fc.integer({ min: 0, max: 10_000 }),
      untilMs: fc.integer({ min: 0, max: 10_000 }),
      principal: fc.constantFrom('key:key_a', 'open'),
      model: fc.constantFrom('x', 'y', 'z'),
      provider: fc.constantFrom('a', 'b'),
      status: fc.constantFrom(200, 502),
      errorsOnly: fc.boolean(),
      sessionId: fc.constantFrom('s1', 's2'),
    },
    { requiredKeys: [] },
  );
  const holds = (filter: EntryFilter, entry: Entry): boolean =>
    (filter.sinceMs === undefined || entry.timeMs >= filter.sinceMs) &&
    (filter.untilMs === undefined || entry.timeMs < filter.untilMs) &&
    (filter.principal === undefined || entry.principal === filter.principal) &&
    (filter.model === undefined || [entry.model, entry.providerModel, entry.requestedModel].includes(filter.model)) &&
    (filter.provider === undefined || entry.provider === filter.provider) &&
    (filter.status === undefined || entry.status === filter.status) &&
    (filter.errorsOnly !== true || entry.errorCode !== undefined) &&
    (filter.sessionId === undefined || entry.sessionId === filter.sessionId);

  it('finds exactly what a filter over all entries finds, oldest first', async () => {
    await withDatabase((database) => {
      const written = fc.sample(anyEntry, { numRuns: 300, seed: 7 });
      saveAll(database, written);

      fc.assert(
        fc.property(anyFilter, (filter) => {
          const expected = written.filter((entry) => holds(filter, entry)).toSorted((a, b) => a.timeMs - b.timeMs);

          expect([...database.reader.readEntries(filter)].map((entry) => entry.id)).toEqual(expected.map((entry) => entry.id));
          expect(database.reader.readNewest(filter, 10).map((entry) => entry.timeMs)).toEqual(
            expected.slice(-10).map((entry) => entry.timeMs),
          );
          expect(database.reader.readAfter(filter, { afterSeq: 0, limit: 1_000 })).toHaveLength(expected.length);
        }),
      );
    });
  });

  it('goes through thousands in pages, also when many arrived in the same millisecond', async () => {
    await withDatabase((database) => {
      saveAll(database, many(1_201, { timeMs: 5 }));

      const ids = [...database.reader.readEntries({})].map((entry) => entry.id);
      expect(ids).toEqual(many(1_201).map((entry) => entry.id));
    });
  });

  it('lets a follower go on where a listing ended, while entries are written', async () => {
    await withDatabase((database) => {
      saveAll(database, many(600));
      const seen: string[] = [];

      const upToSeq = database.reader.lastSeq();
      for (const entry of database.reader.readEntries({}, upToSeq)) {
        if (seen.length === 0) saveAll(database, [sampleEntry({ id: 'req_late', timeMs: 100 })]);
        seen.push(entry.id);
      }
      expect(seen).toHaveLength(600);
      for (const entry of database.reader.readAfter({}, { afterSeq: upToSeq, limit: 10 })) seen.push(entry.id);

      expect(new Set(seen).size).toBe(601);
      expect(seen.at(-1)).toBe('req_late');
    });
  });
});

describe('decisions', () => {
  it('are kept once and stay while they are seen', async () => {
    await withDatabase((database) => {
      database.entries.save({ entries: EntryBatch.of([]), decisions: [{ id: 'dec_a', json: '{"first":true}', seenMs: 1_000 }] });
      database.entries.save({ entries: EntryBatch.of([]), decisions: [{ id: 'dec_a', json: '{"first":false}', seenMs: 2_000 }] });

      expect(database.reader.readDecision('dec_a')).toBe('{"first":true}');
      expect(database.reader.readDecision('dec_b')).toBeUndefined();
      expect(database.entries.deleteDecisionsBefore(1_500, 10)).toBe(0);
      expect(database.entries.deleteDecisionsBefore(2_500, 10)).toBe(1);
    });
  });
});

describe('forgetting', () => {
  it('deletes what is older, at most as many as asked', async () => {
    await withDatabase((database) => {
      saveAll(database, many(10));

      expect(database.entries.deleteEntriesBefore(7, 5)).toBe(5);
      expect(database.entries.deleteEntriesBefore(7, 5)).toBe(2);
      expect([...database.reader.readEntries({})].map((entry) => entry.timeMs)).toEqual([7, 8, 9]);
    });
  });
});

describe('batches set aside', () => {
  it('come home whole, in the next process too, and leave no file', async () => {
    await withDatabase(async (database, dataDir) => {
      database.entries.setAside({ entries: EntryBatch.of(many(450)), decisions: [{ id: 'dec_a', json: '{}', seenMs: 1 }] });
      const other = await openDatabase(dataDir);

      expect(await other.entries.recover()).toBe(450);
      other.close();

      expect([...database.reader.readEntries({})].map((entry) => entry.id)).toEqual(many(450).map((entry) => entry.id));
      expect(database.reader.readDecision('dec_a')).toBe('{}');
      expect(readdirSync(dataDir).filter((name) => name.includes('aside'))).toEqual([]);
      expect(await database.entries.recover()).toBe(0);
    });
  });

  it('survive a line that a full disk cut short', async () => {
    await withDatabase(async (database, dataDir) => {
      appendFileSync(join(dataDir, 'entries.aside.jsonl'), '{"entry":{"id":"req_cut","timeMs":1');
      database.entries.setAside({ entries: EntryBatch.of(many(2)), decisions: [] });

      expect(await database.entries.recover()).toBe(2);
    });
  });

  it('survive a crash on the way home: what was saved already is not doubled', async () => {
    await withDatabase(async (database, dataDir) => {
      database.entries.setAside({ entries: EntryBatch.of(many(3)), decisions: [] });
      renameSync(join(dataDir, 'entries.aside.jsonl'), join(dataDir, 'entries.aside.draining.jsonl'));
      saveAll(database, many(2));
      database.entries.setAside({ entries: EntryBatch.of([sampleEntry({ id: 'req_later' })]), decisions: [] });

      await database.entries.recover();

      expect([...database.reader.readEntries({})]).toHaveLength(4);
    });
  });

  it('stay where they are while the database is locked', async () => {
    await withDatabase(async (_, dataDir) => {
      const impatient = await openDatabase(dataDir, { busyTimeoutMs: 1 });
      impatient.entries.setAside({ entries: EntryBatch.of(many(3)), decisions: [] });
      const blocker = new DatabaseSync(join(dataDir, 'mpc.db'));
      blocker.exec('begin immediate');

      await expect(Promise.resolve(impatient.entries.recover())).rejects.toThrow('locked');
      expect(existsSync(join(dataDir, 'entries.aside.draining.jsonl'))).toBe(true);
      blocker.close();

      expect(await impatient.entries.recover()).toBe(3);
      impatient.close();
    });
  });

  it('cannot be held up by a row whose numbers no column takes', async () => {
    await withDatabase((database) => {
      const usage = {
        input: 1e20,
        cachedInput: 0.5,
        cacheWrite: Number.NaN,
        cacheWrite1h: 0,
        output: -1e30,
        reasoning: 0,
        source: 'upstream',
      } as const;
      saveAll(database, [sampleEntry({ id: 'req_odd', usage, costNanoUsd: 1e300 }), sampleEntry({ id: 'req_even' })]);

      expect([...database.reader.readEntries({})].map(({ id, costNanoUsd }) => [id, costNanoUsd])).toEqual([
        ['req_odd', Number.MAX_SAFE_INTEGER],
        ['req_even', 625_000],
      ]);
    });
  });
});
