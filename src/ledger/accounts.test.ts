import { describe, expect, it } from 'vitest';
import { principalOf, sampleBudget, sampleLimit, serviceOf, startMoney, wishOf } from '../../test/support/sample-money.ts';
import { noUsage } from '../canonical/usage.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Accounts, ReserveWish } from './accounts.ts';

const cent = 10_000_000;
const usd = 100 * cent;

function refusal(accounts: Accounts, wish: Partial<ReserveWish>): GatewayError {
  const reserved = accounts.reserve(wishOf(wish));
  if (reserved.ok) throw new Error('it was let in');
  return reserved.error;
}

describe('a hard budget', () => {
  it('lets in what fits and not a nano-dollar more', async () => {
    const { accounts, hold } = await startMoney({ budgets: [sampleBudget({ amount_usd: 1 })] });
    hold({ worstCaseNanoUsd: 60 * cent });

    expect(refusal(accounts, { worstCaseNanoUsd: 40 * cent + 1 }).code).toBe('budget_exceeded');
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 40 * cent })).ok).toBe(true);
  });

  it('gets back what a call did not use', async () => {
    const { accounts, hold } = await startMoney({ budgets: [sampleBudget()] });
    hold({ worstCaseNanoUsd: usd }).settle({ costNanoUsd: 10 * cent });

    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 90 * cent })).ok).toBe(true);
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 1 })).ok).toBe(false);
  });

  it('lets exactly ten of a thousand calls in that arrive together, each worth a tenth of it', async () => {
    const { accounts } = await startMoney({ budgets: [sampleBudget({ amount_usd: 10 })] });

    const all = await Promise.all(Array.from({ length: 1_000 }, async () => accounts.reserve(wishOf({ worstCaseNanoUsd: usd }))));

    expect(all.filter((reserved) => reserved.ok)).toHaveLength(10);
  });

  it('is told to the caller with amounts, the time it resets, LiteLLM’s sentence, and a status that stops clients', async () => {
    const { accounts, hold } = await startMoney({ budgets: [sampleBudget({ holder: 'key:k' })] });
    const principal = principalOf({ keyId: 'k' });
    hold({ principal, worstCaseNanoUsd: 75 * cent }).settle({ costNanoUsd: 75 * cent });
    hold({ principal, worstCaseNanoUsd: 5 * cent });

    const error = refusal(accounts, { principal, worstCaseNanoUsd: 30 * cent });

    expect(error.status).toBe(402);
    expect(error.message).toContain('Budget has been exceeded! Current cost: 0.75, Max budget: 1.');
    expect(error.message).toContain('wait until 2026-01-16T00:00:00.000Z');
    expect(error.details.extra).toEqual({
      budget: {
        id: 'b1',
        holder: 'key:k',
        limit_usd: 1,
        spent_usd: 0.75,
        reserved_usd: 0.05,
        needed_usd: 0.3,
        resets_at: '2026-01-16T00:00:00.000Z',
      },
    });
    expect(error.details.retryAfterMs).toBe(12 * 3_600_000);
  });

  it('refuses a call whose price is unknown, and names a way out', async () => {
    const { accounts } = await startMoney({ budgets: [sampleBudget()] });

    const error = refusal(accounts, { worstCaseNanoUsd: null });

    expect([error.code, error.status]).toEqual(['price_unknown', 402]);
    expect(error.message).toContain('unknown_price: allow');
  });

  it('counts calls of unknown price apart where they are allowed', async () => {
    const { book, database, hold } = await startMoney({ budgets: [sampleBudget({ unknown_price: 'allow' })] });
    hold({ worstCaseNanoUsd: null }).settle({ costNanoUsd: null });
    book.flush();

    expect(database.budgets.readWindow({ budgetId: 'b1', holder: 'global' }, 0)).toMatchObject({ spentNanoUsd: 0, unpricedCalls: 1 });
  });

  it('books a call of unknown price that took longer than idle leases are kept', async () => {
    const { book, clock, database, hold } = await startMoney({ budgets: [sampleBudget({ unknown_price: 'allow' })] });
    const held = hold({ worstCaseNanoUsd: null });
    clock.advance(45_000);

    held.settle({ costNanoUsd: 3 * cent });
    book.flush();

    expect(database.budgets.readWindow({ budgetId: 'b1', holder: 'global' }, 0).spentNanoUsd).toBe(3 * cent);
  });

  it('books what was held when nobody can tell the cost afterwards', async () => {
    const { book, database, hold } = await startMoney({ budgets: [sampleBudget()] });
    hold({ worstCaseNanoUsd: 7 * cent }).settle({ costNanoUsd: null });
    book.flush();

    expect(database.budgets.readWindow({ budgetId: 'b1', holder: 'global' }, 0)).toMatchObject({
      spentNanoUsd: 7 * cent,
      unpricedCalls: 1,
    });
  });

  it('holds for the truth when a call cost more than its worst case', async () => {
    const { accounts, hold } = await startMoney({ budgets: [sampleBudget()] });
    hold({ worstCaseNanoUsd: 10 * cent }).settle({ costNanoUsd: 95 * cent });

    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 5 * cent + 1 })).ok).toBe(false);
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 5 * cent })).ok).toBe(true);
  });

  it('settles once', async () => {
    const { book, database, hold } = await startMoney({ budgets: [sampleBudget()] });
    const held = hold({ worstCaseNanoUsd: 10 * cent });
    held.settle({ costNanoUsd: 3 * cent });
    held.settle({ costNanoUsd: 3 * cent });
    held.release();
    book.flush();

    expect(database.budgets.readWindow({ budgetId: 'b1', holder: 'global' }, 0).spentNanoUsd).toBe(3 * cent);
  });

  it('starts anew with the next period, and a call counts where it was let in', async () => {
    const { accounts, clock, hold, database, book } = await startMoney({ budgets: [sampleBudget()] });
    const late = hold({ worstCaseNanoUsd: 80 * cent });
    clock.advance(12 * 3_600_000);

    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: usd })).ok).toBe(true);
    late.settle({ costNanoUsd: 80 * cent });
    book.flush();
    const yesterday = Date.UTC(2026, 0, 15);
    expect(database.budgets.openCounter({ budgetId: 'b1', holder: 'global', periodMs: yesterday }, yesterday).counter.spentNanoUsd).toBe(
      80 * cent,
    );
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 1 })).ok).toBe(false);
  });

  it('over a rolling window never holds more than its amount in any window of that length', async () => {
    const { accounts, clock } = await startMoney({ budgets: [sampleBudget({ window: '24h', amount_usd: 1 })] });
    const accepted: number[] = [];
    for (let hour = 0; hour < 72; hour += 1) {
      for (let i = 0; i < 3; i += 1) {
        const reserved = accounts.reserve(wishOf({ worstCaseNanoUsd: 10 * cent }));
        if (!reserved.ok) continue;
        reserved.hold.settle({ costNanoUsd: 10 * cent });
        accepted.push(clock.wallMs());
      }
      clock.advance(3_600_000);
    }

    for (const start of accepted) {
      expect(accepted.filter((at) => at >= start && at < start + 24 * 3_600_000).length).toBeLessThanOrEqual(10);
    }
    // And it does forget: ten calls a day, not ten in all.
    expect(accepted.length).toBeGreaterThanOrEqual(28);
  });

  it('of nested holders must fit in all, and a refusal by one holds nothing of the others', async () => {
    const { accounts, hold } = await startMoney({
      budgets: [
        sampleBudget({ holder: 'organisation:o', amount_usd: 1 }, 'org'),
        sampleBudget({ holder: 'team:t', amount_usd: 0.5 }, 'team'),
        sampleBudget({ holder: 'key:*', amount_usd: 0.4 }, 'key'),
      ],
    });
    const one = principalOf({ keyId: 'k1', teamId: 't', organisationId: 'o' });
    const two = principalOf({ keyId: 'k2', teamId: 't', organisationId: 'o' });
    const stranger = principalOf({ keyId: 'k3', organisationId: 'o' });
    hold({ principal: one, worstCaseNanoUsd: 40 * cent });

    expect(refusal(accounts, { principal: two, worstCaseNanoUsd: 11 * cent }).message).toContain('team:t may spend');
    hold({ principal: stranger, worstCaseNanoUsd: 40 * cent });
    expect(refusal(accounts, { principal: stranger, worstCaseNanoUsd: 1 }).message).toContain('key:k3 may spend');
    expect(accounts.reserve(wishOf({ principal: two, worstCaseNanoUsd: 10 * cent })).ok).toBe(true);
  });

  it('of a tag or an end user concerns the requests that name it', async () => {
    const { accounts, hold } = await startMoney({
      budgets: [sampleBudget({ holder: 'tag:batch' }, 'tag'), sampleBudget({ holder: 'end_user:*', amount_usd: 0.1 }, 'user')],
    });
    hold({ tags: ['batch', 'batch'], worstCaseNanoUsd: usd });
    hold({ endUser: 'ann', worstCaseNanoUsd: 10 * cent });

    expect(accounts.reserve(wishOf({ tags: ['batch'], worstCaseNanoUsd: 1 })).ok).toBe(false);
    expect(accounts.reserve(wishOf({ endUser: 'ann', worstCaseNanoUsd: 1 })).ok).toBe(false);
    expect(accounts.reserve(wishOf({ endUser: 'bob', worstCaseNanoUsd: 10 * cent })).ok).toBe(true);
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: usd })).ok).toBe(true);
  });

  it('of a tag counts once where the key and the request name the same one', async () => {
    const { hold, book, database } = await startMoney({ budgets: [sampleBudget({ holder: 'tag:x' })] });
    hold({ principal: principalOf({ keyId: 'k', tags: ['x'] }), tags: ['x'], worstCaseNanoUsd: 5 * cent }).settle({
      costNanoUsd: 5 * cent,
    });
    book.flush();

    expect(database.budgets.readWindow({ budgetId: 'b1', holder: 'tag:x' }, 0).spentNanoUsd).toBe(5 * cent);
  });

  it('per model or provider concerns the candidate, and a fallback is covered before it is tried', async () => {
    const { accounts, hold, book, database } = await startMoney({
      budgets: [
        sampleBudget({ provider: 'other', amount_usd: 0.1 }, 'other'),
        sampleBudget({ models: ['acme/*'], amount_usd: 1 }, 'acme'),
        sampleBudget({ amount_usd: 1 }, 'all'),
      ],
    });
    const held = hold({ worstCaseNanoUsd: 20 * cent });

    expect(held.cover(serviceOf('other'), 20 * cent)?.code).toBe('budget_exceeded');
    expect(held.cover(serviceOf('other'), 10 * cent)).toBeUndefined();
    held.settle({ costNanoUsd: 9 * cent, service: serviceOf('other') });
    book.flush();

    const spent = (budgetId: string): number => database.budgets.readWindow({ budgetId, holder: 'global' }, 0).spentNanoUsd;
    expect([spent('other'), spent('acme'), spent('all')]).toEqual([9 * cent, 0, 9 * cent]);
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 91 * cent })).ok).toBe(true);
  });

  it('names the cheaper models that may serve instead', async () => {
    const { accounts } = await startMoney({ budgets: [sampleBudget({ fallbacks: { one: ['small'] } })] });

    const reserved = accounts.reserve(wishOf({ worstCaseNanoUsd: 2 * usd }));

    expect(reserved.ok ? [] : reserved.fallbacks).toEqual(['small']);
  });

  it('survives a restart to the nano-dollar', async () => {
    const budgets = [sampleBudget()];
    const first = await startMoney({ budgets });
    first.hold({ worstCaseNanoUsd: 30 * cent }).settle({ costNanoUsd: 12 * cent + 1 });
    first.book.close();
    const second = await startMoney({ budgets, dataDir: first.dataDir });

    expect(second.accounts.reserve(wishOf({ worstCaseNanoUsd: 88 * cent })).ok).toBe(false);
    expect(second.accounts.reserve(wishOf({ worstCaseNanoUsd: 88 * cent - 1 })).ok).toBe(true);
  });

  it('changed by an administrator holds within a second, with what was spent', async () => {
    const { accounts, clock, hold, database } = await startMoney();
    const raised = (amount_usd: number): void =>
      database.rules.saveRule({ id: 'b9', kind: 'budget', definition: { holder: 'global', amount_usd, window: 'day' }, createdMs: 0 });
    raised(1);
    clock.advance(1_000);
    hold({ worstCaseNanoUsd: usd }).settle({ costNanoUsd: usd });
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: cent })).ok).toBe(false);

    raised(1.5);
    clock.advance(1_000);

    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 50 * cent + 1 })).ok).toBe(false);
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 50 * cent })).ok).toBe(true);
  });
});

