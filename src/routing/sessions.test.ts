import { expect, it } from 'vitest';
import type { Candidate } from '../brain/decision.ts';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { ConnectionGate } from './gate.ts';
import { Sessions } from './sessions.ts';

function candidate(connection: string, price?: { readonly input: number; readonly cachedInput?: number }): Candidate {
  return { connection: { id: connection }, wireId: 'm', offer: { price } } as unknown as Candidate;
}

function stage() {
  const clock = fakeClock();
  const gates = new Map<string, ConnectionGate>();
  const gateOf = ({ connection, wireId }: Candidate) => {
    const gate = gates.get(connection.id) ?? new ConnectionGate(clock);
    gates.set(connection.id, gate);
    return gate.of(wireId);
  };
  const sessions = new Sessions(clock);
  return {
    clock,
    sessions,
    gateOf,
    choose: (candidates: readonly Candidate[]) => sessions.choose('s', candidates, { contextTokens: 10_000, gateOf }),
  };
}

const [a, b] = [candidate('a'), candidate('b')];

it('stays with the connection that served last, though another would come first', () => {
  const { sessions, choose } = stage();
  sessions.note('s', b, 9_000);

  expect(choose([a, b])).toEqual({ candidate: b, told: 'stayed' });
});

it('knows nothing about a session it has not seen', () => {
  expect(stage().choose([a, b])).toEqual({ told: 'new' });
});

it('lets it go when the provider has forgotten the prompt', () => {
  const { clock, sessions, choose } = stage();
  sessions.note('s', b, 9_000);
  clock.advance(300_001);

  expect(choose([a, b]).candidate).toBeUndefined();
});

it('moves when the connection rests, and says why', () => {
  const { sessions, choose, gateOf } = stage();
  sessions.note('s', b, 9_000);
  gateOf(b).started();
  gateOf(b).failed('upstream_rate_limited', 5, 9_000);

  expect(choose([a, b])).toEqual({ told: 'moved: b rests' });
});

it('moves when it has become much slower than the other', () => {
  const { sessions, choose, gateOf } = stage();
  sessions.note('s', b, 9_000);
  gateOf(b).started();
  gateOf(b).opened(9_000);
  gateOf(b).ended();

  expect(choose([a, b]).told).toContain('slow');
});

it('weighs the price of the lost cache against what the other costs', () => {
  const { sessions, choose } = stage();
  const dear = candidate('b', { input: 3_000_000, cachedInput: 300_000 });
  sessions.note('s', dear, 9_000);

  expect(choose([candidate('a', { input: 2_000_000 }), dear]).told).toBe('stayed');
  expect(choose([candidate('a', { input: 100_000 }), dear]).told).toContain('cheaper');
});
