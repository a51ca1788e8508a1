import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { Interruption } from './interruption.ts';
import { TimeLimits, type TimeLimitsOptions } from './time-limit.ts';

function create(options: TimeLimitsOptions = {}) {
  const clock = fakeClock();
  const limits = new TimeLimits(clock, options);
  const start = (totalMs: number) => {
    const call = { interruption: new Interruption(), arrivedMs: clock.monotonicMs() };
    return { limit: limits.start(call, totalMs), call };
  };
  return { clock, start };
}

describe('time limits', () => {
  it('interrupt each exchange when its own time is over, to the millisecond', () => {
    const { clock, start } = create();
    const long = start(1_000);
    clock.advance(100);
    const short = start(300);
    const later = start(1_000);

    clock.advance(299);
    expect(short.call.interruption.error).toBeUndefined();
    clock.advance(1);
    expect(short.call.interruption.error?.code).toBe('upstream_timeout');
    clock.advance(599);
    expect(long.call.interruption.error).toBeUndefined();
    clock.advance(1);
    expect(long.call.interruption.error?.code).toBe('upstream_timeout');
    expect(later.call.interruption.error).toBeUndefined();
    clock.advance(100);
    expect(later.call.interruption.error?.code).toBe('upstream_timeout');
  });

  it('leave an exchange alone that was over before', () => {
    const { clock, start } = create();
    const over = start(100);
    const running = start(200);

    over.limit.cancel();
    over.limit.cancel();
    clock.advance(200);

    expect(over.call.interruption.error).toBeUndefined();
    expect(running.call.interruption.error?.code).toBe('upstream_timeout');
  });

  it('are shortened from the arrival on, and never lengthened', () => {
    const { clock, start } = create();
    const { limit, call } = start(1_000);
    clock.advance(100);
    limit.shorten(300);
    limit.shorten(500);

    clock.advance(199);
    expect(call.interruption.error).toBeUndefined();
    clock.advance(1);
    expect(call.interruption.error?.code).toBe('upstream_timeout');
    expect(limit.totalMs).toBe(300);
  });

  it('wait on one timer, and on none when nothing is under way', () => {
    const { clock, start } = create();
    const started = [start(100), start(100), start(100)];
    expect(clock.pendingTimers()).toBe(1);

    clock.advance(50);
    started[0]?.limit.cancel();
    started[1]?.limit.cancel();
    expect(clock.pendingTimers()).toBe(1);
    started[2]?.limit.cancel();
    expect(clock.pendingTimers()).toBe(0);
  });

  describe('whose timer may linger', () => {
    it('keep it for the calls that follow, and let go of it when none does', () => {
      const { clock, start } = create({ lingerMs: 1_000 });
      start(60_000).limit.cancel();
      clock.advance(999);
      expect(clock.pendingTimers()).toBe(1);
      const next = start(60_000);
      clock.advance(1);
      expect(clock.pendingTimers()).toBe(1);

      next.limit.cancel();
      clock.advance(1_000);
      expect(clock.pendingTimers()).toBe(0);
    });

    it('interrupt to the millisecond all the same', () => {
      const { clock, start } = create({ lingerMs: 1_000 });
      const long = start(2_500);
      const short = start(300);

      clock.advance(299);
      expect(short.call.interruption.error).toBeUndefined();
      clock.advance(1);
      expect(short.call.interruption.error?.code).toBe('upstream_timeout');
      clock.advance(2_199);
      expect(long.call.interruption.error).toBeUndefined();
      clock.advance(1);
      expect(long.call.interruption.error?.code).toBe('upstream_timeout');
    });
  });
});
