import '../../../test/support/property-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleLimit } from '../../../test/support/sample-money.ts';
import { Gate } from './gate.ts';
import { goDuration } from './limit-answer.ts';

const gateOf = (fields: Readonly<Record<string, unknown>>): Gate => new Gate(sampleLimit(fields), 'global');

describe('Gate', () => {
  it('lets its amount through at once, then one for each interval', () => {
    const gate = gateOf({ amount: 3, per: '1m' });
    for (let i = 0; i < 3; i += 1) {
      expect(gate.waitMs(0, 0)).toBe(0);
      gate.take(0, 0);
    }

    expect(gate.waitMs(0, 0)).toBe(20_000);
    expect(gate.waitMs(0, 19_999)).toBe(1);
    expect(gate.waitMs(0, 20_000)).toBe(0);
    expect([gate.remaining(0), gate.remaining(40_000), gate.resetMs(40_000)]).toEqual([0, 2, 20_000]);
  });

  it('never lets more through in any time than the amount and what that time brings back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(5_000), { maxLength: 200 }), (amount, pauses) => {
        const gate = gateOf({ amount, per: '1m' });
        const passed: number[] = [];
        let nowMs = 0;
        for (const pause of pauses) {
          nowMs += pause;
          if (gate.waitMs(0, nowMs) > 0) continue;
          gate.take(0, nowMs);
          passed.push(nowMs);
        }

        for (const [index, start] of passed.entries()) {
          const last = passed.at(-1) ?? start;
          expect(passed.length - index).toBeLessThanOrEqual(amount + ((last - start) * amount) / 60_000 + 1e-6);
        }
      }),
    );
  });

  it('tells a wait after which the request does pass', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 20 }), (amount, calls) => {
        const gate = gateOf({ unit: 'tokens', amount, per: '1m' });
        let nowMs = 0;
        for (const tokens of calls) {
          nowMs += gate.waitMs(tokens, nowMs);
          expect(gate.waitMs(tokens, nowMs)).toBe(0);
          gate.take(tokens, nowMs);
        }
      }),
    );
  });

  it('lets a call that alone is larger than the limit in when it is whole, and then makes the others wait for all of it', () => {
    const gate = gateOf({ unit: 'tokens', amount: 1_000, per: '1m' });
    expect(gate.waitMs(5_000, 0)).toBe(0);
    gate.take(5_000, 0);

    gate.ended(5_000, 4_000, 0);

    expect(gate.waitMs(5_000, 0)).toBeCloseTo(240_000);
    expect(gate.waitMs(1, 0)).toBeCloseTo(180_060);
  });
});

describe('goDuration', () => {
  it.each([
    [17, '17ms'],
    [1_000, '1s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
    [59_999.5, '1m0s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(goDuration(ms)).toBe(text);
  });
});
