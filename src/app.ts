// The composition root: the only file that knows every part. It builds them from settings, starts and stops them.
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeDecision } from './brain/describe-decision.ts';
import { createPlanner } from './brain/planner.ts';
import type { Catalog, Offer } from './catalog/catalog.ts';
import { createCatalog } from './catalog/create-catalog.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import { readCompiledCatalog } from './catalog/read-catalog.ts';
import type { CompiledCatalog } from './catalog/records.ts';
import { readEnvironment } from './config/environment.ts';
import { findAdapterModules } from './config/adapter-modules.ts';
import { assertKnownFallbacks } from './config/file-fallbacks.ts';
import type { LoadOptions } from './config/load-settings.ts';
import { assertKnownNames } from './config/known-names.ts';
import { assertKnownModelTimeouts, type FoundName } from './config/model-timeouts.ts';
import { readOverlay } from './config/read-overlay.ts';
import type { LoadedSettings, Settings } from './config/settings.ts';
import { changesNeedingRestart, watchSettings } from './config/watch-settings.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { GatewayError } from './core/errors.ts';
import { type Random, systemRandom } from './core/random.ts';
import { version } from './core/version.ts';
import { taskDialectOf } from './dialects/tasks/index.ts';
import { upstreamDialectOf } from './dialects/upstream-dialects.ts';
import type { Observer } from './gateway/events.ts';
import { FallbackRules } from './gateway/fallback-rules.ts';
import { createGateway } from './gateway/gateway.ts';
import { Continuing } from './gateway/continuing.ts';
import { Hedging } from './gateway/hedging.ts';
import { createArrange } from './gateway/arrange.ts';
import { balanceOf, rankOf } from './gateway/strategy-names.ts';
import { RunawayGuard } from './gateway/runaway-guard.ts';
import { createKeepAlive } from './gateway/keep-alive.ts';
import { TimeLimits } from './gateway/time-limit.ts';
import type { GatewayParts } from './gateway/parts.ts';
import { PlanMemo } from './gateway/plan-memo.ts';
import { createResponseShelf } from './gateway/response-shelf.ts';
import { createResponses } from './gateway/responses.ts';
import { ensureAdminKey } from './ledger/admin-key.ts';
import { createEntryWriter } from './ledger/entry-writer.ts';
import { type Alert, alertMail, encodeAlert } from './ledger/alerts/alert.ts';
import { type AlertChannel, createAlertDelivery } from './ledger/alerts/delivery.ts';
import { createKeyRing } from './ledger/key-ring.ts';
import { openMoney } from './ledger/money.ts';
import { startRetention } from './ledger/retention.ts';
import { createAdapterDispatcher } from './library/adapter-bridge.ts';
import { loadSettingsWithAdapters } from './library/load-adapters.ts';
import { watchEventLoop } from './observability/event-loop.ts';
import { createLogger, createLogObserver, type Logger } from './observability/log.ts';
import { createMetrics } from './observability/metrics.ts';
import { createDemoDispatcher } from './providers/demo/index.ts';
import { findProvider } from './providers/index.ts';
import { forwardedHeaders } from './providers/request-headers.ts';
import { createDiscovery } from './routing/discovery.ts';
import { Sessions } from './routing/sessions.ts';
import { createUpstreams, type Upstreams } from './routing/upstreams.ts';
import { createAccess, isLoopback } from './server/auth.ts';
import type { ModelListing } from './server/client-api/models.ts';
import { createHttpServer } from './server/http-server.ts';
import { createLoadGate } from './server/load-gate.ts';
import { createRoutes } from './server/routes.ts';
import { openDatabase } from './storage/sqlite/open-database.ts';
import { poolStats } from './transport/dispatchers.ts';
import { createMediaFetcher } from './transport/fetch-media.ts';
import { postWebhook } from './transport/post-webhook.ts';
import { sendMail } from './transport/send-mail.ts';

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

  const database = await openDatabase(settings.dataDir);
  // What a killed process left behind belongs to nobody.
  const uploadFolder = join(settings.dataDir, 'uploads');
  await rm(uploadFolder, { recursive: true, force: true });
  const keys = createKeyRing({ store: database.keys, digest: database.digest, clock, owners: database.owners });
  const onLoopback = isLoopback(settings.server.host);
  const admin = ensureAdminKey({
    store: database.keys,
    digest: database.digest,
    required: !onLoopback,
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
    channels: () => alertChannels(settings),
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
  const eventLoop = watchEventLoop(clock);
  const keepAlive = createKeepAlive(clock, settings.keepAliveMs);
  const timeLimits = new TimeLimits(clock);
  const sessions = new Sessions(clock);
  const hedging = new Hedging(clock);

  const metrics = createMetrics({
    inFlight: () => server.inFlight(),
    pendingEntries: () => writer.pending(),
    pools: () =>
      [...parts.upstreams.values()].flatMap((upstream) => {
        const stats = poolStats(upstream.pools);
        return stats === undefined ? [] : [{ connection: upstream.id, ...stats }];
      }),
    eventLoopLag: () => eventLoop.read(),
    version,
  });
  const ledgerObserver: Observer = {
    exchangeEnded({ entry, decision }) {
      if (decision !== undefined) writer.saveDecision(decision.id, () => JSON.stringify(describeDecision(decision)));
      writer.write(entry);
    },
    decisionMade: (decision) => writer.saveDecision(decision.id, () => JSON.stringify(describeDecision(decision))),
  };
  const observers: readonly Observer[] = [ledgerObserver, metrics, createLogObserver(logger), hedging.observer];

  const answers = new AnswerCache({
    clock,
    maxBytes: settings.cache.memoryBytes,
    maxStoredBytes: settings.cache.diskBytes,
    ...(settings.cache.diskBytes > 0 && { store: database.answers }),
  });

  let runaway: { readonly repeats: number; readonly guard: RunawayGuard } | undefined;
  // A reload must not make it forget a loop that is going on.
  function runawayGuard(repeats: number): RunawayGuard {
    if (runaway?.repeats !== repeats) runaway = { repeats, guard: new RunawayGuard({ repeats, withinMs: 10_000 }, clock) };
    return runaway.guard;
  }

  function buildParts({ settings: next, own }: LoadedSettings, catalog: Catalog): GatewayParts {
    const connections = createUpstreams({
      connections: next.connections,
      definitionOf: (id) => own.get(id)?.definition ?? findProvider(id),
      timeouts: next.timeouts,
      ...(Object.keys(next.modelTimeouts).length > 0 && { modelTimeouts: { limits: next.modelTimeouts, catalog } }),
      proxy: next.proxy,
      breaker: next.routing.circuitBreaker,
      clock,
      builtIn(provider) {
        const adapter = own.get(provider)?.adapter;
        return adapter === undefined ? createDemoDispatcher({ clock, random }) : createAdapterDispatcher(adapter);
      },
    });
    const { fallbackOn, fallbacks: chains } = next.routing;
    const fallbacks = new FallbackRules({ fallbackOn, chains, aliases: next.aliases });
    hedging.configure(next.routing.hedge);
    const { continueStreams } = next.routing;
    return {
      catalog,
      planner: createPlanner(),
      planMemo: new PlanMemo(),
      discovery: createDiscovery(connections, clock),
      connections,
      upstreams: connections.byId,
      dialectOf: upstreamDialectOf,
      taskDialectOf,
      media: createMediaFetcher(next.media),
      clock,
      random,
      observers,
      keepAlive,
      timeLimits,
      keepAliveMs: next.keepAliveMs,
      today: createToday(clock),
      retry: next.retry,
      timeouts: next.timeouts,
      limits: next.limits,
      arrange: createArrange({
        connections,
        random,
        sessions,
        balance: balanceOf(next.routing.strategy),
        aliases: Object.fromEntries(
          Object.entries(next.aliases).map(([name, { strategy, weights }]) => [
            name,
            { weights, balance: strategy === undefined ? undefined : balanceOf(strategy) },
          ]),
        ),
      }),
      sessions,
      accounts: money.accounts,
      cache: {
        answers,
        keeps: next.cache.mode !== 'off',
        always: next.cache.mode === 'on',
        ttlMs: next.cache.ttlMs,
        policy: JSON.stringify([catalog.version, next.routing, next.aliases]),
      },
      ...(!fallbacks.isEmpty && { fallbacks }),
      hedging,
      ...(continueStreams !== 'never' && { continuing: new Continuing({ isOn: continueStreams === 'on', aliases: next.aliases }) }),
      ...(next.routing.runawayRepeats > 0 && { runaway: runawayGuard(next.routing.runawayRepeats) }),
      routing: { ...next.routing, strategy: rankOf(next.routing.strategy) },
    };
  }

  let parts = buildParts(loaded, startCatalog);
  void parts.discovery.refresh();
  let stopping = false;
  const gateway = createGateway(() => parts);
  const access = createAccess({
    keys,
    admin,
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
    money: { keys, owners: database.owners, ruleStore: database.rules, ...money },
    health: {
      version,
      litellmUrl: () =>
        settings.connections.find((connection) => connection.provider === 'litellm')?.baseUrl.replace(/\/v1\/?$/, '') ?? null,
      isReady: () => !stopping,
      nowIso: () => new Date(clock.wallMs()).toISOString(),
    },
    metrics,
    responses: createResponses({ shelf, clock }),
    readDecision: (id) => database.reader.readDecision(id),
    nowMs: () => clock.wallMs(),
    version,
    assetsDir: join(distDir(), 'api-page'),
  });
  const server = createHttpServer({
    router,
    access,
    clock,
    idempotency: money.idempotency,
    bodyBytes: settings.limits.bodyBytes,
    load: createLoadGate({ clock, maxLagMs: settings.server.maxLagMs, maxInFlight: settings.server.maxInFlight }),
    headerTimeoutMs: settings.server.headerTimeoutMs,
    bodyTimeoutMs: settings.server.bodyTimeoutMs,
    uploadTimeoutMs: settings.server.uploadTimeoutMs,
    allowedOrigins: settings.server.allowedOrigins,
    onBug: (error, requestId) => logger.error({ request_id: requestId, err: error }, 'a bug in the gateway'),
  });

  return {
    createdAdminKey: admin.created,
    isOpen: () => access.isOpen(),
    async listen() {
      const { port } = await server.listen(settings.server.port, settings.server.host);
      const host = settings.server.host.includes(':') ? `[${settings.server.host}]` : settings.server.host;
      return { url: `http://${onLoopback ? 'localhost' : host}:${port}` };
    },
    async reload(next) {
      const nextCatalog = await loadCatalog(compiled, next.settings);
      assertNames(next, nextCatalog);
      const old = parts;
      parts = buildParts(next, nextCatalog);
      settings = next.settings;
      money.configure({ budgets: settings.budgets, limits: settings.rateLimits });
      void parts.discovery.refresh();
      // Calls that are under way end on the old connections; only then are their sockets closed.
      void old.connections.close();
    },
    async close() {
      stopping = true;
      await server.drain(settings.server.drainSeconds * 1_000);
      keepAlive.close();
      money.close();
      alerts.close();
      stopRetention();
      cancelCheckpoints();
      shelf.close();
      await writer.close();
      await closeSoon(parts.connections);
      eventLoop.close();
      database.close();
    },
  };
}

/** Starts the server as a process: listens, says where (to `say`), reloads on change, leaves in order. Used by `mpc start`. */
export async function startServer(flags: Readonly<Record<string, string | undefined>>, say: (text: string) => void): Promise<void> {
  const cwd = process.cwd();
  const source = (): LoadOptions => ({ flags, env: readEnvironment(), cwd });
  const load = (): Promise<LoadedSettings> => loadSettingsWithAdapters(source());
  const loaded = await load();
  const logger = createLogger(loaded.settings.logLevel);
  const app = await createApp(loaded, { logger });
  const { url } = await listenOrLeave(app, loaded.settings);
  say(greeting({ url, loaded, app }));

  let current = loaded;
  const onError = (thrown: unknown): void =>
    logger.error({ problem: thrown instanceof Error ? thrown.message : 'unreadable' }, 'the new configuration is wrong; the old one stays');
  const takeOver = async (next: LoadedSettings): Promise<void> => {
    await app.reload(next);
    const restart = changesNeedingRestart(current.settings, next.settings);
    if (restart.length > 0) logger.warn({ settings: restart }, 'these settings changed, but take effect only after a restart');
    current = next;
    logger.info('the configuration was reloaded');
  };
  const watch = watchSettings({
    load,
    cwd,
    file: loaded.settings.file,
    overlay: loaded.settings.catalog.overlay,
    more: () => findAdapterModules(source()).map(({ path }) => path),
    onChange: (next) => void takeOver(next).catch(onError),
    onError,
  });

  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    // The launcher was killed without a chance to tell: nobody is left to stop this process.
    if (readEnvironment()['MPC_LAUNCHER'] === '1') process.once('disconnect', () => resolve());
  });
  process.once('SIGINT', () => process.exit(130));
  logger.info('stopping: no new requests, running ones may end');
  watch.close();
  await app.close();
  process.exit(0);
}

