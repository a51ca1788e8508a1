// The configured connections, made ready at load time: socket pool, headers, paths and rules, so that a call only picks.
import type { Dispatcher } from 'undici';
import type { ConnectionView } from '../brain/decision.ts';
import type { ClientDialectId } from '../canonical/chat.ts';
import type { Offer } from '../catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import { fillTemplate } from '../providers/fill-template.ts';
import type { AuthScheme, ChatEndpoint, PlainEndpoint, ProviderDefinition } from '../providers/provider.ts';
import { requestHeaders } from '../providers/request-headers.ts';
import { withAuthorizer } from '../transport/authorize.ts';
import { createDispatcher, proxyFor } from '../transport/dispatchers.ts';
import { createHealth, type Health } from './health.ts';

/** A configured account at a provider (the connection part of the settings). */
export interface ConnectionOptions {
  readonly id: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly region?: string;
  /** Account fields by name, defaults included. */
  readonly account?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  readonly timeouts: { readonly connectMs?: number; readonly firstByteMs?: number; readonly idleMs?: number };
  readonly caFile?: string;
  /** How the key is sent, when not as the provider's definition says. */
  readonly auth?: AuthScheme;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  /** For answers that are not streamed: their head comes when all of it has been made. */
  readonly wholeFirstByteMs: number;
  readonly idleMs: number;
}

export interface Upstream {
  readonly id: string;
  readonly definition: ProviderDefinition;
  readonly dispatcher: Dispatcher;
  readonly timeouts: Timeouts;
  readonly health: Health;
  /** Flat name, value list that every call starts from. */
  readonly headers: readonly string[];
  readonly secrets: readonly string[];
  /** Ids it serves beyond the catalog. */
  readonly models: readonly string[];
  /** The endpoint for this model in the caller's dialect if there is one, else the provider's preferred one; undefined = none chats with it. */
  chatEndpoint(client: ClientDialectId, wireId: string): ReadyChatEndpoint | undefined;
  /** Path on the server for a plain endpoint; undefined = the provider has none. */
  pathOf(endpoint: PlainEndpoint | undefined, values?: Readonly<Record<string, string>>): string | undefined;
}

export interface ReadyChatEndpoint {
  readonly endpoint: ChatEndpoint;
  /** `{model}` still in it where the model is named in the path. */
  readonly path: string;
  readonly streamPath: string;
  readonly namesModel: boolean;
}

export interface UpstreamsOptions {
  readonly connections: readonly ConnectionOptions[];
  readonly definitionOf: (provider: string) => ProviderDefinition | undefined;
  readonly timeouts: Timeouts;
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly noProxy?: string } | undefined;
  readonly clock: Clock;
  /** The simulator's dispatcher, for built-in providers. */
  readonly builtIn: () => Dispatcher;
}

export interface Upstreams {
  readonly byId: ReadonlyMap<string, Upstream>;
  /** A new array whenever something about the connections changed, so that what was derived from the old one is not reused. */
  readonly views: readonly ConnectionView[];
  /** Ids that a server told it serves, beyond those configured. */
  setDiscovered(connection: string, ids: readonly string[]): void;
  /** Lets running calls end, then closes the sockets. */
  close(): Promise<void>;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const byId = new Map<string, Upstream>();
  const viewOf = new Map<string, ConnectionView>();
  for (const connection of options.connections) {
    const definition = options.definitionOf(connection.provider);
    if (definition === undefined) continue;
    const upstream = createUpstream(connection, definition, options);
    byId.set(connection.id, upstream);
    viewOf.set(connection.id, createView(connection, upstream, []));
  }
  let views = [...viewOf.values()];
  return {
    byId,
    get views() {
      return views;
    },
    setDiscovered(id, ids) {
      const upstream = byId.get(id);
      const connection = options.connections.find((one) => one.id === id);
      if (upstream === undefined || connection === undefined) return;
      const known = viewOf.get(id)?.models ?? [];
      const view = createView(connection, upstream, ids);
      if (known.length === view.models?.length && view.models.every((model) => known.includes(model))) return;
      viewOf.set(id, view);
      views = [...viewOf.values()];
    },
    async close() {
      await Promise.all([...byId.values()].map((upstream) => upstream.dispatcher.close()));
    },
  };
}

