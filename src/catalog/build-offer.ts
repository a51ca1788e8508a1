// Records → offers: what the model is, changed by what this provider makes of it.
import { picoUsdPerToken } from '../core/money.ts';
import type { ModelTrait, Offer, Supports, TokenPrice } from './catalog.ts';
import type { ModelRecord, OfferRecord, PriceRecord } from './records.ts';

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
] as const satisfies readonly (keyof Supports)[];

/** What an offer is made of. */
export interface OfferParts {
  readonly record: OfferRecord;
  readonly model: ModelRecord;
  readonly aliases: readonly string[];
}

const noTraits: ReadonlySet<ModelTrait> = new Set();

export function buildOffer({ record, model, aliases }: OfferParts): Offer {
  const price = record.price === undefined ? undefined : toTokenPrice(record.price);
  const context = record.context ?? model.context;
  const maxOutput = record.max_output ?? model.max_output;
  const traits = record.traits ?? model.traits;
  return {
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
    traits: traits === undefined ? noTraits : new Set(traits),
    ...(price !== undefined && { price }),
    ...(price !== undefined && record.read !== undefined && { priceVersion: record.read }),
    ...(context !== undefined && { contextTokens: context }),
    ...(maxOutput !== undefined && { maxOutputTokens: maxOutput }),
    ...(record.source !== undefined && { source: record.source }),
    ...(record.read !== undefined && { read: record.read }),
    ...(record.retired !== undefined && { retired: record.retired }),
    ...(record.successor !== undefined && { successor: record.successor }),
    ...(record.local === true && { local: true }),
    ...(record.simulator === true && { simulator: true }),
    ...(model.released !== undefined && { released: Date.parse(model.released) / 1_000 }),
  };
}

export function canonicalIdOf(record: Pick<OfferRecord, 'provider' | 'model' | 'canonical'>): string {
  return record.canonical ?? `${record.provider}-${record.model}-main`;
}

/** USD per million tokens → pico-USD per token. Throws a RangeError for a price that would have to be rounded. */
export function toTokenPrice(price: PriceRecord): TokenPrice {
  const { above } = price;
  return {
    ...(price.input !== undefined && { input: picoUsdPerToken(price.input) }),
    ...(price.cached_input !== undefined && { cachedInput: picoUsdPerToken(price.cached_input) }),
    ...(price.cache_write !== undefined && { cacheWrite: picoUsdPerToken(price.cache_write) }),
    ...(price.cache_write_1h !== undefined && { cacheWrite1h: picoUsdPerToken(price.cache_write_1h) }),
    ...(price.output !== undefined && { output: picoUsdPerToken(price.output) }),
    ...(above !== undefined && { above: { inputTokens: above.input_tokens, price: toTokenPrice(above) } }),
  };
}

/** A list of abilities is complete, so the others are known to be missing; without a list nothing is known. */
function supportsOf(record: OfferRecord, model: ModelRecord): Supports {
  const known = new Set([...(model.supports ?? []), ...(record.adds ?? [])]);
  for (const missing of record.lacks ?? []) known.delete(missing);

  const supports: { -readonly [key in keyof Supports]: boolean } = {};
  for (const capability of capabilities) {
    if (known.has(capability)) supports[capability] = true;
    else if (model.supports !== undefined || record.lacks?.includes(capability)) supports[capability] = false;
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
