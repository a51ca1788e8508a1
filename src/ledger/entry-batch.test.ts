import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry, sampleEntry } from '../../test/support/sample-entry.ts';
import { EntryBatch } from './entry-batch.ts';

describe('EntryBatch', () => {
  it('gives back any entries as they were added', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), (entries) => {
        expect(EntryBatch.of(entries).toEntries()).toEqual(entries);
      }),
    );
  });

  it('keeps an attempt that the entry itself does not describe', () => {
    const attempt = { provider: 'openai', connection: 'openai', model: 'openai/gpt-4o', totalMs: 1 };
    const entries = [
      sampleEntry({ id: 'req_a', attempts: [{ ...attempt, connection: 'other' }] }),
      sampleEntry({ id: 'req_b', attempts: [{ ...attempt, continues: true }] }),
      sampleEntry({ id: 'req_c', attempts: [attempt, attempt] }),
      sampleEntry({ id: 'req_d', attempts: [] }),
    ];

    expect(EntryBatch.of(entries).toEntries()).toEqual(entries);
  });

  it('tells an unknown cost from none, and a usage of nothing from an unknown one', () => {
    const usage = { input: 0, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0, reasoning: 0, source: 'upstream' } as const;
    const { usage: _usage, ...unknown } = sampleEntry({ id: 'req_a', costNanoUsd: null });
    const entries = [unknown, sampleEntry({ id: 'req_b', costNanoUsd: 0, usage })];

    expect(EntryBatch.of(entries).toEntries()).toEqual(entries);
  });

  it('can be filled again after it was cleared, without a trace of what it held', () => {
    const batch = new EntryBatch(2);
    batch.add(sampleEntry({ id: 'req_a', warnings: ['a: b'], sessionId: 's' }));
    batch.add(sampleEntry({ id: 'req_b' }));
    expect(batch.isFull).toBe(true);

    batch.clear();
    batch.add(sampleEntry({ id: 'req_c' }));

    expect(batch.isFull).toBe(false);
    expect(batch.toEntries()).toEqual([sampleEntry({ id: 'req_c' })]);
  });
});
