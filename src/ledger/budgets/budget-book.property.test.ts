// The laws of money, over histories that nobody thought of: spending is the sum of what was settled, nothing stays reserved,
// nothing is negative, and no limit is passed by more than what calls cost beyond their worst case.
import '../../../test/support/property-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MoneyStage, principalOf, sampleBudget, serviceOf, startMoney, wishOf } from '../../../test/support/sample-money.ts';
import type { Hold } from '../accounts.ts';

const keys = ['k1', 'k2', 'k3'] as const;
const principals = keys.map((keyId, index) => principalOf({ keyId, teamId: index === 0 ? 't1' : 't2', organisationId: 'o' }));
const services = [serviceOf('acme'), serviceOf('other')] as const;
const amount = 1_000;
/** Of one history; the next one has its own, under the same holders. */
const budgetsOf = (run: number) => [
  sampleBudget({ holder: 'global', amount_usd: 2_000e-9, window: 'total' }, `all${run}`),
  sampleBudget({ holder: 'team:*', amount_usd: 1_200e-9, window: 'total' }, `team${run}`),
  sampleBudget({ holder: 'key:*', amount_usd: amount / 1e9, window: 'total' }, `key${run}`),
  sampleBudget({ holder: 'global', provider: 'other', amount_usd: 700e-9, window: 'total' }, `other${run}`),
  sampleBudget({ holder: 'team:t2', mode: 'soft', amount_usd: 10e-9, window: 'total' }, `soft${run}`),
];

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('reserve' as const), who: fc.nat(2), by: fc.nat(1), worst: fc.nat(300) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(50), share: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cover' as const), which: fc.nat(50), by: fc.nat(1), worst: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50, 10_000, 60_000) }) },
);

interface Open {
  readonly hold: Hold;
  readonly who: number;
  by: number;
  worst: number;
}

const sumOf = (stage: MoneyStage, budgetId: string, holder: string) => stage.database.budgets.readWindow({ budgetId, holder }, 0);

describe('reserve and settle', () => {
  it('conserve money in every history', async () => {
    const stage = await startMoney();
    let [runs, refusals, bookings] = [0, 0, 0];
    let budgets = budgetsOf(0);
    let spent = new Map<string, number>();
    const add = (name: string, cost: number): void => void spent.set(name, (spent.get(name) ?? 0) + cost);

    function settled(open: Open, cost: number): void {
      const owners = principals[open.who]?.owners;
      add(`all${runs} global`, cost);
      add(`team${runs} team:${owners?.teamId}`, cost);
      add(`key${runs} key:${owners?.keyId}`, cost);
      if (open.by === 1) add(`other${runs} global`, cost);
      if (owners?.teamId === 't2') add(`soft${runs} team:t2`, cost);
    }

    function run(steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]): void {
      runs += 1;
      budgets = budgetsOf(runs);
      spent = new Map();
      stage.rules.configure({ budgets, limits: [] });
      const open: Open[] = [];
      const take = (which: number): Open | undefined => open.splice(which % Math.max(1, open.length), 1)[0];
      for (const action of steps) {
        if (action.do === 'reserve') {
          const { who, by, worst } = action;
          const wish = { principal: principals[who] ?? { id: 'open' }, service: services[by] ?? services[0], worstCaseNanoUsd: worst };
          const reserved = stage.accounts.reserve(wishOf(wish));
          if (reserved.ok) open.push({ hold: reserved.hold, who, by, worst });
          else refusals += 1;
        } else if (action.do === 'wait') stage.clock.advance(action.ms);
        else if (action.do === 'cover') {
          const chosen = open[action.which % Math.max(1, open.length)];
          if (chosen === undefined || chosen.hold.cover(services[action.by] ?? services[0], action.worst) !== undefined) continue;
          chosen.by = action.by;
          chosen.worst = Math.max(chosen.worst, action.worst);
        } else {
          const chosen = take(action.which);
          if (chosen === undefined) continue;
          const cost = action.do === 'release' ? 0 : Math.floor((chosen.worst * action.share) / 100);
          if (action.do === 'release') chosen.hold.release();
          else chosen.hold.settle({ costNanoUsd: cost });
          if (action.do === 'settle') settled(chosen, cost);
          bookings += 1;
        }
        expectLimits();
      }
      for (const left of open) {
        left.hold.settle({ costNanoUsd: left.worst });
        settled(left, left.worst);
      }
      stage.clock.advance(10_050);
      stage.clock.advance(10_050);
      for (const [name, nanoUsd] of spent) {
        const [budgetId = '', holder = ''] = name.split(' ');
        expect(sumOf(stage, budgetId, holder), name).toMatchObject({ spentNanoUsd: nanoUsd, reservedNanoUsd: 0 });
      }
      expect(stage.book.openHolds).toBe(0);
    }

    function expectLimits(): void {
      for (const budget of budgets) {
        if (budget.mode === 'soft') continue;
        const holders =
          budget.holder.kind === 'key'
            ? keys.map((key) => `key:${key}`)
            : budget.holder.kind === 'team'
              ? ['team:t1', 'team:t2']
              : ['global'];
        for (const holder of holders) {
          const { spentNanoUsd, reservedNanoUsd } = sumOf(stage, budget.id, holder);
          expect(reservedNanoUsd).toBeGreaterThanOrEqual(0);
          expect(spentNanoUsd + reservedNanoUsd).toBeLessThanOrEqual(budget.amountNanoUsd);
        }
      }
    }

    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => run(steps)),
      { numRuns: 300, endOnFailure: true },
    );
    expect(stage.trouble).toEqual([]);
    // The histories must have met the limits, else they prove little.
    expect(Math.min(refusals, bookings)).toBeGreaterThan(250);
  });
});
