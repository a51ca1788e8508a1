// The composition root: builds every part from the settings, starts and stops them. What belongs together is in app/.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNames, createListing, loadCatalog, readCatalog } from './app/catalog.ts';
import { createGatewayParts, createRunawayGuards, type LastingParts } from './app/gateway-parts.ts';
import { builtFile } from './app/installation.ts';
import { type Ledger, openLedger } from './app/ledger.ts';
import { describeDecision } from './brain/describe-decision.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import type { CompiledCatalog } from './catalog/records.ts';
import type { LoadedSettings } from './config/settings.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type Random, systemRandom } from './core/random.ts';
import { version } from './core/version.ts';
import type { Observer } from './gateway/events.ts';
import { createGateway } from './gateway/gateway.ts';
import { Hedging } from './gateway/hedging.ts';
import { createKeepAlive } from './gateway/keep-alive.ts';
import { createLateObserver } from './gateway/late-observer.ts';
import { createResponses } from './gateway/responses.ts';
import { TimeLimits } from './gateway/time-limit.ts';
import { watchEventLoop } from './observability/event-loop.ts';
import { createLogger, createLogObserver, type Logger } from './observability/log.ts';
import { createMetrics } from './observability/metrics.ts';
import { forwardedHeaders } from './providers/request-headers.ts';
import { Sessions } from './routing/sessions.ts';
import type { Upstreams } from './routing/upstreams.ts';
import { createAccess, isLoopback } from './server/auth.ts';
import { createHttpServer } from './server/http-server.ts';
import { createLoadGate } from './server/load-gate.ts';
import { createRoutes } from './server/routes.ts';
import { poolStats } from './transport/dispatchers.ts';

/** What tests put in place of the real thing. */
export interface AppParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly catalog: CompiledCatalog;
}

export interface App {
  /** Base URL without a path. */
  listen(): Promise<{ readonly url: string }>;
  /** Takes over a new configuration; running requests keep theirs. Rejects, and changes nothing, when its catalog overlay is wrong. */
  reload(loaded: LoadedSettings): Promise<void>;
  /** Lets running calls end, writes the ledger, closes everything. */
  close(): Promise<void>;
  /** An admin key that was made at this start: to be shown once. */
  readonly createdAdminKey: string | undefined;
  readonly isOpen: () => boolean;
}

