// What every decision over one catalog shares: its offers in the order of each strategy that does not depend on the
// request, and its distinct context windows. Made once per catalog.
import type { Catalog, Offer } from '../catalog/catalog.ts';
import type { Strategy } from './decision.ts';
import { compareStanding } from './strategies.ts';

export interface Standing {
  /** Providers whose offers are simulators. */
  readonly simulators: ReadonlySet<string>;
  /** Distinct context windows, ascending. */
  readonly contextLimits: readonly number[];
  /** Offers best first. `cost-optimized` depends on the request; its order here only breaks ties. */
  order(strategy: Strategy): readonly Offer[];
}

const known = new WeakMap<Catalog, Standing>();

export function standingOf(catalog: Catalog): Standing {
  let standing = known.get(catalog);
  if (standing === undefined) {
    standing = createStanding(catalog);
    known.set(catalog, standing);
  }
  return standing;
}

function createStanding(catalog: Catalog): Standing {
  const orders = new Map<Strategy, readonly Offer[]>();
  const limits = new Set<number>();
  const simulators = new Set<string>();
  for (const offer of catalog.offers) {
    if (offer.contextTokens !== undefined) limits.add(offer.contextTokens);
    if (offer.simulator === true) simulators.add(offer.provider);
  }
  return {
    simulators,
    contextLimits: [...limits].sort((one, other) => one - other),
    order(strategy) {
      let order = orders.get(strategy);
      if (order === undefined) {
        order = [...catalog.offers].sort((one, other) => compareStanding(one, other, strategy));
        orders.set(strategy, order);
      }
      return order;
    },
  };
}
