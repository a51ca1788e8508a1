// Brings alerts to where the operator wants them, beside the calls: nothing waits for it, and a receiver that is down costs a bounded
// amount of memory and a line in the log.
import type { Clock } from '../../core/clock.ts';
import type { Alert } from './alert.ts';

export interface AlertChannel {
  readonly name: 'webhook' | 'slack' | 'mail';
  /** Rejects when nobody got it. Answers a remark when some did not. */
  send(alert: Alert): Promise<string | undefined>;
  /** Must not stand in the log, though errors may repeat them. */
  readonly secrets: readonly string[];
}

export interface AlertTrouble {
  readonly channel: AlertChannel['name'];
  readonly budgetId: string;
  readonly reason: string;
  /** Absent: it is not tried again. */
  readonly nextTryMs?: number;
}

export interface AlertDelivery {
  deliver(alert: Alert): void;
  /** No further tries. */
  close(): void;
}

interface DeliveryOptions {
  readonly clock: Clock;
  /** Asked for each alert, so that a reload takes effect. */
  readonly channels: () => readonly AlertChannel[];
  readonly onTrouble: (trouble: AlertTrouble) => void;
}

/** A receiver that restarts is back after the last of them. */
const pausesMs = [2_000, 10_000, 60_000] as const;
/** On their way at once, tries to come included: a thousand keys that reach their budgets together must not become a thousand connections. */
const mostUnderWay = 256;

export function createAlertDelivery({ clock, channels, onTrouble }: DeliveryOptions): AlertDelivery {
  const pauses = new Set<() => void>();
  let underWay = 0;
  let closed = false;

  async function attempt(channel: AlertChannel, alert: Alert, tries: number): Promise<void> {
    const facts = { channel: channel.name, budgetId: alert.budgetId };
    try {
      const remark = await channel.send(alert);
      if (remark !== undefined) onTrouble({ ...facts, reason: withoutSecrets(remark, channel) });
    } catch (cause) {
      const nextTryMs = closed ? undefined : pausesMs[tries];
      const reason = withoutSecrets(cause instanceof Error ? cause.message : 'unknown', channel);
      onTrouble({ ...facts, reason, ...(nextTryMs !== undefined && { nextTryMs }) });
      if (nextTryMs === undefined) return;
      await pause(nextTryMs);
      if (!closed) await attempt(channel, alert, tries + 1);
    }
  }

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        pauses.delete(end);
        resolve();
      };
      const cancel = clock.after(delayMs, end);
      pauses.add(end);
    });
  }

  return {
    deliver(alert) {
      for (const channel of channels()) {
        if (underWay >= mostUnderWay) {
          onTrouble({ channel: channel.name, budgetId: alert.budgetId, reason: `${mostUnderWay} alerts are on their way already` });
          continue;
        }
        underWay += 1;
        void attempt(channel, alert, 0).finally(() => {
          underWay -= 1;
        });
      }
    },
    close() {
      closed = true;
      for (const end of pauses) end();
    },
  };
}

/** Errors of the network repeat the address, and a mail server may repeat what it was told, in base64 as it came. */
function withoutSecrets(text: string, { secrets }: AlertChannel): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
}
