// The configured connections, and what the Brain sees of them.
import type { Candidate, ConnectionView } from '../brain/decision.ts';
import type { Catalog, Offer } from '../catalog/catalog.ts';
import { applyTemplate } from '../providers/apply-template.ts';
import type { ProviderDefinition } from '../providers/provider.ts';
import { ConnectionGate, type OfferGate } from './gate.ts';
import { limitsByConnection, type ModelLimits } from './model-limits.ts';
import {
  type ConnectionOptions,
  createUpstream,
  type ReadyConnection,
  type Upstream,
  type UpstreamOptions,
  withModelLimits,
} from './upstream.ts';

export interface UpstreamsOptions extends UpstreamOptions {
  readonly connections: readonly ConnectionOptions[];
  readonly definitionOf: (provider: string) => ProviderDefinition | undefined;
  /** Limits for single models, by any of their names in this catalog. */
  readonly modelTimeouts?: { readonly limits: Readonly<Record<string, ModelLimits>>; readonly catalog: Catalog } | undefined;
}

export interface Upstreams {
  readonly byId: ReadonlyMap<string, Upstream>;
  /** What calls have taught about a candidate. */
  readonly gateOf: (candidate: Candidate) => OfferGate;
  /** Share of the load among equals, and which of them come first. */
  readonly weightOf: (candidate: Candidate) => number;
  readonly priorityOf: (candidate: Candidate) => number;
  /** A new array whenever something about the connections changed, so that what was derived from the old one is not reused. */
  readonly views: readonly ConnectionView[];
  /** Ids that a server told it serves, beyond those configured. */
  setDiscovered(connection: string, ids: readonly string[]): void;
  /** Lets running calls end, then closes the sockets. */
  close(): Promise<void>;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const byId = new Map<string, Upstream>();
  const settingsOf = new Map(options.connections.map((connection) => [connection.id, connection]));
  const viewOf = new Map<string, ConnectionView>();
  const readyOf = new Map<string, ReadyConnection>();
  for (const connection of options.connections) {
    const known = options.definitionOf(connection.provider);
    if (known === undefined) continue;
    const definition = connection.template === undefined ? known : applyTemplate(known, connection.template);
    const ready = createUpstream(connection, definition, options);
    const { upstream } = ready;
    readyOf.set(connection.id, ready);
    byId.set(connection.id, upstream);
    viewOf.set(connection.id, createView(connection, upstream, []));
  }
  let views = [...viewOf.values()];
  if (options.modelTimeouts !== undefined) {
    const { limits, catalog } = options.modelTimeouts;
    for (const [id, models] of limitsByConnection(limits, { catalog, connections: views })) {
      const ready = readyOf.get(id);
      if (ready !== undefined) byId.set(id, withModelLimits(ready, models));
    }
  }
  // For a candidate of a plan that was made before the connection went: its start says so, the gate has nothing to add.
  const noConnection = new ConnectionGate(options.clock);
  return {
    byId,
    weightOf: ({ connection }) => settingsOf.get(connection.id)?.weight ?? 1,
    priorityOf: ({ connection }) => settingsOf.get(connection.id)?.priority ?? 0,
    gateOf: ({ connection, wireId }) => (byId.get(connection.id)?.gate ?? noConnection).of(wireId),
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
      await Promise.all([...byId.values()].flatMap(({ pools }) => pools.map((pool) => pool.close())));
    },
  };
}

/** `*` in a connection's models: it takes any id. */
const anyModel = '*';

function createView(connection: ConnectionOptions, { definition, gate }: Upstream, discovered: readonly string[]): ConnectionView {
  const models = new Set([...connection.models.filter((model) => model !== anyModel), ...discovered]);
  return {
    id: connection.id,
    provider: definition.id,
    layer: definition.layer ?? 'direct',
    ...(connection.region !== undefined && { region: connection.region }),
    get healthy() {
      return gate.isHealthy();
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