describe('a soft budget', () => {
  it('refuses nothing and tells each threshold once a period', async () => {
    const { clock, hold, alerts, book } = await startMoney({ budgets: [sampleBudget({ mode: 'soft', alerts: [50, 100, 200] })] });
    for (let i = 0; i < 5; i += 1) {
      hold({ worstCaseNanoUsd: 30 * cent }).settle({ costNanoUsd: 30 * cent });
      book.flush();
    }
    expect(alerts.map((alert) => alert.percent)).toEqual([50, 100]);

    clock.advance(24 * 3_600_000);
    hold({ worstCaseNanoUsd: usd }).settle({ costNanoUsd: usd });

    expect(alerts.map((alert) => alert.percent)).toEqual([50, 100, 100]);
  });
});

describe('the headers of an answer', () => {
  it('tell the tightest budget and the rate limits, in OpenAI’s and LiteLLM’s words', async () => {
    const { hold } = await startMoney({
      budgets: [sampleBudget({ amount_usd: 5 }, 'all'), sampleBudget({ holder: 'key:k', amount_usd: 1 }, 'key')],
      limits: [sampleLimit({ amount: 60 }), sampleLimit({ unit: 'tokens', amount: 6_000, per: '10m' }, 'tokens')],
    });
    const list: string[] = [];
    hold({ principal: principalOf({ keyId: 'k' }), worstCaseNanoUsd: 10 * cent, tokens: 600 }).addHeaders(list);
    const headers = Object.fromEntries(list.flatMap((name, index) => (index % 2 === 0 ? [[name, list[index + 1]]] : [])));

    expect(headers).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-tokens': '5400',
      'x-ratelimit-reset-tokens': '1m0s',
      'x-mpc-budget-limit-usd': '1',
      'x-mpc-budget-remaining-usd': '0.9',
      'x-mpc-budget-holder': 'key:k',
      'x-mpc-budget-reset': '2026-01-16T00:00:00.000Z',
      'x-litellm-key-max-budget': '1',
      'x-litellm-key-spend': '0',
    });
  });
});

