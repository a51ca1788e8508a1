import { describe, expect, it } from 'vitest';
import { newId } from './ids.ts';

describe('newId', () => {
  it('is its prefix and twenty characters', () => {
    expect(newId('req')).toMatch(/^req_[0-9a-hjkmnp-tv-z]{20}$/);
  });

  it('never comes twice, whatever prefixes come between', () => {
    const ids = Array.from({ length: 3_000 }, (_, index) => newId(index % 3 === 0 ? 'batch' : 'req').split('_')[1]);

    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says when it was made, so that ids sort by time', () => {
    const beforeMs = Date.now();
    const stamp = [...newId('req').slice(4, 13)].reduce((ms, letter) => ms * 32 + '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(letter), 0);

    expect(stamp).toBeGreaterThanOrEqual(beforeMs);
    expect(stamp).toBeLessThanOrEqual(Date.now());
  });
});
