import { expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { RunawayGuard } from './runaway-guard.ts';

function stage() {
  const clock = fakeClock();
  return { clock, guard: new RunawayGuard({ repeats: 5, withinMs: 10_000 }, clock) };
}

it('refuses the fifth of the same prompt within the time, and says how long to wait', () => {
  const { clock, guard } = stage();
  for (let i = 0; i < 4; i += 1) {
    guard.check('s', 1);
    clock.advance(1_000);
  }

  expect(() => guard.check('s', 1)).toThrow(
    expect.objectContaining({ code: 'repeated_prompt', details: expect.objectContaining({ retryAfterMs: 6_000 }) }),
  );
});

it('lets it pass again when the time is over', () => {
  const { clock, guard } = stage();
  for (let i = 0; i < 4; i += 1) guard.check('s', 1);
  clock.advance(10_000);

  expect(() => guard.check('s', 1)).not.toThrow();
});

it('does not mind a session that goes on, nor many sessions that begin alike', () => {
  const { guard } = stage();

  expect(() => {
    for (let i = 0; i < 50; i += 1) guard.check('s', i);
    for (let i = 0; i < 20_000; i += 1) guard.check(`s${i}`, 1);
  }).not.toThrow();
});
