// Records → offers: what the model is, changed by what this provider makes of it.
import type { ModelTrait, Offer, Supports } from './catalog.ts';
import { isAllZero, toTokenPrice } from './build-price.ts';
import type { ModelRecord, OfferRecord } from './records.ts';

/** Every capability the catalog speaks of. */
export const capabilities = [
  'images',
  'audio',
  'video',
  'files',
  'tools',
  'structured_output',
  'json_mode',
  'reasoning',
  'prompt_cache',
  'streaming',
  'embeddings',
  'rerank',
  'moderation',
  'image_output',
  'image_edit',
  'speech',
  'transcription',
] as const satisfies readonly (keyof Supports)[];

/** What an offer is made of. */
export interface OfferParts {
  readonly record: OfferRecord;
  readonly model: ModelRecord;
  readonly aliases: readonly string[];
}

const noTraits: ReadonlySet<ModelTrait> = new Set();

/** Written member by member: hundreds of these are made before the first request, and spreading took twice as long (2026-11). */
type Draft = { -readonly [key in keyof Offer]: Offer[key] };

export function buildOffer({ record, model, aliases }: OfferParts): Offer {
  const offer: Draft = {
    canonicalId: canonicalIdOf(record),
    providerId: `${record.provider}/${record.id}`,
    provider: record.provider,
    wireId: record.id,
    model: record.model,
    modality: model.modality,
    tasks: model.tasks,
    domains: model.domains,
    qualityTier: record.quality ?? model.quality,
    speedTier: record.speed ?? model.speed,
    supports: supportsOf(record, model),
    aliases,
    traits: traitsOf(record.traits ?? model.traits),
  };
  const context = record.context ?? model.context;
  const maxOutput = record.max_output ?? model.max_output;
  if (record.price !== undefined) {
    // What is free by the token on a machine of one's own is free by the image too.
    const free = (record.local === true || record.simulator === true) && isAllZero(record.price);
    offer.price = toTokenPrice(free ? { ...record.price, free } : record.price);
    if (record.read !== undefined) offer.priceVersion = record.read;
  }
  if (context !== undefined) offer.contextTokens = context;
  if (maxOutput !== undefined) offer.maxOutputTokens = maxOutput;
  if (record.source !== undefined) offer.source = record.source;
  if (record.read !== undefined) offer.read = record.read;
  if (record.retired !== undefined) offer.retired = record.retired;
  if (record.successor !== undefined) offer.successor = record.successor;
  if (record.local === true) offer.local = true;
  if (record.simulator === true) offer.simulator = true;
  if (record.named_only === true) offer.namedOnly = true;
  if (record.prefill !== undefined) offer.prefill = record.prefill;
  if (model.released !== undefined) offer.released = Date.parse(model.released) / 1_000;
  return offer;
}

export function canonicalIdOf(record: Pick<OfferRecord, 'provider' | 'model' | 'canonical'>): string {
  return record.canonical ?? `${record.provider}-${record.model}-main`;
}

const knownTraits = new WeakMap<readonly ModelTrait[], ReadonlySet<ModelTrait>>();

/** Offers of one model share one set. */
function traitsOf(traits: readonly ModelTrait[] | undefined): ReadonlySet<ModelTrait> {
  if (traits === undefined) return noTraits;
  let set = knownTraits.get(traits);
  if (set === undefined) {
    set = new Set(traits);
    knownTraits.set(traits, set);
  }
  return set;
}

const knownSupports = new WeakMap<readonly (keyof Supports)[], Supports>();
const nothingKnown: Supports = {};

/** A list of abilities is complete, so the others are known to be missing; without a list nothing is known. */
function supportsOf(record: OfferRecord, model: ModelRecord): Supports {
  if (record.adds !== undefined || record.lacks !== undefined) return changedSupports(record, model);
  if (model.supports === undefined) return nothingKnown;
  let supports = knownSupports.get(model.supports);
  if (supports === undefined) {
    supports = changedSupports(record, model);
    knownSupports.set(model.supports, supports);
  }
  return supports;
}

function changedSupports(record: OfferRecord, model: ModelRecord): Supports {
  const supports: { -readonly [key in keyof Supports]: boolean } = {};
  for (const capability of capabilities) {
    const lacked = record.lacks?.includes(capability) === true;
    const known = model.supports?.includes(capability) === true || record.adds?.includes(capability) === true;
    if (known && !lacked) supports[capability] = true;
    else if (model.supports !== undefined || lacked) supports[capability] = false;
  }
  return supports;
}

/** An id the catalog does not know, on a provider that takes any id: nothing is known of it, so nothing is refused. */
export function createUncataloguedOffer(provider: string, wireId: string): Offer {
  return {
    canonicalId: `${provider}/${wireId}`,
    providerId: `${provider}/${wireId}`,
    provider,
    wireId,
    model: wireId,
    modality: [],
    tasks: [],
    domains: [],
    qualityTier: 'draft',
    speedTier: 'normal',
    supports: {},
    aliases: [],
    traits: noTraits,
    uncatalogued: true,
  };
}