function createUpstream(connection: ConnectionOptions, definition: ProviderDefinition, options: UpstreamsOptions): Upstream {
  const url = new URL(connection.baseUrl);
  const basePath = url.pathname.replace(/\/+$/, '');
  const timeouts: Timeouts = {
    ...options.timeouts,
    ...definition.timeouts,
    ...connection.timeouts,
    wholeFirstByteMs: connection.timeouts.firstByteMs ?? Math.max(definition.timeouts?.firstByteMs ?? 0, options.timeouts.wholeFirstByteMs),
  };
  const proxyUrl = proxyFor(url.origin, options.proxy);
  const pool = definition.builtIn
    ? options.builtIn()
    : createDispatcher({
        origin: url.origin,
        connectMs: timeouts.connectMs,
        ...(connection.caFile !== undefined && { caFile: connection.caFile }),
        ...(proxyUrl !== undefined && { proxyUrl }),
      });
  const account = connection.account ?? {};
  const scheme = connection.auth ?? definition.auth;
  const authorizer =
    scheme.kind === 'authorizer'
      ? scheme.create({ fields: account, ...(connection.apiKey !== undefined && { apiKey: connection.apiKey }) })
      : undefined;
  const dispatcher = authorizer === undefined ? pool : withAuthorizer(pool, url.origin, authorizer);
  const ownBaseUrl = definition.baseUrl === undefined ? undefined : fillTemplate(definition.baseUrl, account);
  const atOwnAddress = ownBaseUrl !== undefined && new URL(ownBaseUrl).origin === url.origin;
  const endpoints = definition.chat
    .filter((endpoint) => !endpoint.ownAddressOnly || atOwnAddress)
    .map((endpoint): ReadyChatEndpoint => {
      const path = basePath + fillTemplate(endpoint.path, account);
      const streamPath = endpoint.streamPath === undefined ? path : basePath + fillTemplate(endpoint.streamPath, account);
      return { endpoint, path, streamPath, namesModel: path.includes('{model}') };
    });
  const health = createHealth(options.clock);

  return {
    id: connection.id,
    definition,
    dispatcher,
    timeouts,
    health,
    headers: requestHeaders(definition, authorizer === undefined ? connection : { headers: connection.headers }),
    secrets: connection.apiKey === undefined || connection.apiKey.length < 6 ? [] : [connection.apiKey],
    models: connection.models,
    chatEndpoint(client, wireId) {
      let preferred: ReadyChatEndpoint | undefined;
      for (const ready of endpoints) {
        const { dialect, models } = ready.endpoint;
        if (models !== undefined && !models.test(wireId)) continue;
        if (dialect === client) return ready;
        preferred ??= ready;
      }
      return preferred;
    },
    pathOf: (endpoint, values) => (endpoint === undefined ? undefined : basePath + fillTemplate(endpoint.path, { ...account, ...values })),
  };
}

/** `*` in a connection's models: it takes any id. */
const anyModel = '*';

function createView(connection: ConnectionOptions, { definition, health }: Upstream, discovered: readonly string[]): ConnectionView {
  const models = new Set([...connection.models.filter((model) => model !== anyModel), ...discovered]);
  return {
    id: connection.id,
    provider: definition.id,
    layer: definition.layer ?? 'direct',
    ...(connection.region !== undefined && { region: connection.region }),
    get healthy() {
      return health.isHealthy();
    },
    openEnded: (definition.openEnded ?? false) || connection.models.includes(anyModel),
    models: [...models],
    wireIdFor(offer: Offer) {
      if (offer.provider === definition.id) return offer.wireId;
      if (!definition.resells || offer.simulator || offer.uncatalogued) return undefined;
      // Resellers know other providers' models by `provider/model`, unless their list has the provider's bare id: the
      // name that most LiteLLM configurations give a model, and the only one that such a proxy accepts.
      return !models.has(offer.providerId) && models.has(offer.wireId) ? offer.wireId : offer.providerId;
    },
  };
}
