// An offer as the wire shows it: the catalog entry of the `/api` family.
import type { Offer, TokenPrice, UnitPrice } from './catalog.ts';

/** USD per million tokens, as in the price lists. */
export interface DescribedPrice {
  readonly input?: number;
  readonly cached_input?: number;
  readonly cache_write?: number;
  readonly cache_write_1h?: number;
  readonly output?: number;
  readonly input_audio?: number;
  readonly input_image?: number;
  readonly output_audio?: number;
  readonly output_image?: number;
  readonly above?: DescribedPrice & { readonly input_tokens: number };
  /** USD for `per` units. */
  readonly units?: readonly { readonly unit: string; readonly usd: number; readonly per: number; readonly variant?: string }[];
  readonly free?: true;
}

export interface DescribedOffer {
  readonly canonical_id: string;
  readonly provider_id: string;
  readonly provider: string;
  readonly model: string;
  readonly modality: readonly string[];
  readonly tasks: readonly string[];
  readonly domains: readonly string[];
  readonly quality_tier: string;
  readonly speed_tier: string;
  readonly supports: Readonly<Record<string, boolean>>;
  readonly aliases: readonly string[];
  readonly price?: DescribedPrice & { readonly currency: 'USD'; readonly per: '1M tokens'; readonly version?: string };
  readonly limits: { readonly context_tokens?: number; readonly max_output_tokens?: number };
  readonly source?: string;
  readonly read?: string;
  readonly retired?: string;
  readonly successor?: string;
  readonly simulator?: true;
}

/** What is unknown is absent, the price too: an absent price never means free. */
export function describeOffer(offer: Offer): DescribedOffer {
  const { price } = offer;
  return {
    canonical_id: offer.canonicalId,
    provider_id: offer.providerId,
    provider: offer.provider,
    model: offer.model,
    modality: offer.modality,
    tasks: offer.tasks,
    domains: offer.domains,
    quality_tier: offer.qualityTier,
    speed_tier: offer.speedTier,
    supports: { ...offer.supports },
    aliases: offer.aliases,
    ...(price !== undefined && {
      price: {
        ...describePrice(price),
        currency: 'USD',
        per: '1M tokens',
        ...(offer.priceVersion !== undefined && { version: offer.priceVersion }),
      },
    }),
    limits: {
      ...(offer.contextTokens !== undefined && { context_tokens: offer.contextTokens }),
      ...(offer.maxOutputTokens !== undefined && { max_output_tokens: offer.maxOutputTokens }),
    },
    ...(offer.source !== undefined && { source: offer.source }),
    ...(offer.read !== undefined && { read: offer.read }),
    ...(offer.retired !== undefined && { retired: offer.retired }),
    ...(offer.successor !== undefined && { successor: offer.successor }),
    ...(offer.simulator === true && { simulator: true }),
  };
}

function describePrice(price: TokenPrice): DescribedPrice {
  return {
    ...(price.input !== undefined && { input: toUsdPerMillion(price.input) }),
    ...(price.cachedInput !== undefined && { cached_input: toUsdPerMillion(price.cachedInput) }),
    ...(price.cacheWrite !== undefined && { cache_write: toUsdPerMillion(price.cacheWrite) }),
    ...(price.cacheWrite1h !== undefined && { cache_write_1h: toUsdPerMillion(price.cacheWrite1h) }),
    ...(price.output !== undefined && { output: toUsdPerMillion(price.output) }),
    ...(price.inputAudio !== undefined && { input_audio: toUsdPerMillion(price.inputAudio) }),
    ...(price.inputImage !== undefined && { input_image: toUsdPerMillion(price.inputImage) }),
    ...(price.outputAudio !== undefined && { output_audio: toUsdPerMillion(price.outputAudio) }),
    ...(price.outputImage !== undefined && { output_image: toUsdPerMillion(price.outputImage) }),
    ...(price.above !== undefined && { above: { input_tokens: price.above.inputTokens, ...describePrice(price.above.price) } }),
    ...(price.units !== undefined && { units: price.units.map(describeUnit) }),
    ...(price.free === true && { free: true }),
  };
}

function describeUnit({ unit, picoUsd, per, variant }: UnitPrice): { unit: string; usd: number; per: number; variant?: string } {
  return { unit, usd: picoUsd / 1e12, per, ...(variant !== undefined && { variant }) };
}

/** Pico-USD per token → USD per million tokens. */
function toUsdPerMillion(picoUsdPerToken: number): number {
  return picoUsdPerToken / 1_000_000;
}
