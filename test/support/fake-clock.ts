// Time in the test's hands: nothing moves until the test says so.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';

export interface FakeClock extends Clock {
  /** Moves both clocks on and runs what has come due, in order of due time; timers set by callbacks count too. */
  advance(delayMs: number): void;
  /** Like `advance`, but lets promises and sockets proceed before, between and after the timers. */
  advanceAsync(delayMs: number): Promise<void>;
  /** Timers waiting now. */
  pendingTimers(): number;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export function fakeClock(startWallMs = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let nowMs = 0;
  let order = 0;

  const takeDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    if (next !== undefined) timers.delete(next);
    return next;
  };
  const fire = (timer: Timer): void => {
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.callback();
  };

  return {
    wallMs: () => startWallMs + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, callback) {
      order += 1;
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), order, callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(delayMs) {
      const untilMs = nowMs + delayMs;
      for (let timer = takeDue(untilMs); timer !== undefined; timer = takeDue(untilMs)) fire(timer);
      nowMs = untilMs;
    },
    async advanceAsync(delayMs) {
      const untilMs = nowMs + delayMs;
      await nextTurn();
      for (let timer = takeDue(untilMs); timer !== undefined; timer = takeDue(untilMs)) {
        fire(timer);
        await nextTurn();
      }
      nowMs = untilMs;
      await nextTurn();
    },
    pendingTimers: () => timers.size,
  };
}
