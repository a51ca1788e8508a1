// Which offers are looked at, and on which connections each could be served.
import { createUncataloguedOffer } from '../catalog/build-offer.ts';
import type { Catalog, Offer } from '../catalog/catalog.ts';
import type { Candidate, ConnectionView } from './decision.ts';
import type { Question } from './question.ts';
import { standingOf } from './standing.ts';

/** Finds the connections of an offer. */
export interface Reach {
  /** The direct ones first, then in the order of the configuration. */
  candidates(offer: Offer): readonly Candidate[];
}

const nowhere: readonly Candidate[] = [];

const reaches = new WeakMap<readonly ConnectionView[], Reach>();

/** Candidates are made once per list of connections, so decisions share them instead of holding copies. */
export function reachOf(connections: readonly ConnectionView[]): Reach {
  let reach = reaches.get(connections);
  if (reach === undefined) {
    reach = createReach(connections);
    reaches.set(connections, reach);
  }
  return reach;
}

function createReach(connections: readonly ConnectionView[]): Reach {
  const own = new Map<string, ConnectionView[]>();
  for (const connection of directFirst(connections)) {
    const others = own.get(connection.provider);
    if (others === undefined) own.set(connection.provider, [connection]);
    else others.push(connection);
  }
  const layered = connections.filter((connection) => connection.layer !== 'direct');
  const known = new WeakMap<Offer, readonly Candidate[]>();

  function gather(offer: Offer): readonly Candidate[] {
    const mine = own.get(offer.provider);
    if (mine === undefined && layered.length === 0) return nowhere;
    const candidates: Candidate[] = [];
    for (const connection of mine ?? []) candidates.push({ offer, connection, wireId: offer.wireId });
    if (offer.simulator === true || offer.uncatalogued === true) return candidates;
    for (const connection of layered) {
      const wireId = connection.provider === offer.provider ? undefined : connection.wireIdFor(offer);
      if (wireId !== undefined) candidates.push({ offer, connection, wireId });
    }
    return candidates;
  }

  return {
    candidates(offer) {
      let candidates = known.get(offer);
      if (candidates === undefined) {
        candidates = gather(offer);
        known.set(offer, candidates);
      }
      return candidates;
    },
  };
}

function directFirst(connections: readonly ConnectionView[]): readonly ConnectionView[] {
  return [...connections].sort((one, other) => Number(one.layer !== 'direct') - Number(other.layer !== 'direct'));
}

/**
 * The whole catalog in the strategy's order, then what connections serve beyond it. Offers that were named but are
 * in neither (variants, ids passed on unchanged) are not repeated here.
 */
export function wholePool({ situation, strategy }: Question): readonly Offer[] {
  const beyond = situation.connections.flatMap((connection) => offersBeyond(connection, situation.catalog));
  const order = standingOf(situation.catalog).order(strategy);
  return beyond.length === 0 ? order : [...order, ...beyond];
}

const beyondCatalog = new WeakMap<Catalog, WeakMap<ConnectionView, readonly Offer[]>>();

/** What a connection lists and the catalog does not know of its provider. */
function offersBeyond(connection: ConnectionView, catalog: Catalog): readonly Offer[] {
  if (connection.models === undefined || connection.models.length === 0) return [];
  let known = beyondCatalog.get(catalog);
  if (known === undefined) {
    known = new WeakMap();
    beyondCatalog.set(catalog, known);
  }
  let offers = known.get(connection);
  if (offers === undefined) {
    const { provider } = connection;
    const unknown = connection.models.filter((wireId) => catalog.find(`${provider}/${wireId}`).kind === 'none');
    offers = unknown.map((wireId) => createUncataloguedOffer(provider, wireId));
    known.set(connection, offers);
  }
  return offers;
}
