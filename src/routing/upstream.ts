// One configured connection, made ready at load time: socket pool, headers, paths and rules, so that a call only picks.
import type { Dispatcher } from 'undici';
import type { ClientDialectId } from '../canonical/chat.ts';
import type { TaskDialectId, TaskId } from '../canonical/tasks.ts';
import type { Clock } from '../core/clock.ts';
import type { HttpTemplate } from '../dialects/http-template/template.ts';
import { fillTemplate } from '../providers/fill-template.ts';
import type { AuthScheme, ChatEndpoint, PlainEndpoint, ProviderDefinition, TaskEndpoint } from '../providers/provider.ts';
import { requestHeaders } from '../providers/request-headers.ts';
import { type Authorizer, withAuthorizer } from '../transport/authorize.ts';
import { createDispatcher, proxyFor } from '../transport/dispatchers.ts';
import { ConnectionGate } from './gate.ts';
import { facadeRestMs } from './missing-facade.ts';
import type { ModelLimits } from './model-limits.ts';

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
  /** What is sent and where the answer stands, for an API that speaks no known grammar. */
  readonly template?: HttpTemplate;
  readonly models: readonly string[];
  /** Calls at once; absent = as many as come. */
  readonly maxParallel?: number;
  /** Share of the load among equals; 1 when absent. */
  readonly weight?: number;
  /** Connections of a lower number serve before those of a higher one; 0 when absent. */
  readonly priority?: number;
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
  /** One call, from the request to the last byte; absent = as long as the exchange has. */
  readonly totalMs?: number | undefined;
}

export interface Upstream {
  readonly id: string;
  readonly definition: ProviderDefinition;
  readonly dispatcher: Dispatcher;
  /** The dispatcher, and those of models that are connected to in another time. */
  readonly pools: readonly Dispatcher[];
  /** The same for models that have limits of their own, by the id that it knows them by; undefined = none has. */
  readonly byModel: ReadonlyMap<string, Upstream> | undefined;
  readonly timeouts: Timeouts;
  /** What calls have taught about it. */
  readonly gate: ConnectionGate;
  /** Flat name, value list that every call starts from. */
  readonly headers: readonly string[];
  readonly secrets: readonly string[];
  /** Ids it serves beyond the catalog. */
  readonly models: readonly string[];
  /** The endpoint for this model in the caller's dialect if there is one, else the provider's preferred one; undefined = none chats with it. */
  chatEndpoint(client: ClientDialectId, wireId: string, traits?: ReadonlySet<string>): ReadyChatEndpoint | undefined;
  /** The server has no such endpoint: callers of its grammar are translated for a while. */
  missesEndpoint(ready: ReadyChatEndpoint): void;
  /** The endpoint for this task and model in the caller's grammar if there is one, else the provider's preferred one; undefined = it has none. */
  taskEndpoint(task: TaskId, client: TaskDialectId, wireId: string): TaskEndpoint | undefined;
  /** Path on the server for a plain endpoint; undefined = the provider has none. */
  pathOf(
    endpoint: (PlainEndpoint & Pick<TaskEndpoint, 'fromRoot'>) | undefined,
    values?: Readonly<Record<string, string>>,
  ): string | undefined;
}

export interface ReadyChatEndpoint {
  readonly endpoint: ChatEndpoint;
  /** `{model}` still in it where the model is named in the path. */
  readonly path: string;
  readonly streamPath: string;
  readonly namesModel: boolean;
  /** A later call may name an answer of this one instead of repeating it. */
  readonly keepsAnswers: boolean;
  /** Another endpoint could serve the same models, and this one may be missing: the address is not the provider's own. */
  readonly mayBeMissing: boolean;
}

/** What all connections share. */
export interface UpstreamOptions {
  readonly timeouts: Timeouts;
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly noProxy?: string } | undefined;
  readonly clock: Clock;
  /** False: failing connections and models are not left alone for a while. */
  readonly breaker?: boolean | undefined;
  /** What answers inside the process, for built-in providers: the simulator, a program's own adapter. */
  readonly builtIn: (provider: string) => Dispatcher;
}

export interface ReadyConnection {
  readonly upstream: Upstream;
  /** A pool of sockets that are connected to in this time. */
  readonly connectWithin: (connectMs: number) => Dispatcher;
}

/** A model shares everything with its connection but the limits; only another time for connecting needs sockets of its own. */
export function withModelLimits({ upstream, connectWithin }: ReadyConnection, models: ReadonlyMap<string, ModelLimits>): Upstream {
  const pools = new Map<number, Dispatcher>([[upstream.timeouts.connectMs, upstream.dispatcher]]);
  const byModel = new Map<string, Upstream>();
  for (const [wireId, limits] of models) {
    const whole = limits.firstByteMs === undefined ? {} : { wholeFirstByteMs: limits.firstByteMs };
    const timeouts: Timeouts = { ...upstream.timeouts, ...whole, ...limits };
    const dispatcher = pools.get(timeouts.connectMs) ?? connectWithin(timeouts.connectMs);
    pools.set(timeouts.connectMs, dispatcher);
    byModel.set(wireId, { ...upstream, timeouts, dispatcher });
  }
  return { ...upstream, byModel, pools: [...pools.values()] };
}

