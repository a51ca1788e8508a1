import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { createLoadGate, type Priority, readPriority } from './load-gate.ts';

const never = (): void => undefined;

describe('calls at once', () => {
  it('come in up to the limit; the rest waits in order of priority, then of arrival', async () => {
    const gate = createLoadGate({ clock: fakeClock(), maxLagMs: 0, maxInFlight: 4 });
    const order: string[] = [];
    for (let i = 0; i < 4; i += 1) expect(gate.enter('normal', never)).toBeUndefined();
    const wait = (name: string, priority: Priority) => gate.enter(priority, never)?.then(() => order.push(name));
    const waiting = [wait('low', 'low'), wait('first', 'normal'), wait('second', 'normal'), wait('high', 'high')];

    for (let i = 0; i < 4; i += 1) gate.leave();
    await Promise.all(waiting);

    expect(order).toEqual(['high', 'first', 'second', 'low']);
  });

  it('are refused when as many wait already', () => {
    const gate = createLoadGate({ clock: fakeClock(), maxLagMs: 0, maxInFlight: 1 });
    gate.enter('normal', never);
    void gate.enter('normal', never);

    expect(() => gate.enter('high', never)).toThrow(
      expect.objectContaining({ code: 'gateway_overloaded', details: { retryAfterMs: 1_000 } }),
    );
  });

  it('that leave while they wait give their place back', async () => {
    const gate = createLoadGate({ clock: fakeClock(), maxLagMs: 0, maxInFlight: 1 });
    gate.enter('normal', never);
    let leave = never;
    const gone = gate.enter('normal', (callback) => {
      leave = callback;
    });

    leave();

    await expect(gone).rejects.toMatchObject({ code: 'client_gone' });
    const next = gate.enter('normal', never);
    gate.leave();
    await expect(next).resolves.toBeUndefined();
  });
});

describe('lateness', () => {
  /** A loop that runs its timers late by what the test says. */
  function lateClock(): { readonly clock: Clock; tick(lateMs: number): void } {
    let nowMs = 0;
    let due: (() => void) | undefined;
    return {
      clock: {
        wallMs: () => nowMs,
        monotonicMs: () => nowMs,
        after(_delayMs, callback) {
          due = callback;
          return never;
        },
      },
      tick(lateMs) {
        nowMs += 100 + lateMs;
        due?.();
      },
    };
  }

  it('refuses new calls, but those of high priority, until the process has caught up', () => {
    const { clock, tick } = lateClock();
    const gate = createLoadGate({ clock, maxLagMs: 500, maxInFlight: 0 });
    gate.enter('normal', never);

    tick(600);
    expect(gate.enter('normal', never)).toBeUndefined();
    tick(600);
    expect(() => gate.enter('normal', never)).toThrow('late');
    expect(gate.enter('high', never)).toBeUndefined();
    tick(300);
    expect(() => gate.enter('normal', never)).toThrow('late');
    tick(10);

    expect(gate.enter('normal', never)).toBeUndefined();
  });
});

it('reads a priority leniently', () => {
  expect([readPriority('high'), readPriority('urgent'), readPriority(undefined), readPriority(['low'])]).toEqual([
    'high',
    'normal',
    'normal',
    'normal',
  ]);
});