describe('a rate limit', () => {
  it('refuses with the time to wait and the headers of the limit', async () => {
    const { accounts, hold, clock } = await startMoney({ limits: [sampleLimit({ amount: 2, per: '1m' })] });
    hold();
    hold();

    const error = refusal(accounts, {});

    expect([error.code, error.status, error.details.retryAfterMs]).toEqual(['limit_exceeded', 429, 30_000]);
    expect(error.details.headers).toEqual(expect.arrayContaining(['x-ratelimit-remaining-requests', '0']));
    clock.advance(30_000);
    expect(accounts.reserve(wishOf()).ok).toBe(true);
    expect(accounts.reserve(wishOf()).ok).toBe(false);
  });

  it('of tokens holds the estimate and is corrected by the truth', async () => {
    const { accounts, hold } = await startMoney({ limits: [sampleLimit({ unit: 'tokens', amount: 1_000 })] });
    const held = hold({ tokens: 900 });
    expect(accounts.reserve(wishOf({ tokens: 200 })).ok).toBe(false);

    held.settle({ costNanoUsd: 0, usage: { ...noUsage, input: 100, output: 50, reasoning: 50 } });

    expect(accounts.reserve(wishOf({ tokens: 800 })).ok).toBe(true);
    expect(accounts.reserve(wishOf({ tokens: 1 })).ok).toBe(false);
  });

  it('of parallel calls is freed by the end of a call, however it ends', async () => {
    const { accounts, hold } = await startMoney({ limits: [sampleLimit({ unit: 'parallel', amount: 2 })] });
    const [first, second] = [hold(), hold()];
    expect(accounts.reserve(wishOf()).ok).toBe(false);

    first.release();
    first.release();
    second.settle({ costNanoUsd: 0 });
    second.settle({ costNanoUsd: 0 });

    hold();
    hold();
    expect(accounts.reserve(wishOf()).ok).toBe(false);
  });

  it('is not used up by calls that a budget refused', async () => {
    const { accounts } = await startMoney({
      budgets: [sampleBudget({ holder: 'key:poor', amount_usd: 0.01 })],
      limits: [sampleLimit({ amount: 1 }), sampleLimit({ unit: 'parallel', amount: 1 }, 'parallel')],
    });
    const principal = principalOf({ keyId: 'poor' });
    for (let i = 0; i < 3; i += 1) expect(refusal(accounts, { principal, worstCaseNanoUsd: usd }).code).toBe('budget_exceeded');

    expect(accounts.reserve(wishOf({ principal, worstCaseNanoUsd: cent })).ok).toBe(true);
  });
});

describe('callers that no rule concerns', () => {
  it('get one and the same empty hold', async () => {
    const { accounts, hold } = await startMoney({ budgets: [sampleBudget({ holder: 'key:other' })] });

    expect(hold({ worstCaseNanoUsd: null })).toBe(hold({ principal: principalOf({ keyId: 'k' }), worstCaseNanoUsd: 5 * usd }));
    expect(accounts.reserve(wishOf({ worstCaseNanoUsd: 1 })).ok).toBe(true);
  });
});