/** Connects to nobody yet: sockets are opened by calls. */
export function createUpstream(connection: ConnectionOptions, definition: ProviderDefinition, options: UpstreamOptions): ReadyConnection {
  const url = new URL(connection.baseUrl);
  const basePath = url.pathname.replace(/\/+$/, '');
  const account = connection.account ?? {};
  const timeouts = timeoutsOf(connection, definition, options);
  const authorizer = authorizerOf(connection, definition);
  const proxyUrl = proxyFor(url.origin, options.proxy);
  const connectWithin = (connectMs: number): Dispatcher => {
    const pool = definition.builtIn
      ? options.builtIn(definition.id)
      : createDispatcher({
          origin: url.origin,
          connectMs,
          ...(connection.caFile !== undefined && { caFile: connection.caFile }),
          ...(proxyUrl !== undefined && { proxyUrl }),
        });
    return authorizer === undefined ? pool : withAuthorizer(pool, url.origin, authorizer);
  };
  const dispatcher = connectWithin(timeouts.connectMs);
  const endpoints = chatEndpointsOf(connection, definition, { url, basePath });
  const missingUntilMs = new Map<ReadyChatEndpoint, number>();
  const speaksResponses = endpoints.some(({ endpoint }) => endpoint.dialect === 'openai-responses');
  const gate = new ConnectionGate(options.clock, { maxParallel: connection.maxParallel, breaker: options.breaker });

  const upstream: Upstream = {
    id: connection.id,
    definition,
    dispatcher,
    pools: [dispatcher],
    byModel: undefined,
    timeouts,
    gate,
    headers: requestHeaders(definition, authorizer === undefined ? connection : { headers: connection.headers }),
    secrets: secretsOf(connection, definition),
    models: connection.models,
    missesEndpoint: (ready) => void missingUntilMs.set(ready, options.clock.monotonicMs() + facadeRestMs),
    chatEndpoint(client, wireId, traits) {
      // Such a model is refused on the chat API, so the one it has serves callers of every dialect.
      const only = traits?.has('responses-only') === true && speaksResponses ? 'openai-responses' : undefined;
      let preferred: ReadyChatEndpoint | undefined;
      for (const ready of endpoints) {
        const { dialect, models } = ready.endpoint;
        if (models !== undefined && !models.test(wireId)) continue;
        if (only !== undefined && dialect !== only) continue;
        if (only === undefined && (missingUntilMs.get(ready) ?? 0) > options.clock.monotonicMs()) continue;
        if (dialect === client) return ready;
        preferred ??= ready;
      }
      return preferred;
    },
    taskEndpoint(task, client, wireId) {
      const fitting = definition.tasks?.[task]?.filter(
        (endpoint) => (endpoint.models === undefined || endpoint.models.test(wireId)) && hasNeeds(endpoint, account),
      );
      return fitting?.find(({ dialect }) => dialect === client) ?? fitting?.[0];
    },
    pathOf: (endpoint, values) =>
      endpoint === undefined || !hasNeeds(endpoint, account)
        ? undefined
        : (endpoint.fromRoot === true ? '' : basePath) + fillTemplate(endpoint.path, { ...account, ...values }),
  };
  return { upstream, connectWithin };
}

/** `url`: where the connection leads, `basePath` of it. */
function chatEndpointsOf(
  { account = {} }: ConnectionOptions,
  definition: ProviderDefinition,
  { url, basePath }: { readonly url: URL; readonly basePath: string },
): readonly ReadyChatEndpoint[] {
  const template = definition.baseUrlOf?.(account) ?? definition.baseUrl;
  const ownBaseUrl = template === undefined ? undefined : fillTemplate(template, account);
  const atOwnAddress = ownBaseUrl !== undefined && new URL(ownBaseUrl).origin === url.origin;
  return definition.chat
    .filter((endpoint) => (!endpoint.ownAddressOnly || atOwnAddress) && hasNeeds(endpoint, account))
    .map((endpoint, at) => {
      const path = basePath + fillTemplate(endpoint.path, account);
      return {
        endpoint,
        path,
        streamPath: endpoint.streamPath === undefined ? path : basePath + fillTemplate(endpoint.streamPath, account),
        namesModel: path.includes('{model}'),
        keepsAnswers: endpoint.keepsAnswers === true && atOwnAddress,
        mayBeMissing: at > 0 && !atOwnAddress && definition.builtIn !== true,
      };
    });
}

function timeoutsOf(connection: ConnectionOptions, definition: ProviderDefinition, { timeouts }: UpstreamOptions): Timeouts {
  return {
    ...timeouts,
    ...definition.timeouts,
    ...connection.timeouts,
    wholeFirstByteMs: connection.timeouts.firstByteMs ?? Math.max(definition.timeouts?.firstByteMs ?? 0, timeouts.wholeFirstByteMs),
    // The settings' own total is kept by the exchange; a timer for each of its calls would only repeat that.
    totalMs: undefined,
  };
}

/** Undefined: a header says who calls. */
function authorizerOf({ auth, account = {}, apiKey }: ConnectionOptions, definition: ProviderDefinition): Authorizer | undefined {
  const scheme = auth ?? definition.auth;
  return scheme.kind === 'authorizer' ? scheme.create({ fields: account, ...(apiKey !== undefined && { apiKey }) }) : undefined;
}

function hasNeeds({ needs }: PlainEndpoint, account: Readonly<Record<string, string>>): boolean {
  return needs === undefined || needs.every((field) => Object.hasOwn(account, field));
}

/** What must not come back to a caller in an upstream's error text. Very short values would take ordinary words with them. */
function secretsOf(connection: ConnectionOptions, definition: ProviderDefinition): readonly string[] {
  const fields = Object.entries(connection.account ?? {}).filter(([name]) => definition.account?.[name]?.secret === true);
  return [connection.apiKey, ...fields.map(([, value]) => value)].filter(
    (secret) => secret !== undefined && secret.length >= 6,
  ) as string[];
}
