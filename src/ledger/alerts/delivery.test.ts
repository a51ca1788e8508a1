import { expect, it } from 'vitest';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import type { Alert } from './alert.ts';
import { type AlertChannel, type AlertTrouble, createAlertDelivery } from './delivery.ts';

const alert: Alert = {
  budgetId: 'b1',
  holder: 'global',
  mode: 'hard',
  percent: 80,
  limitUsd: '1',
  spentUsd: '0.8',
  window: 'per day',
  timeMs: 0,
};

interface Stage {
  readonly tries: string[];
  readonly trouble: AlertTrouble[];
  readonly clock: ReturnType<typeof fakeClock>;
  readonly delivery: ReturnType<typeof createAlertDelivery>;
}

/** Each channel fails so many times before it takes an alert. */
function start(failures: Partial<Record<AlertChannel['name'], number>>): Stage {
  const clock = fakeClock();
  const tries: string[] = [];
  const trouble: AlertTrouble[] = [];
  const left = new Map(Object.entries(failures));
  const channels = (Object.keys(failures) as AlertChannel['name'][]).map(
    (name): AlertChannel => ({
      name,
      secrets: ['s3cret'],
      send() {
        tries.push(name);
        const rest = left.get(name) ?? 0;
        left.set(name, rest - 1);
        return rest > 0 ? Promise.reject(new Error('refused s3cret')) : Promise.resolve(undefined);
      },
    }),
  );
  const delivery = createAlertDelivery({ clock, channels: () => channels, onTrouble: (one) => trouble.push(one) });
  return { clock, tries, trouble, delivery };
}

it('tries a receiver that fails again, and leaves the others alone', async () => {
  const { clock, tries, trouble, delivery } = start({ webhook: 2, mail: 0 });

  delivery.deliver(alert);
  await clock.advanceAsync(0);
  expect(tries).toEqual(['webhook', 'mail']);
  await clock.advanceAsync(100_000);

  expect(tries).toEqual(['webhook', 'mail', 'webhook', 'webhook']);
  expect(trouble.map(({ nextTryMs }) => nextTryMs)).toEqual([2_000, 10_000]);
  expect(clock.pendingTimers()).toBe(0);
});

it('gives up after four tries and says so without the secret', async () => {
  const { clock, tries, trouble, delivery } = start({ slack: 99 });

  delivery.deliver(alert);
  await clock.advanceAsync(1_000_000);

  expect(tries).toHaveLength(4);
  expect(trouble.at(-1)).toEqual({ channel: 'slack', budgetId: 'b1', reason: 'refused …' });
});

it('tells what a receiver remarks, and takes the alert for delivered', async () => {
  const clock = fakeClock();
  const trouble: AlertTrouble[] = [];
  const channel: AlertChannel = { name: 'mail', secrets: [], send: () => Promise.resolve('boss@example.com was refused') };
  const delivery = createAlertDelivery({ clock, channels: () => [channel], onTrouble: (one) => trouble.push(one) });

  delivery.deliver(alert);
  await clock.advanceAsync(100_000);

  expect(trouble).toEqual([{ channel: 'mail', budgetId: 'b1', reason: 'boss@example.com was refused' }]);
});

it('has a bounded number of alerts on their way, whatever passes a threshold at once', async () => {
  const { clock, tries, trouble, delivery } = start({ mail: 1_000_000 });

  for (let i = 0; i < 1_000; i += 1) delivery.deliver(alert);
  await clock.advanceAsync(0);

  expect(tries).toHaveLength(256);
  expect(trouble.filter(({ reason }) => reason.includes('on their way'))).toHaveLength(744);
});

it('ends without a timer or a further try when it is closed', async () => {
  const { clock, tries, delivery } = start({ mail: 99 });
  delivery.deliver(alert);
  await clock.advanceAsync(0);

  delivery.close();
  await clock.advanceAsync(100_000);

  expect(tries).toHaveLength(1);
  expect(clock.pendingTimers()).toBe(0);
});
