import '../../test/support/property-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { HedgeAllowance } from './hedge-allowance.ts';

const share = (nanoUsd: number, maxPercent = 5): { nanoUsd: number; maxPercent: number } => ({ nanoUsd, maxPercent });

function watching(clock = fakeClock()): HedgeAllowance {
  const allowance = new HedgeAllowance(clock);
  allowance.watch();
  return allowance;
}

describe('what second attempts of a key may cost', () => {
  it('is a share of what it has spent, and no nano-dollar more', () => {
    const allowance = watching();
    allowance.spent('key:a', 1_000);

    expect(allowance.take('key:a', share(50))).toBe(true);
    expect(allowance.take('key:a', share(1))).toBe(false);
    expect(allowance.take('key:b', share(1))).toBe(false);
  });

  it('never passes that share of the last hour, whatever is taken, given back and spent', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('spend' as const), nanoUsd: fc.nat(10_000) }),
      fc.record({ kind: fc.constant('take' as const), nanoUsd: fc.nat(1_000), used: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 0, max: 100 }), (steps, maxPercent) => {
        const allowance = watching();
        let spent = 0;
        let extra = 0;
        for (const one of steps) {
          if (one.kind === 'spend') {
            allowance.spent('key:a', one.nanoUsd);
            spent += one.nanoUsd;
          } else if (allowance.take('key:a', share(one.nanoUsd, maxPercent))) {
            const used = Math.floor(one.nanoUsd * one.used);
            allowance.giveBack('key:a', one.nanoUsd - used);
            extra += used;
          }
          expect(extra).toBeLessThanOrEqual((spent * maxPercent) / 100);
        }
      }),
    );
  });

  it('is forgotten with the spending it was a share of, after an hour', () => {
    const clock = fakeClock();
    const allowance = watching(clock);
    allowance.spent('key:a', 1_000);
    clock.advance(30 * 60_000);
    expect(allowance.take('key:a', share(50))).toBe(true);

    clock.advance(31 * 60_000);
    expect(allowance.take('key:a', share(1))).toBe(false);
    allowance.spent('key:a', 1_000);
    expect(allowance.take('key:a', share(1))).toBe(false);

    clock.advance(3_600_000);
    allowance.spent('key:a', 1_000);
    expect(allowance.take('key:a', share(50))).toBe(true);
  });

  it('does not matter where nothing is charged', () => {
    expect(watching().take('key:a', share(0))).toBe(true);
  });

  it('is not counted before anybody hedges', () => {
    const allowance = new HedgeAllowance(fakeClock());
    allowance.spent('key:a', 1_000);
    allowance.watch();

    expect(allowance.take('key:a', share(1))).toBe(false);
  });
});
