import { describe, expect, it } from 'vitest';
import { readCount, readFuture, readList, readNumber, readPast } from './read-options.ts';
import { UsageError } from './usage-error.ts';

const nowMs = Date.UTC(2026, 5, 15, 12);

describe('readPast', () => {
  it.each([
    ['30s', nowMs - 30_000],
    ['1.5h', nowMs - 5_400_000],
    [' 7d ', nowMs - 7 * 86_400_000],
    ['2w', nowMs - 14 * 86_400_000],
    ['2026-06-15', Date.UTC(2026, 5, 15)],
    ['2026-06-15T10:00:00+02:00', Date.UTC(2026, 5, 15, 8)],
  ])('reads %j', (text, expected) => {
    expect(readPast('since', text, nowMs)).toBe(expected);
  });

  it.each(['yesterday', '', '7', '-1d', '5 parsecs', '2026-13-01', '06/15/2026'])('refuses %j and says what would be right', (text) => {
    expect(() => readPast('since', text, nowMs)).toThrow(UsageError);
    expect(() => readPast('since', text, nowMs)).toThrow(/--since ".*" is no time: write 30s/);
  });

  it('leaves an absent option absent', () => {
    expect(readPast('since', undefined, nowMs)).toBeUndefined();
  });
});

describe('readFuture', () => {
  it('counts durations from now on and takes dates to come', () => {
    expect(readFuture('expires', '30d', nowMs)).toBe(nowMs + 30 * 86_400_000);
    expect(readFuture('expires', '2027-01-01', nowMs)).toBe(Date.UTC(2027, 0, 1));
  });

  it('refuses what is past already', () => {
    expect(() => readFuture('expires', '2026-01-01', nowMs)).toThrow('lies in the past');
    expect(() => readFuture('expires', '0d', nowMs)).toThrow('lies in the past');
  });
});

describe('lists and numbers', () => {
  it('reads names between commas', () => {
    expect(readList('models', ' a, b ,,c')).toEqual(['a', 'b', 'c']);
    expect(() => readList('models', ' , ')).toThrow('--models needs at least one name');
  });

  it('reads whole numbers above 0', () => {
    expect(readCount('limit', '12')).toBe(12);
    for (const text of ['0', '-1', '1.5', '1e3', 'x', '']) expect(() => readCount('limit', text)).toThrow(UsageError);
  });

  it('reads numbers of 0 or more', () => {
    expect(readNumber('temperature', '0')).toBe(0);
    for (const text of ['-1', 'x', '', 'Infinity']) expect(() => readNumber('temperature', text)).toThrow(UsageError);
  });
});
