// The operator's facts over ours: more models and offers, other prices, own aliases.
import { GatewayError } from '../core/errors.ts';
import type { AliasRecord, CompiledCatalog, ModelRecord, OfferRecord, Overlay, OverlayAlias } from './records.ts';

/** A model that the overlay describes only in part: everything about it that was not said is unknown or the mildest claim. */
const unknownModel: ModelRecord = { creator: 'unknown', modality: ['text'], tasks: [], domains: [], quality: 'draft', speed: 'normal' };

export function mergeOverlay(compiled: CompiledCatalog, overlay: Overlay): CompiledCatalog {
  const models: Record<string, ModelRecord> = { ...compiled.models };
  for (const [id, change] of Object.entries(overlay.models ?? {})) models[id] = { ...unknownModel, ...models[id], ...change };
  return {
    ...compiled,
    models,
    offers: withPrices(mergeOffers(compiled.offers, overlay), overlay),
    aliases: mergeAliases(compiled.aliases, overlay.aliases ?? {}),
  };
}

function mergeOffers(offers: readonly OfferRecord[], overlay: Overlay): OfferRecord[] {
  const merged = [...offers];
  for (const change of overlay.offers ?? []) {
    const at = merged.findIndex((offer) => offer.provider === change.provider && offer.id === change.id);
    const known = merged[at];
    if (known === undefined) merged.push({ model: change.id, ...change });
    else merged[at] = { ...known, ...change };
  }
  return merged;
}

function withPrices(offers: readonly OfferRecord[], overlay: Overlay): OfferRecord[] {
  const prices = new Map(Object.entries(overlay.prices ?? {}));
  const priced = offers.map((offer) => {
    const providerId = `${offer.provider}/${offer.id}`;
    const price = prices.get(providerId);
    if (price === undefined) return offer;
    prices.delete(providerId);
    return { ...offer, price };
  });
  for (const providerId of prices.keys()) {
    throw new GatewayError('invalid_request', `prices: no offer is called "${providerId}"; write provider/id, or add it under offers`);
  }
  return priced;
}

function mergeAliases(aliases: readonly AliasRecord[], changes: Readonly<Record<string, OverlayAlias>>): AliasRecord[] {
  const merged = new Map(aliases.map((alias) => [alias.name, alias]));
  for (const [name, change] of Object.entries(changes)) {
    const known = merged.get(name);
    merged.set(name, {
      name,
      description: change.description ?? known?.description ?? `alias of ${change.models.join(', ')}`,
      prefer: change.models,
      tasks: change.tasks ?? known?.tasks ?? [],
      domains: change.domains ?? known?.domains ?? [],
      modality: change.modality ?? known?.modality ?? 'text',
      ...(known?.qualityTier !== undefined && { qualityTier: known.qualityTier }),
      ...(known?.speedTier !== undefined && { speedTier: known.speedTier }),
    });
  }
  return [...merged.values()];
}
