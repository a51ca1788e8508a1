import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { upTo } from './cache-size.ts';

describe('upTo', () => {
  it('makes a cache forget what was used longest ago once it is full', () => {
    const cache = new LRUCache<string, number>(upTo(2));

    cache.set('a', 1).set('b', 2).get('a');
    cache.set('c', 3);

    expect([...cache.keys()].sort()).toEqual(['a', 'c']);
  });

  it('reserves no memory for entries that may never come', () => {
    const before = process.memoryUsage().arrayBuffers;

    const cache = new LRUCache<string, number>(upTo(10_000_000));

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(cache.size).toBe(0);
  });
});
