// A foreign price list against the catalog: what is new, what costs something else, what the list does not know. Pure; what
// becomes of the differences is the operator's decision.
import type { Modality } from './catalog.ts';
import { implausibilities } from './find-problems.ts';
import type { ModelRecord, OfferRecord, PriceRecord, UnitPriceRecord } from './records.ts';

/** A model of a foreign list, already under our provider ids. */
export interface ListedOffer {
  readonly provider: string;
  readonly id: string;
  readonly modality?: Modality;
  readonly price?: PriceRecord;
}

export interface PricePart {
  /** `input`, `above.output`, `image 1024x1024/high`. */
  readonly name: string;
  readonly from?: number;
  readonly to: number;
}

export type ListDifference =
  | {
      readonly kind: 'changed';
      readonly providerId: string;
      readonly parts: readonly PricePart[];
      /** The whole price as it would be then: what the list does not tell stays as it is. */
      readonly price: PriceRecord;
      /** Why the change may be the list's mistake. */
      readonly doubts: readonly string[];
    }
  | { readonly kind: 'new'; readonly providerId: string; readonly listed: ListedOffer; readonly doubts: readonly string[] }
  | { readonly kind: 'unlisted'; readonly providerId: string };

export interface CatalogRecords {
  readonly offers: readonly OfferRecord[];
  readonly models: Readonly<Record<string, ModelRecord>>;
}

/** Prices that moved by more are asked about. */
const maxFactor = 2;

/**
 * In the order of the ids. `unlisted` only for providers of which the list knows anything; local and simulated offers are
 * nobody's to price.
 */
export function compareList(listed: readonly ListedOffer[], catalog: CatalogRecords): readonly ListDifference[] {
  const known = new Map<string, OfferRecord>();
  const dated = new Set<string>();
  for (const offer of catalog.offers) {
    known.set(`${offer.provider}/${offer.id}`, offer);
    for (const id of offer.also ?? []) dated.add(`${offer.provider}/${id}`);
  }
  const differences: ListDifference[] = [];
  const seen = new Set<string>();
  for (const model of listed) {
    const providerId = `${model.provider}/${model.id}`;
    seen.add(providerId);
    const offer = known.get(providerId);
    if (offer !== undefined) differences.push(...changeOf(providerId, offer, model.price));
    // A dated id has the price of the offer it belongs to; it is no offer of its own.
    else if (!dated.has(providerId)) {
      differences.push({
        kind: 'new',
        providerId,
        listed: model,
        doubts: model.price === undefined ? [] : implausibilities(model.price, model.modality),
      });
    }
  }
  const providers = new Set(listed.map((model) => model.provider));
  for (const [providerId, offer] of known) {
    if (providers.has(offer.provider) && !seen.has(providerId) && !isOwn(offer)) differences.push({ kind: 'unlisted', providerId });
  }
  return differences.sort((one, other) => (one.providerId < other.providerId ? -1 : one.providerId > other.providerId ? 1 : 0));
}

function isOwn(offer: OfferRecord): boolean {
  return offer.local === true || offer.simulator === true;
}

function changeOf(providerId: string, offer: OfferRecord, listed: PriceRecord | undefined): ListDifference[] {
  if (listed === undefined || isOwn(offer) || offer.price?.free === true) return [];
  const price = mergePrice(offer.price ?? {}, listed);
  const before = partsOf(offer.price ?? {});
  const parts: PricePart[] = [];
  for (const [name, to] of partsOf(price)) {
    const from = before.get(name);
    if (from !== to) parts.push({ name, to, ...(from !== undefined && { from }) });
  }
  if (parts.length === 0) return [];
  return [{ kind: 'changed', providerId, parts, price, doubts: [...implausibilities(price), ...leaps(parts)] }];
}

function leaps(parts: readonly PricePart[]): readonly string[] {
  return parts
    .filter(({ from, to }) => from !== undefined && from > 0 && (to > from * maxFactor || to < from / maxFactor))
    .map(({ name }) => `${name} differs by more than a factor of ${maxFactor}`);
}

function mergePrice(known: PriceRecord, listed: PriceRecord): PriceRecord {
  const units = mergeUnits(known.units ?? [], listed.units ?? []);
  const above = listed.above ?? known.above;
  return {
    ...known,
    ...listed,
    ...(above !== undefined && { above: { ...known.above, ...above } }),
    ...(units.length > 0 && { units }),
  };
}

/** Ours first and in our order, each with the list's price where it has one. */
function mergeUnits(known: readonly UnitPriceRecord[], listed: readonly UnitPriceRecord[]): readonly UnitPriceRecord[] {
  const merged = new Map(known.map((unit) => [unitName(unit), unit]));
  for (const unit of listed) {
    const own = merged.get(unitName(unit));
    // 0.006 USD for 60 seconds and 0.0001 USD for one are the same price.
    if (own === undefined || !isSame(own.usd / (own.per ?? 1), unit.usd / (unit.per ?? 1))) {
      merged.set(unitName(unit), { ...unit, ...(own?.unless_tokens === true && { unless_tokens: true }) });
    }
  }
  return [...merged.values()];
}

/** Lists write 0.111 USD an hour as 0.00003083 a second: three digits are what such a price has. */
function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) <= Math.max(one, other) * 1e-3;
}

function unitName({ unit, variant }: UnitPriceRecord): string {
  return variant === undefined ? unit : `${unit} ${variant}`;
}

const tokenMembers = [
  'input',
  'cached_input',
  'cache_write',
  'cache_write_1h',
  'output',
  'input_audio',
  'input_image',
  'output_audio',
  'output_image',
] as const satisfies readonly (keyof PriceRecord)[];

/** Every number of a price under a name of its own. */
function partsOf(price: PriceRecord, prefix = ''): ReadonlyMap<string, number> {
  const parts = new Map<string, number>();
  for (const member of tokenMembers) {
    const usd = price[member];
    if (usd !== undefined) parts.set(prefix + member, usd);
  }
  for (const unit of price.units ?? []) parts.set(unitName(unit), unit.usd / (unit.per ?? 1));
  if (price.above !== undefined) {
    parts.set('above', price.above.input_tokens);
    for (const [name, usd] of partsOf(price.above, 'above.')) parts.set(name, usd);
  }
  return parts;
}
