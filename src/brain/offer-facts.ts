// What the Brain needs to know of an offer, computed once per offer and kept as long as the offer lives.
import type { Offer, QualityTier, SpeedTier } from '../catalog/catalog.ts';
import { formatNanoUsd } from '../core/money.ts';
import type { Eliminated } from './decision.ts';

const qualityTiers: readonly QualityTier[] = ['draft', 'strong', 'flagship'];
const speedTiers: readonly SpeedTier[] = ['slow', 'normal', 'fast'];

export interface OfferFacts {
  /** 2 flagship, 1 strong, 0 draft. */
  readonly quality: number;
  /** 2 fast, 1 normal, 0 slow. */
  readonly speed: number;
  /** List price of a million tokens in and a million out, in pico-USD per token; unknown = above every known one. */
  readonly listPrice: number;
  readonly because: readonly string[];
  readonly becauseNamed: readonly string[];
  /** Most offers of a catalog are not configured at most sites: their line of the explanation is made once. */
  readonly notConfigured: Eliminated;
}

/** Finite, so that differences stay numbers. */
export const unknownPrice = Number.MAX_SAFE_INTEGER;

const known = new WeakMap<Offer, OfferFacts>();

export function factsOf(offer: Offer): OfferFacts {
  let facts = known.get(offer);
  if (facts === undefined) {
    facts = gatherFacts(offer);
    known.set(offer, facts);
  }
  return facts;
}

function gatherFacts(offer: Offer): OfferFacts {
  const listPrice = listPriceOf(offer);
  const because = offer.uncatalogued === true ? ['not in the catalog'] : becauseOf(offer, listPrice);
  return {
    quality: qualityTiers.indexOf(offer.qualityTier),
    speed: speedTiers.indexOf(offer.speedTier),
    listPrice,
    because,
    becauseNamed: ['named', ...because],
    notConfigured: {
      canonicalId: offer.canonicalId,
      providerId: offer.providerId,
      constraint: 'not configured',
      reason: `no connection to ${offer.provider}: set ${variableOf(offer.provider)}`,
    },
  };
}

function becauseOf(offer: Offer, listPrice: number): readonly string[] {
  const price = priceInWords(offer, listPrice);
  const because = [`quality ${offer.qualityTier}`, `speed ${offer.speedTier}`, price];
  return offer.retired === undefined ? because : [...because, `retired ${offer.retired}`];
}

function priceInWords({ price }: Offer, listPrice: number): string {
  if (listPrice === unknownPrice) return 'price unknown';
  const unit = price?.units?.[0];
  if (unit === undefined) return `price ${formatPrice(listPrice)} USD/M`;
  // Rounded for reading only; 2 USD for a thousand searches is 0.002 USD for one.
  return `price ${formatNanoUsd(Math.round(listPrice / 1_000))} USD/${unit.unit}`;
}

/**
 * An embedding has no output price; it is complete with its input price. What is charged by the image, second or character
 * is compared by that: pico-USD for one, which also keeps it behind everything that is charged by the token.
 */
function listPriceOf(offer: Offer): number {
  const { price } = offer;
  const unit = price?.units?.[0];
  if (unit !== undefined) return unit.picoUsd / unit.per;
  if (price?.input === undefined) return unknownPrice;
  if (price.output === undefined) return offer.modality.includes('embedding') ? price.input : unknownPrice;
  return price.input + price.output;
}

/** Pico-USD per token → USD per million, at least two decimals: 12.50, 0.003600. */
function formatPrice(picoUsdPerToken: number): string {
  const usd = formatNanoUsd(picoUsdPerToken * 1_000);
  const decimals = usd.split('.')[1] ?? '';
  return decimals.length >= 2 ? usd : `${usd}${decimals === '' ? '.' : ''}${'0'.repeat(2 - decimals.length)}`;
}

/** The variable that enables a provider, by the rule all of them follow. */
export function variableOf(provider: string): string {
  const prefix = provider.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return `${prefix}_API_KEY (or ${prefix}_BASE_URL for a server of your own)`;
}
