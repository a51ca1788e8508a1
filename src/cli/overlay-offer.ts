// A model that only a foreign list knows → an offer of the overlay. It can then be named and is priced; it is never chosen
// for a task, because a price list does not say what a model is good at.
import type { Catalog } from '../catalog/catalog.ts';
import type { ListedModality, ListedModel } from '../compat/prices/price-list.ts';

export interface OverlayOffer {
  readonly provider: string;
  readonly id: string;
  readonly model: string;
  readonly price?: object;
  readonly context?: number;
  readonly max_output?: number;
  readonly adds?: readonly string[];
  /** The list. */
  readonly source: string;
  readonly read: string;
}

export interface OverlaySituation {
  readonly catalog: Catalog;
  /** Offers that the same run adds: no two of a provider may be the same model. */
  readonly taken: readonly { readonly provider: string; readonly model?: string }[];
  readonly source: string;
  readonly read: string;
}

/** What a model that makes such a thing can do at the least. */
const abilities: Readonly<Record<ListedModality, readonly string[]>> = {
  text: [],
  image: ['image_output'],
  audio: ['speech'],
  video: [],
  embedding: ['embeddings'],
  scores: ['rerank'],
  transcript: ['transcription'],
};

/** `model`: its description, where the catalog does not have it. */
export function toOverlayOffer(listed: ListedModel, situation: OverlaySituation): { offer: OverlayOffer; model?: object } {
  const known = knownModel(listed, situation);
  const name = known ?? freeName(listed, situation);
  const adds = [...new Set([...listed.supports, ...abilities[listed.modality]])];
  const offer: OverlayOffer = {
    provider: listed.provider,
    id: listed.id,
    model: name,
    ...(listed.price !== undefined && { price: listed.price }),
    ...(listed.context !== undefined && { context: listed.context }),
    ...(listed.maxOutput !== undefined && { max_output: listed.maxOutput }),
    ...(adds.length > 0 && { adds }),
    source: situation.source,
    read: situation.read,
  };
  return known === undefined ? { offer, model: { modality: [listed.modality] } } : { offer };
}

/** The same model at another provider, recognised by its name and by making the same. */
function knownModel(listed: ListedModel, situation: OverlaySituation): string | undefined {
  const found = situation.catalog.find(lastPart(listed.id));
  const same = found.kind === 'offers' ? found.offers.find((offer) => offer.modality.includes(listed.modality)) : undefined;
  return same === undefined || isTaken(listed.provider, same.model, situation) ? undefined : same.model;
}

/** A name that no other model has, at this provider or anywhere. */
function freeName(listed: ListedModel, situation: OverlaySituation): string {
  const { provider, id } = listed;
  const names = [lastPart(id), id, `${provider}/${id}`];
  const used = new Set(situation.catalog.offers.map((offer) => offer.model));
  return names.find((name) => !used.has(name) && !isTaken(provider, name, situation)) ?? `${provider}/${id}`;
}

function isTaken(provider: string, model: string, { catalog, taken }: OverlaySituation): boolean {
  const isIt = (other: { readonly provider: string; readonly model?: string }): boolean =>
    other.provider === provider && other.model === model;
  return catalog.offers.some(isIt) || taken.some(isIt);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
