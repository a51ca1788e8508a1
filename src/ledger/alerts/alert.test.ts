import { expect, it } from 'vitest';
import { sampleBudget, startMoney } from '../../../test/support/sample-money.ts';
import { encodeAlert, toAlert } from './alert.ts';

it('is JSON for machines and one line of text for Slack, in which no name wakes a channel', async () => {
  const { hold, alerts, clock } = await startMoney({ budgets: [sampleBudget({ holder: 'tag:<!channel>', alerts: [80, 100] })] });
  hold({ tags: ['<!channel>'], worstCaseNanoUsd: 1e9 }).settle({ costNanoUsd: 850_000_000 });
  const [first] = alerts;
  if (first === undefined) throw new Error('no alert');

  const alert = toAlert(first, clock.wallMs());

  expect(encodeAlert(alert, 'json')).toEqual({
    type: 'budget.threshold',
    time: '2026-01-15T12:00:00.000Z',
    budget_id: 'b1',
    holder: 'tag:<!channel>',
    mode: 'hard',
    percent: 80,
    limit_usd: 1,
    spent_usd: 0.85,
    window: 'per day',
    resets_at: '2026-01-16T00:00:00.000Z',
  });
  expect(encodeAlert(alert, 'slack')).toEqual({
    text: 'tag:&lt;!channel&gt; has spent 0.85 of 1 USD per day: 80 % of budget b1 is reached. It resets at 2026-01-16T00:00:00.000Z.',
  });
});
