import '../../test/support/property-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantile } from './quantile.ts';

describe('the slow ones of recent calls', () => {
  it('are unknown before there were twenty', () => {
    const times = new Quantile();
    for (let i = 0; i < 19; i += 1) times.note(100);
    expect(times.read(0.95)).toBeUndefined();

    times.note(100);

    expect(times.read(0.95)).toBeDefined();
  });

  it('took at least as long as that share of the calls, and no more than a tenth longer', () => {
    const time = fc.double({ min: 1, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(time, { minLength: 20, maxLength: 500 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (tooks, share) => {
        const times = new Quantile();
        for (const took of tooks) times.note(took);
        const sorted = [...tooks].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(tooks.length * share) - 1] ?? Number.NaN;

        const read = times.read(share) ?? Number.NaN;

        expect(read).toBeGreaterThanOrEqual(exact * 0.999_999);
        expect(read).toBeLessThanOrEqual(exact * 1.1);
      }),
    );
  });

  it('follow what has become of the upstream: old calls count less and less', () => {
    const times = new Quantile();
    for (let i = 0; i < 600; i += 1) times.note(5_000);

    for (let i = 0; i < 5_000; i += 1) times.note(50);

    expect(times.read(0.95)).toBeLessThan(60);
  });

  it('are told of any number without harm', () => {
    const times = new Quantile();
    for (let i = 0; i < 20; i += 1) for (const took of [0, -1, Number.POSITIVE_INFINITY, 1e12]) times.note(took);

    expect(times.read(1)).toBe(2 ** 17);
  });
});
