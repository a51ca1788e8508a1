import { describe, expect, it } from 'vitest';
import { sampleBudget, startMoney } from '../../../test/support/sample-money.ts';
import { type Alert, alertMail, encodeAlert, toAlert } from './alert.ts';

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

describe('as a mail', () => {
  const alert: Alert = {
    budgetId: 'b1',
    holder: 'team:research',
    mode: 'hard',
    percent: 100,
    limitUsd: '50',
    spentUsd: '50.25',
    window: 'per week',
    resetsMs: Date.UTC(2026, 0, 19),
    timeMs: Date.UTC(2026, 0, 15, 12),
  };

  it('says in the subject who has spent how much, and in the text what follows from it', () => {
    expect(alertMail(alert)).toEqual({
      subject: 'Budget of team:research at 100 %: 50.25 of 50 USD per week',
      text: [
        'team:research has spent 50.25 of 50 USD per week: 100 % of budget b1 is reached. It resets at 2026-01-19T00:00:00.000Z. Calls are refused until it resets or is raised.',
        '',
        'Holder   team:research',
        'Budget   b1',
        'Spent    50.25 of 50 USD per week',
        'Mode     hard: what does not fit is refused',
        'Reset    2026-01-19T00:00:00.000Z',
        '',
      ].join('\n'),
    });
  });

  it('lets no name make a header or a line', () => {
    const { subject, text } = alertMail({
      ...alert,
      holder: 'end_user:x\r\nBcc: thief@example.com\n\nDear all\u2028\u0085\u202e',
      budgetId: 'b\r\n.\r\nMAIL FROM',
    });

    expect(subject).toBe('Budget of end_user:x Bcc: thief@example.com Dear all  at 100 %: 50.25 of 50 USD per week');
    expect(text.split('\n')).toHaveLength(8);
    expect(text).not.toMatch(/[\r\u2028\u0085\u202e]/);
  });

  it('shows the numbers though the name is endless', () => {
    const { subject } = alertMail({ ...alert, holder: `tag:${'x'.repeat(10_000)}` });

    expect(subject.length).toBeLessThan(150);
    expect(subject).toContain('50.25 of 50 USD');
  });
});
