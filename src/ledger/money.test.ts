import { expect, it } from 'vitest';
import { sampleBudget, sampleLimit, startMoney } from '../../test/support/sample-money.ts';
import { openMoney } from './money.ts';

it('tells of rules for somebody who does not exist, at the start and after a change', async () => {
  const { database, clock } = await startMoney();
  database.owners.saveOwner({ id: 'known', kind: 'team', name: 'Known', createdMs: 0 });
  const strangers: string[] = [];
  const budget = (holder: string, id: string) => sampleBudget({ holder }, id);
  const money = openMoney({
    stores: database,
    clock,
    configured: {
      budgets: [
        budget('team:known', 'a'),
        budget('team:typo', 'b'),
        budget('user:known', 'c'),
        budget('key:*', 'd'),
        budget('tag:any', 'e'),
      ],
      limits: [sampleLimit({ holder: 'key:key_gone' }, 'f')],
    },
    writeEntry: () => undefined,
    onStranger: (rule, holder) => strangers.push(`${rule} ${holder}`),
    onAlert: () => undefined,
    onTrouble: (cause) => expect.fail(String(cause)),
  });
  expect(strangers).toEqual(['b team:typo', 'c user:known', 'f key:key_gone']);

  money.configure({ budgets: [budget('organisation:new', 'g')], limits: [] });
  money.close();

  expect(strangers.at(-1)).toBe('g organisation:new');
  expect(money.rules.current().budgets).toHaveLength(1);
  expect(clock.pendingTimers()).toBe(0);
});
