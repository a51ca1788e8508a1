import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate, Profile } from '../../brain/decision.ts';
import type { Offer } from '../../catalog/catalog.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { ConnectionGate } from '../gate.ts';
import { type Balance, type BalanceOptions, balanceCandidates, balances, Turns } from './balance.ts';

const profile: Profile = { needs: [], contextTokens: 0 };

function offer(providerId: string): Offer {
  return {
    providerId,
    canonicalId: providerId,
    wireId: providerId,
    model: providerId,
    supports: {},
    tasks: [],
    domains: [],
  } as unknown as Offer;
}

function stage(
  names: readonly string[],
  offers: (name: string) => Offer,
): {
  readonly candidates: readonly Candidate[];
  readonly gates: Readonly<Record<string, ConnectionGate>>;
  order(balance: Balance | undefined, more?: Partial<BalanceOptions>): string[];
} {
  const clock = fakeClock();
  const gates = Object.fromEntries(names.map((name) => [name, new ConnectionGate(clock)]));
  const candidates = names.map((name) => ({ offer: offers(name), connection: { id: name }, wireId: 'm' }) as unknown as Candidate);
  const turns = new Turns();
  return {
    candidates,
    gates,
    order: (balance, more = {}) =>
      balanceCandidates(candidates, {
        balance,
        gateOf: ({ connection, wireId }) => (gates[connection.id] as ConnectionGate).of(wireId),
        weightOf: () => 1,
        priorityOf: () => 0,
        random: Math.random,
        turns,
        profile,
        ...more,
      }).map(({ connection }) => connection.id),
  };
}

const one = offer('openai/gpt-4o');
const twins = (): ReturnType<typeof stage> => stage(['a', 'b', 'c'], () => one);

describe('without a balance', () => {
  it('leaves different offers in the order of the Brain', () => {
    const { order } = stage(['a', 'b', 'c'], offer);

    for (let i = 0; i < 20; i += 1) expect(order(undefined)).toEqual(['a', 'b', 'c']);
  });

  it('shares the load of one offer on several connections by speed', () => {
    const { gates, order } = twins();
    for (const [name, tookMs] of [
      ['a', 5_000],
      ['b', 10],
      ['c', 10],
    ] as const) {
      const gate = gates[name]?.of('m');
      gate?.started();
      gate?.opened(tookMs);
      gate?.ended();
    }

    const firsts = Array.from({ length: 200 }, () => order(undefined)[0]);

    expect(firsts).not.toContain('a');
    expect(firsts).toContain('b');
    expect(firsts).toContain('c');
  });
});

describe('the balances', () => {
  it('round-robin takes turns, evenly', () => {
    const { order } = twins();

    const firsts = Array.from({ length: 9 }, () => order('round-robin')[0]);

    expect(firsts).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('weighted serves in proportion', () => {
    const { order } = twins();
    let state = 1;
    const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    const weights: Readonly<Record<string, number>> = { a: 6, b: 3, c: 0 };

    const firsts = Array.from(
      { length: 3_000 },
      () => order('weighted', { random, weightOf: ({ connection }) => weights[connection.id] ?? 0 })[0],
    );

    const share = (name: string): number => firsts.filter((first) => first === name).length / firsts.length;
    expect(share('a')).toBeCloseTo(2 / 3, 1);
    expect(share('b')).toBeCloseTo(1 / 3, 1);
    expect(share('c')).toBe(0);
  });

  it('least-busy prefers who has fewer calls under way for its weight', () => {
    const { gates, order } = twins();
    gates['a']?.of('m').started();
    gates['a']?.of('m').started();
    gates['b']?.of('m').started();

    expect(order('least-busy')).toEqual(['c', 'b', 'a']);
    expect(order('least-busy', { weightOf: ({ connection }) => (connection.id === 'a' ? 100 : 1) })).toEqual(['c', 'a', 'b']);
  });

  it('usage-based prefers who has had fewer tokens', () => {
    const { gates, order } = twins();
    gates['a']?.of('m').used(500);
    gates['b']?.of('m').used(100);

    expect(order('usage-based')).toEqual(['c', 'b', 'a']);
  });

  it('adaptive avoids who has failed', () => {
    const { gates, order } = twins();
    const gate = gates['a']?.of('m');
    gate?.started();
    gate?.failed('upstream_error', 5);

    expect(order('adaptive').at(-1)).toBe('a');
  });
});

it('a lower priority number serves first, whatever the balance says', () => {
  const { order } = twins();

  for (const balance of [undefined, ...balances]) {
    expect(order(balance, { priorityOf: ({ connection }) => (connection.id === 'c' ? 0 : 1) })[0]).toBe('c');
  }
});

it('never loses or doubles a candidate', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(undefined, ...balances),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
      (balance, kinds, draws) => {
        const names = kinds.map((_kind, index) => `c${index}`);
        const { order } = stage(names, (name) => (kinds[Number(name.slice(1))] === 0 ? one : offer(name)));

        const ordered = order(balance, {
          random: () => draws.next().value as number,
          weightOf: ({ connection }) => kinds[Number(connection.id.slice(1))] ?? 0,
        });

        expect(ordered.toSorted()).toEqual(names.toSorted());
      },
    ),
  );
});
