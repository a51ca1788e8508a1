import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ConnectionGate } from './gate.ts';

describe('what is in flight', () => {
  it('is counted from the start of a call to its end, and returns to 0 however it ends', () => {
    const connection = new ConnectionGate(fakeClock());
    const gate = connection.of('gpt-4o');

    gate.started();
    gate.started();
    gate.started();
    gate.opened(10);
    gate.opened(10);
    expect([gate.inFlight, connection.inFlight]).toEqual([3, 3]);
    gate.failed('client_gone', 5);
    gate.ended();
    gate.ended('upstream_truncated');

    expect([gate.inFlight, connection.inFlight]).toEqual([0, 0]);
    expect(gate.breaker.waitMs()).toBe(0);
  });

  it('makes calls wait while a connection has as many as it may', () => {
    const connection = new ConnectionGate(fakeClock(), { maxParallel: 1 });
    connection.of('a').started();

    expect(connection.of('b').waitMs()).toBeGreaterThan(0);
    expect(connection.of('b').cause).toBeUndefined();

    connection.of('a').opened(1);
    connection.of('a').ended();
    expect(connection.of('b').waitMs()).toBe(0);
  });
});

describe('what one model taught', () => {
  it('rests that model only, when it is about the model', () => {
    const connection = new ConnectionGate(fakeClock());
    connection.of('busy').started();

    connection.of('busy').failed('upstream_rate_limited', 5, 3_000);

    expect(connection.of('busy').waitMs()).toBe(3_000);
    expect(connection.of('other').waitMs()).toBe(0);
    expect(connection.isHealthy()).toBe(true);
  });

  it('rests all of them when the connection itself is the trouble', () => {
    const connection = new ConnectionGate(fakeClock());
    for (let i = 0; i < 3; i += 1) {
      connection.of('a').started();
      connection.of('a').failed('upstream_unreachable', 1);
    }

    expect(connection.of('b').waitMs()).toBe(1_000);
    expect(connection.of('b').cause).toBe('upstream_unreachable');
    expect(connection.isHealthy()).toBe(false);
  });

  it('counts streams that broke off after content', () => {
    const connection = new ConnectionGate(fakeClock());
    const gate = connection.of('a');

    // Each began well, so they are no failures in a row; but none of them was whole.
    for (let i = 0; i < 20 && gate.waitMs() === 0; i += 1) {
      gate.started();
      gate.opened(1);
      gate.ended('upstream_truncated');
    }

    expect(gate.breaker.state).toBe('open');
  });
});

describe('the cost of another call', () => {
  it('follows a slow answer at once and a fast one slowly', () => {
    const clock = fakeClock();
    const gate = new ConnectionGate(clock).of('a');
    const call = (tookMs: number): void => {
      gate.started();
      gate.opened(tookMs);
      gate.ended();
    };

    call(100);
    call(900);
    expect(gate.latencyMs()).toBeCloseTo(900);
    call(100);
    expect(gate.latencyMs()).toBeGreaterThan(800);
    for (let i = 0; i < 50; i += 1) call(100);

    expect(gate.latencyMs()).toBeLessThan(120);
  });

  it('grows with the calls under way and with failures', () => {
    const gate = new ConnectionGate(fakeClock()).of('a');
    gate.started();
    gate.opened(100);
    const busy = gate.cost();
    gate.ended();
    const idle = gate.cost();
    gate.started();
    gate.failed('upstream_error', 50);

    expect(busy).toBe(idle * 2);
    expect(gate.cost()).toBeGreaterThan(idle * 10);
  });
});

it('forgets ids that callers made up before they fill the memory', () => {
  const connection = new ConnectionGate(fakeClock());

  const first = connection.of('model-0');
  for (let i = 0; i < 2_000; i += 1) connection.of(`model-${i}`);

  expect(connection.of('model-0')).not.toBe(first);
});

describe('a call that another attempt overtook', () => {
  it('is over, is no failure, and has shown how slow the model is at least', () => {
    const connection = new ConnectionGate(fakeClock());
    const gate = connection.of('gpt-4o');
    for (let i = 0; i < 30; i += 1) {
      gate.started();
      gate.overtaken(800);
    }

    expect([gate.inFlight, connection.inFlight, gate.waitMs()]).toEqual([0, 0, 0]);
    expect(gate.latencyMs()).toBe(800);
  });

  it('is looked for by the time of streams or of whole answers, which say nothing about each other', () => {
    const gate = new ConnectionGate(fakeClock()).of('gpt-4o');
    for (let i = 0; i < 20; i += 1) {
      gate.started();
      gate.opened(4_000, 'whole');
      gate.ended();
    }

    expect(gate.slowMs('whole')).toBeGreaterThanOrEqual(4_000);
    expect(gate.slowMs('stream')).toBeUndefined();
  });
});