/** Without the way out a process that cannot listen would stay, held by the timers and the database of what it cannot serve. */
async function listenOrLeave(app: App, { server }: Settings): Promise<{ readonly url: string }> {
  try {
    return await app.listen();
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    const where = `${server.host}, port ${server.port}`;
    if (code === 'EADDRINUSE')
      throw new Error(`another process listens on ${where}; stop it, or take another port with --port or PORT`, { cause });
    if (code === 'EACCES') throw new Error(`this user may not listen on ${where}; take a port from 1024 on with --port or PORT`, { cause });
    if (code === 'EADDRNOTAVAIL') throw new Error(`this machine has no address ${server.host}; set another with --host or HOST`, { cause });
    throw cause;
  }
}

function greeting({ url, loaded, app }: { readonly url: string; readonly loaded: LoadedSettings; readonly app: App }): string {
  const { settings, notices } = loaded;
  const providers = [...new Set(settings.connections.map((connection) => connection.provider))].filter((id) => id !== 'demo');
  const auth = app.isOpen() ? '' : " -H 'authorization: Bearer YOUR_KEY'";
  const model = providers.length === 0 ? 'demo-fast' : 'auto';
  const lines = [
    `MPC-API ${version} listens on ${url}`,
    `  API page   ${url}/docs`,
    `  providers  ${providers.length === 0 ? 'none yet: set OPENAI_API_KEY, ANTHROPIC_API_KEY … ; the built-in demo answers until then' : providers.join(', ')}`,
    `  try        curl ${url}/v1/chat/completions${auth} -H 'content-type: application/json' -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    ...notices.map((notice) => `  note       ${notice}`),
  ];
  if (app.createdAdminKey !== undefined)
    lines.push(`  admin key  ${app.createdAdminKey}   (shown this once; set MPC_ADMIN_KEY to choose your own)`);
  if (!app.isOpen()) lines.push('  keys       required; make one with: npx mpc keys create --name NAME');
  return `${lines.join('\n')}\n`;
}

/** Where budget alerts go. The addresses hold secrets, and a mail server may repeat a password in the form in which it got it. */
function alertChannels({ alerts }: Settings): AlertChannel[] {
  const { allowPrivate, mail } = alerts;
  const post = (url: string, format: 'json' | 'slack') => async (alert: Alert) => {
    await postWebhook({ url, body: JSON.stringify(encodeAlert(alert, format)), allowPrivate });
    return undefined;
  };
  const channels: AlertChannel[] = [];
  if (alerts.webhookUrl !== undefined)
    channels.push({ name: 'webhook', send: post(alerts.webhookUrl, 'json'), secrets: [alerts.webhookUrl] });
  if (alerts.slackUrl !== undefined) channels.push({ name: 'slack', send: post(alerts.slackUrl, 'slack'), secrets: [alerts.slackUrl] });
  if (mail !== undefined) {
    const { user = '', password } = mail;
    channels.push({
      name: 'mail',
      async send(alert) {
        const refused = await sendMail(
          { ...mail, allowPrivate },
          { ...alertMail(alert), from: mail.from, to: mail.to, timeMs: alert.timeMs },
        );
        return refused.length === 0 ? undefined : `the mail server refused ${refused.join(', ')}`;
      },
      secrets:
        password === undefined
          ? []
          : [password, ...[password, `\0${user}\0${password}`].map((text) => Buffer.from(text).toString('base64'))],
    });
  }
  return channels;
}

function distDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.endsWith('src') ? join(here, '..', 'dist') : here.endsWith('chunks') ? dirname(here) : here;
}

/** The built catalog; in a checkout that was not built, the data files themselves. */
async function readCatalog(): Promise<CompiledCatalog> {
  const here = dirname(fileURLToPath(import.meta.url));
  if (here.endsWith('src')) {
    const { compileCatalog } = await import('./catalog/compile-catalog.ts');
    return compileCatalog(join(here, '..', 'data'));
  }
  return readCompiledCatalog(join(distDir(), 'catalog.json'));
}

/** The catalog with the operator's facts and aliases over it. Throws with file and place of a mistake in the overlay. */
async function loadCatalog(compiled: CompiledCatalog, { aliases, catalog }: Settings): Promise<Catalog> {
  const file = catalog.overlay;
  if (file === undefined) return createCatalog(compiled, Object.keys(aliases).length === 0 ? undefined : { aliases });
  // Loaded only here, because the check of the file brings zod along.
  const { parseOverlay } = await import('./catalog/overlay.ts');
  const overlay = parseOverlay(readOverlay(file), file);
  try {
    return createCatalog(compiled, { ...overlay, aliases: { ...overlay.aliases, ...aliases } });
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    throw new GatewayError(thrown.code, `${file}: ${thrown.message}`, { cause: thrown });
  }
}

/** Throws with the place of every model in the configuration that nobody knows. */
function assertNames(loaded: LoadedSettings, catalog: Catalog): void {
  assertKnownFallbacks(loaded, (name) => (catalog.find(name).kind === 'none' ? catalog.nearest(name, 3) : undefined));
  const find = (name: string): FoundName => {
    const found = catalog.find(name);
    if (found.kind === 'none') return { kind: 'none', nearest: catalog.nearest(name, 3) };
    return { kind: found.kind, ids: found.offers.map((offer) => offer.canonicalId) };
  };
  assertKnownModelTimeouts(loaded, find);
  assertKnownNames(loaded, {
    find,
    isBeginning: (prefix) =>
      catalog.offers.some(({ canonicalId, providerId, model, wireId }) =>
        [canonicalId, providerId, model, wireId].some((name) => name.toLowerCase().startsWith(prefix)),
      ),
  });
}

function createToday(clock: Clock): () => string {
  let day = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.wallMs() / 86_400_000);
    if (now !== day) {
      day = now;
      text = new Date(now * 86_400_000).toISOString().slice(0, 10);
    }
    return text;
  };
}

/** Offers that some configured connection serves. Computed anew only when catalog or connections changed. */
function createListing(current: () => GatewayParts): () => ModelListing {
  let known: { readonly catalog: Catalog; readonly views: Upstreams['views']; readonly listing: ModelListing } | undefined;
  return () => {
    const { catalog, connections } = current();
    if (known?.catalog === catalog && known.views === connections.views) return known.listing;
    const reachable: Offer[] = catalog.offers.filter((offer) => connections.views.some((view) => view.provider === offer.provider));
    const beyond = connections.views.flatMap((view) => (view.models ?? []).map((id) => `${view.id}/${id}`));
    const listing = { catalog, reachable, beyond };
    known = { catalog, views: connections.views, listing };
    return listing;
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