export async function createApp(loaded: LoadedSettings, given: Partial<AppParts> = {}): Promise<App> {
  let { settings } = loaded;
  const clock = given.clock ?? systemClock;
  const random = given.random ?? systemRandom;
  const logger = given.logger ?? createLogger(settings.logLevel);
  const compiled = given.catalog ?? (await readCatalog());
  const startCatalog = await loadCatalog(compiled, settings);
  assertNames(loaded, startCatalog);

  const ledger = await openLedger({ settings: () => settings, clock, logger });
  const { database } = ledger;
  // What a killed process left behind belongs to nobody.
  const uploadFolder = join(settings.dataDir, 'uploads');
  await rm(uploadFolder, { recursive: true, force: true });
  const eventLoop = watchEventLoop(clock);
  const hedging = new Hedging(clock);

  const metrics = createMetrics({
    inFlight: () => server.inFlight(),
    pendingEntries: () => ledger.writer.pending(),
    pools: () =>
      [...parts.upstreams.values()].flatMap((upstream) => {
        const stats = poolStats(upstream.pools);
        return stats === undefined ? [] : [{ connection: upstream.id, ...stats }];
      }),
    eventLoopLag: () => eventLoop.read(),
    version,
  });
  const onBug = (error: unknown, requestId: string): void => logger.error({ request_id: requestId, err: error }, 'a bug in the gateway');
  const observers = [
    createLateObserver([createLedgerObserver(ledger.writer), metrics, createLogObserver(logger), hedging.observer], onBug),
  ];

  const lasting: LastingParts = {
    clock,
    random,
    observers,
    hedging,
    keepAlive: createKeepAlive(clock, settings.keepAliveMs),
    timeLimits: new TimeLimits(clock, { lingerMs: 1_000 }),
    sessions: new Sessions(clock),
    accounts: ledger.money.accounts,
    answers: new AnswerCache({
      clock,
      maxBytes: settings.cache.memoryBytes,
      maxStoredBytes: settings.cache.diskBytes,
      ...(settings.cache.diskBytes > 0 && { store: ledger.database.answers }),
    }),
    runaway: createRunawayGuards(clock),
  };

  let parts = createGatewayParts(loaded, startCatalog, lasting);
  void parts.discovery.refresh();
  let stopping = false;
  const gateway = createGateway(() => parts);
  const access = createAccess({
    keys: ledger.keys,
    admin: ledger.admin,
    host: settings.server.host,
    required: settings.server.auth === 'required',
    allowedHosts: settings.server.allowedHosts,
    allowedOrigins: settings.server.allowedOrigins,
  });
  const router = createRoutes({
    gateway,
    limits: settings.limits,
    uploadFolder,
    forwardedHeaders,
    catalog: () => parts.catalog,
    listing: createListing(() => parts),
    money: { keys: ledger.keys, owners: database.owners, ruleStore: database.rules, ...ledger.money },
    health: {
      version,
      litellmUrl: () =>
        settings.connections.find((connection) => connection.provider === 'litellm')?.baseUrl.replace(/\/v1\/?$/, '') ?? null,
      isReady: () => !stopping,
      nowIso: () => new Date(clock.wallMs()).toISOString(),
    },
    metrics,
    responses: createResponses({ shelf: ledger.shelf, clock }),
    readDecision: (id) => database.reader.readDecision(id),
    nowMs: () => clock.wallMs(),
    version,
    assetsDir: builtFile('api-page'),
  });
  const server = createHttpServer({
    router,
    access,
    clock,
    idempotency: ledger.money.idempotency,
    bodyBytes: settings.limits.bodyBytes,
    load: createLoadGate({ clock, maxLagMs: settings.server.maxLagMs, maxInFlight: settings.server.maxInFlight }),
    headerTimeoutMs: settings.server.headerTimeoutMs,
    bodyTimeoutMs: settings.server.bodyTimeoutMs,
    uploadTimeoutMs: settings.server.uploadTimeoutMs,
    allowedOrigins: settings.server.allowedOrigins,
    onBug,
  });

  return {
    createdAdminKey: ledger.admin.created,
    isOpen: () => access.isOpen(),
    async listen() {
      const { port } = await server.listen(settings.server.port, settings.server.host);
      const host = settings.server.host.includes(':') ? `[${settings.server.host}]` : settings.server.host;
      return { url: `http://${isLoopback(settings.server.host) ? 'localhost' : host}:${port}` };
    },
    async reload(next) {
      const nextCatalog = await loadCatalog(compiled, next.settings);
      assertNames(next, nextCatalog);
      const old = parts;
      parts = createGatewayParts(next, nextCatalog, lasting);
      settings = next.settings;
      ledger.money.configure({ budgets: settings.budgets, limits: settings.rateLimits });
      void parts.discovery.refresh();
      // Calls that are under way end on the old connections; only then are their sockets closed.
      void old.connections.close();
    },
    async close() {
      stopping = true;
      await server.drain(settings.server.drainSeconds * 1_000);
      lasting.keepAlive.close();
      lasting.timeLimits.close();
      await ledger.finish();
      await closeSoon(parts.connections);
      eventLoop.close();
      database.close();
    },
  };
}

/** Decisions are described when they are written, not on a request's path. */
function createLedgerObserver(writer: Ledger['writer']): Observer {
  return {
    exchangeEnded({ entry, decision }) {
      if (decision !== undefined) writer.saveDecision(decision.id, () => JSON.stringify(describeDecision(decision)));
      writer.write(entry);
    },
    decisionMade: (decision) => writer.saveDecision(decision.id, () => JSON.stringify(describeDecision(decision))),
  };
}

/** A provider that never closes its side must not keep the process. */
async function closeSoon(connections: Upstreams): Promise<void> {
  await Promise.race([
    connections.close(),
    new Promise<void>((resolve) => {
      setTimeout(resolve, 1_000).unref();
    }),
  ]);
}
