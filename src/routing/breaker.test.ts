import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import { type Breaker, type BreakerRules, connectionRules, createBreaker, offerRules } from './breaker.ts';

const rules: BreakerRules = {
  upstream_error: { inRow: 3, halfOf: 10, restMs: 1_000 },
  upstream_rate_limited: { inRow: 1, restMs: 500 },
};

function start(): {
  readonly breaker: Breaker;
  readonly clock: ReturnType<typeof fakeClock>;
  fail(code?: ErrorCode, retryAfterMs?: number): void;
  succeed(): void;
} {
  const clock = fakeClock();
  const breaker = createBreaker(rules, clock);
  return {
    breaker,
    clock,
    fail(code = 'upstream_error', retryAfterMs) {
      breaker.started();
      breaker.failed(code, retryAfterMs);
    },
    succeed() {
      breaker.started();
      breaker.succeeded();
    },
  };
}

describe('a closed breaker', () => {
  it('opens at as many failures in a row as the class allows, and not before', () => {
    const { breaker, fail } = start();

    fail();
    fail();
    expect(breaker.waitMs()).toBe(0);
    fail();

    expect(breaker.state).toBe('open');
    expect(breaker.cause).toBe('upstream_error');
    expect(breaker.waitMs()).toBe(1_000);
  });

  it('starts to count anew after a success', () => {
    const { breaker, fail, succeed } = start();

    for (let i = 0; i < 3; i += 1) {
      fail();
      fail();
      succeed();
    }

    // Six of nine failed, but too few calls were made to say more than "in a row".
    expect(breaker.state).toBe('closed');
  });

  it('opens when half of the recent calls failed, though never in a row', () => {
    const { breaker, fail, succeed } = start();

    for (let i = 0; i < 5; i += 1) {
      fail();
      if (breaker.state === 'closed') succeed();
    }

    expect(breaker.state).toBe('closed');
    fail();
    expect(breaker.state).toBe('open');
  });

  it('is not impressed by refusals that are the caller’s fault', () => {
    const { breaker, fail } = start();

    for (let i = 0; i < 50; i += 1) fail('upstream_rejected');

    expect(breaker.waitMs()).toBe(0);
  });

  it('rests as long as a 429 asks for', () => {
    const { breaker, clock, fail } = start();

    fail('upstream_rate_limited', 7_000);

    expect(breaker.waitMs()).toBe(7_000);
    clock.advance(6_999);
    expect(breaker.waitMs()).toBe(1);
    clock.advance(1);
    expect(breaker.waitMs()).toBe(0);
  });

  it('does not believe a server that asks for a day', () => {
    const { breaker, fail } = start();

    fail('upstream_rate_limited', 86_400_000);

    expect(breaker.waitMs()).toBe(300_000);
  });
});

describe('an open breaker', () => {
  function opened(): ReturnType<typeof start> {
    const stage = start();
    for (let i = 0; i < 3; i += 1) stage.fail();
    stage.clock.advance(1_000);
    return stage;
  }

  it('lets one probe through when its time is over, and nobody beside it', () => {
    const { breaker } = opened();

    expect(breaker.waitMs()).toBe(0);
    breaker.started();

    expect(breaker.state).toBe('half-open');
    expect(breaker.waitMs()).toBeGreaterThan(0);
  });

  it('rests twice as long when the probe fails', () => {
    const { breaker, fail } = opened();

    fail();

    expect(breaker.waitMs()).toBe(2_000);
  });

  it('lets another probe through when the first one’s client has left', () => {
    const { breaker } = opened();

    breaker.started();
    breaker.abandoned();

    expect(breaker.waitMs()).toBe(0);
  });

  it('closes after a good probe, and lets the load come back by doubling', () => {
    const { breaker } = opened();

    breaker.started();
    breaker.succeeded();
    breaker.started();
    breaker.started();

    expect(breaker.state).toBe('closed');
    expect(breaker.waitMs()).toBeGreaterThan(0);
    breaker.succeeded();
    for (let i = 0; i < 3; i += 1) {
      expect(breaker.waitMs()).toBe(0);
      breaker.started();
    }
    expect(breaker.waitMs()).toBeGreaterThan(0);
  });

  it('never asks for more than a minute on its own account', () => {
    const { breaker, clock, fail } = opened();

    for (let i = 0; i < 12; i += 1) {
      fail();
      clock.advance(breaker.waitMs());
    }
    fail();

    expect(breaker.waitMs()).toBe(60_000);
  });
});

it.each([connectionRules, offerRules])('whatever happens, it always lets a call through again within its longest rest', (real) => {
  const codes = Object.keys(real) as ErrorCode[];
  const step = fc.oneof(
    fc.record({ code: fc.constantFrom(...codes), retryAfterMs: fc.option(fc.integer({ min: -5, max: 1e9 }), { nil: undefined }) }),
    fc.constant('ok' as const),
    fc.constant('gone' as const),
    fc.record({ passMs: fc.integer({ min: 0, max: 100_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = fakeClock();
      const breaker = createBreaker(real, clock);
      for (const one of steps) {
        if (typeof one === 'object' && 'passMs' in one) clock.advance(one.passMs);
        else if (breaker.waitMs() === 0) {
          breaker.started();
          if (one === 'ok') breaker.succeeded();
          else if (one === 'gone') breaker.abandoned();
          else breaker.failed(one.code, one.retryAfterMs);
        }
        expect(breaker.waitMs()).toBeGreaterThanOrEqual(0);
      }
      clock.advance(300_000);

      expect(breaker.waitMs()).toBe(0);
    }),
  );
});
