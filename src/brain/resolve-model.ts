// What a caller wrote as `model` → the part of a profile that follows from it.
import { createUncataloguedOffer } from '../catalog/build-offer.ts';
import type { Alias, Catalog, Offer } from '../catalog/catalog.ts';
import type { ConnectionView, Profile } from './decision.ts';

export type Resolved =
  | { readonly kind: 'profile'; readonly profile: Pick<Profile, 'named' | 'alias' | 'requestedModel' | 'strategy' | 'connection'> }
  | { readonly kind: 'unknown'; readonly nearest: readonly string[] };

export interface Names {
  readonly catalog: Catalog;
  readonly connections: readonly ConnectionView[];
}

/** Names that leave the choice to the Brain. */
const openChoices: Readonly<Record<string, Pick<Profile, 'strategy'>>> = {
  auto: {},
  'cheapest-available': { strategy: 'cost-optimized' },
};

const suggestions = 3;

/**
 * `auto`, `cheapest-available`, whatever `catalog.find` knows, `connection/model` for one connection, and any id on a
 * provider that takes ids unchanged (`vllm/my-model`, or bare where a connection lists it).
 */
export function resolveModel(name: string, names: Names): Resolved {
  const open = openChoices[name.trim().toLowerCase()];
  if (open !== undefined) return { kind: 'profile', profile: { ...open, requestedModel: name } };

  const pinned = pinnedTo(name, names);
  if (pinned !== undefined) return { kind: 'profile', profile: { ...pinned, requestedModel: name } };

  const found = names.catalog.find(name);
  if (found.kind === 'alias') {
    return {
      kind: 'profile',
      profile: { named: wishesOf(found.alias, found.offers, names), alias: found.alias.name, requestedModel: name },
    };
  }
  if (found.kind === 'offers') return { kind: 'profile', profile: { named: found.offers, requestedModel: name } };

  const passed = passedOn(name, names);
  if (passed !== undefined) return { kind: 'profile', profile: { named: passed, requestedModel: name } };
  return { kind: 'unknown', nearest: names.catalog.nearest(name, suggestions) };
}

/** `openai-eu/gpt-4o`: a connection's own name in front, where it is not just its provider's. */
function pinnedTo(name: string, names: Names): Pick<Profile, 'named' | 'connection'> | undefined {
  const slash = name.indexOf('/');
  if (slash <= 0) return undefined;
  const prefix = name.slice(0, slash).toLowerCase();
  const connection = names.connections.find((one) => one.id.toLowerCase() === prefix && one.id !== one.provider);
  if (connection === undefined) return undefined;
  const offers = offersAt(connection, name.slice(slash + 1), names.catalog);
  return offers === undefined ? undefined : { named: offers, connection: connection.id };
}

function offersAt(connection: ConnectionView, model: string, catalog: Catalog): readonly Offer[] | undefined {
  const own = catalog.find(`${connection.provider}/${model}`);
  if (own.kind === 'offers') return own.offers;
  const any = catalog.find(model);
  const reachable = any.kind === 'none' ? [] : any.offers.filter((offer) => offer.provider === connection.provider);
  if (reachable.length > 0) return reachable;
  if (connection.openEnded || connection.models?.includes(model)) return [createUncataloguedOffer(connection.provider, model)];
  return undefined;
}

/** An id the catalog does not know, for those who take any id. */
function passedOn(name: string, { connections }: Names): readonly Offer[] | undefined {
  const listed = connections.filter((connection) => connection.models?.includes(name));
  if (listed.length > 0) return [...new Set(listed.map((one) => one.provider))].map((provider) => createUncataloguedOffer(provider, name));

  // `vllm/org/model`, and `vllm:org/model` as some clients write it.
  const separator = name.search(/[/:]/);
  if (separator <= 0 || separator === name.length - 1) return undefined;
  const prefix = name.slice(0, separator).toLowerCase();
  const wireId = name.slice(separator + 1);
  const taker = connections.find((one) => one.provider === prefix && (one.openEnded || one.models?.includes(wireId)));
  return taker === undefined ? undefined : [createUncataloguedOffer(taker.provider, wireId)];
}

/** An alias may wish for ids that only an open-ended connection knows; they keep their place in the order. */
function wishesOf(alias: Alias, offers: readonly Offer[], names: Names): readonly Offer[] {
  if (alias.prefer.every((name) => names.catalog.find(name).kind !== 'none')) return offers;
  const wishes = new Set<Offer>();
  for (const name of alias.prefer) {
    const found = names.catalog.find(name);
    for (const offer of found.kind === 'none' ? (passedOn(name, names) ?? []) : found.offers) wishes.add(offer);
  }
  return [...wishes];
}
