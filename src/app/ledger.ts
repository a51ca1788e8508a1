// Keys, money and entries over the database of the data directory.
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import { createResponseShelf } from '../gateway/response-shelf.ts';
import { ensureAdminKey } from '../ledger/admin-key.ts';
import { createAlertDelivery } from '../ledger/alerts/delivery.ts';
import { createEntryWriter } from '../ledger/entry-writer.ts';
import { createKeyRing } from '../ledger/key-ring.ts';
import { openMoney } from '../ledger/money.ts';
import { startRetention } from '../ledger/retention.ts';
import type { Logger } from '../observability/log.ts';
import { isLoopback } from '../server/auth.ts';
import { openDatabase } from '../storage/sqlite/open-database.ts';
import { alertChannels } from './alert-channels.ts';

export interface LedgerOptions {
  /** Those in force: where alerts go may change at a reload. */
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Ledger = Awaited<ReturnType<typeof openLedger>>;

/** Makes the first admin key of a gateway that strangers can reach. */
export async function openLedger({ settings: current, clock, logger }: LedgerOptions) {
  const settings = current();
  const database = await openDatabase(settings.dataDir);
  const keys = createKeyRing({ store: database.keys, digest: database.digest, clock, owners: database.owners });
  const admin = ensureAdminKey({
    store: database.keys,
    digest: database.digest,
    required: !isLoopback(settings.server.host),
    ...(settings.adminKey !== undefined && { given: settings.adminKey }),
  });
  const writer = createEntryWriter({
    store: database.entries,
    clock,
    flushMs: settings.ledger.flushMs,
    onTrouble: (trouble) =>
      trouble.kind === 'recovered'
        ? logger.info({ ...trouble }, 'the ledger is written again')
        : logger.error({ ...trouble }, 'the ledger could not be written as usual'),
  });
  const alerts = createAlertDelivery({
    clock,
    channels: () => alertChannels(current()),
    onTrouble: (trouble) => logger.warn({ ...trouble }, 'a budget alert could not be sent as usual'),
  });
  const money = openMoney({
    stores: database,
    clock,
    configured: { budgets: settings.budgets, limits: settings.rateLimits },
    writeEntry: (entry) => writer.write(entry),
    onStranger: (rule, holder) =>
      logger.warn({ rule, holder }, 'a rule of mpc.yaml names somebody who does not exist; it holds for nobody'),
    onAlert(alert) {
      logger.warn({ ...alert }, 'a budget passed a threshold');
      alerts.deliver(alert);
    },
    onTrouble: (cause) => logger.error({ err: cause }, 'budgets could not be kept as usual'),
  });
  // Not at once: the first answer must not wait for a thread to start.
  const cancelCheckpoints = clock.after(400, () => database.checkpointInBackground());
  const stopRetention = startRetention({
    store: database.entries,
    clock,
    retentionDays: settings.ledger.retentionDays,
    onError: (cause) => logger.warn({ err: cause }, 'old ledger entries could not be deleted'),
  });
  const shelf = createResponseShelf({
    store: database.responses,
    clock,
    ...settings.responses,
    flushMs: settings.ledger.flushMs,
    onTrouble: (cause) => logger.warn({ err: cause }, 'kept answers of the Responses API could not be written'),
  });

  return {
    database,
    keys,
    admin,
    writer,
    money,
    shelf,
    /** Writes what waits. The database stays open for calls that end late; whoever opened the ledger closes it. */
    async finish(): Promise<void> {
      money.close();
      alerts.close();
      stopRetention();
      cancelCheckpoints();
      shelf.close();
      await writer.close();
    },
  };
}
