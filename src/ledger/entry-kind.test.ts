import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry, sampleEntry } from '../../test/support/sample-entry.ts';
import type { Entry } from './entry.ts';
import { kindOf } from './entry-kind.ts';

describe('kindOf', () => {
  it('is one object for entries that differ in nothing but their own', () => {
    const first = kindOf(sampleEntry({ id: 'req_a', timeMs: 1, costNanoUsd: 1 }));

    expect(kindOf(sampleEntry({ id: 'req_b', timeMs: 2, costNanoUsd: 2 }))).toBe(first);
  });

  it('is the same object for whoever called', () => {
    const kinds = ['key:key_a', 'key:key_b', 'open'].map((principal) => kindOf(sampleEntry({ id: 'req_a', principal })));

    expect(new Set(kinds).size).toBe(1);
  });

  it('says of each entry what the entry says, whatever came before it', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const { usageSource, ...kind } = kindOf(entry);

        for (const [name, value] of Object.entries(kind)) expect(value).toBe(entry[name as keyof Entry]);
        expect(usageSource).toBe(entry.usage?.source);
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells entries apart by each single thing that a kind says', () => {
    const entry = sampleEntry({ id: 'req_a' });
    const { usageSource: _, ...kind } = kindOf(entry);

    for (const name of Object.keys(kind) as (keyof typeof kind)[]) {
      const value = entry[name];
      const other = typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : `${value ?? ''}!`;
      expect(kindOf({ ...entry, [name]: other })[name], name).toBe(other);
    }
  });
});
