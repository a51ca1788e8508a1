import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodAt, type WindowRule } from './window.ts';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Pacific/Apia',
  'America/Santiago',
];
const instant = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });

describe('periodAt', () => {
  it('of a calendar unit holds the moment, and the next one begins where it ends', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom('day', 'week', 'month'), instant, (timezone, unit, nowMs) => {
        const rule: WindowRule = { kind: 'calendar', unit: unit as 'day', timezone };
        const period = periodAt(rule, nowMs);

        expect(period.startMs).toBeLessThanOrEqual(nowMs);
        expect(period.endMs).toBeGreaterThan(nowMs);
        expect(periodAt(rule, period.endMs).startMs).toBe(period.endMs);
        expect(periodAt(rule, period.endMs - 1).startMs).toBe(period.startMs);
      }),
    );
  });

  it('of a calendar unit does not depend on what was asked before', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom('day', 'week', 'month'), fc.array(instant), (timezone, unit, instants) => {
        const rule: WindowRule = { kind: 'calendar', unit: unit as 'day', timezone };
        const around = instants.flatMap((nowMs) => [nowMs, nowMs + 3_600_000, nowMs - 3_600_000]);

        for (const nowMs of around) expect(periodAt(rule, nowMs)).toEqual(periodAt({ ...rule }, nowMs));
      }),
      { numRuns: 30 },
    );
  });

  it('of a calendar unit is one object for all holders of a budget', () => {
    const rule: WindowRule = { kind: 'calendar', unit: 'day', timezone: 'Europe/Berlin' };
    const noonMs = Date.UTC(2026, 0, 15, 12);

    expect(periodAt(rule, noonMs + 1_000)).toBe(periodAt(rule, noonMs));
  });

  it.each([
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['day', 'America/New_York', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    ['week', 'UTC', '2026-08-23T23:59:59Z', '2026-08-17T00:00:00.000Z', '2026-08-24T00:00:00.000Z'],
    ['month', 'Asia/Kolkata', '2026-01-31T18:30:00Z', '2026-01-31T18:30:00.000Z', '2026-02-28T18:30:00.000Z'],
    // Clocks go forward at midnight: the day begins at one.
    ['day', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00.000Z', '2026-04-24T21:00:00.000Z'],
  ])('of a %s in %s at %s is from %s to %s', (unit, timezone, now, start, end) => {
    const period = periodAt({ kind: 'calendar', unit: unit as 'day', timezone }, Date.parse(now));

    expect([new Date(period.startMs).toISOString(), new Date(period.endMs).toISOString()]).toEqual([start, end]);
  });

  it('of a rolling window counts at least its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3_600_000, max: 366 * 86_400_000 }), instant, (lengthMs, nowMs) => {
        const period = periodAt({ kind: 'rolling', lengthMs }, nowMs);

        expect(period.sinceMs).toBeLessThanOrEqual(nowMs - lengthMs);
        expect(period.sinceMs).toBeGreaterThan(nowMs - lengthMs * (1 + 1 / 24));
        expect(period.startMs).toBeLessThanOrEqual(nowMs);
        expect(period.endMs).toBeGreaterThan(nowMs);
      }),
    );
  });

  it('in total never ends', () => {
    expect(periodAt({ kind: 'total' }, Date.UTC(2030, 1, 1))).toEqual({ startMs: 0, sinceMs: 0, endMs: Number.POSITIVE_INFINITY });
  });
});
