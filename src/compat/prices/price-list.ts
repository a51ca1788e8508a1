// What every foreign price list becomes: our provider ids, USD per million tokens, USD per unit. Unknown is absent: a list's
// null, 0 and -1 mean "not told", because a price of 0 that is wrong makes calls free without anybody noticing.
import { GatewayError } from '../../core/errors.ts';
import { asNumber, type JsonValue } from '../../core/json.ts';

export const priceSources = ['openrouter', 'litellm', 'portkey', 'models.dev'] as const;
export type PriceSource = (typeof priceSources)[number];

export type ListedUnitKind = 'image' | 'second' | 'character' | 'page' | 'request' | 'search';

/** USD for `per` units, 1 where it is absent. */
export interface ListedUnit {
  readonly unit: ListedUnitKind;
  readonly usd: number;
  readonly per?: number;
  readonly variant?: string;
}

/** Token classes in USD per million. */
export interface ListedPrice {
  readonly input?: number;
  readonly output?: number;
  readonly cached_input?: number;
  readonly cache_write?: number;
  readonly cache_write_1h?: number;
  readonly input_audio?: number;
  readonly input_image?: number;
  readonly output_audio?: number;
  readonly output_image?: number;
  readonly above?: ListedPrice & { readonly input_tokens: number };
  readonly units?: readonly ListedUnit[];
}

export type ListedModality = 'text' | 'image' | 'audio' | 'video' | 'embedding' | 'scores' | 'transcript';

export interface ListedModel {
  readonly provider: string;
  /** The provider's own id. */
  readonly id: string;
  readonly modality: ListedModality;
  readonly price?: ListedPrice;
  readonly context?: number;
  readonly maxOutput?: number;
  /** Abilities the list claims; it may know of more. */
  readonly supports: readonly string[];
}

export interface PriceList {
  readonly source: PriceSource;
  /** One for each provider and id. */
  readonly models: readonly ListedModel[];
  /** What was left out, and why: `3 models of azure_ai: no provider of ours`. */
  readonly notes: readonly string[];
}

/** The most decimals a price per token can have here, as USD per million. */
const decimals = 1e6;

/** USD per million with the noise of `0.0000025 * 1e6` removed; undefined = not told. */
export function usdPerMillion(value: JsonValue | undefined, factor: number): number | undefined {
  const amount = readAmount(value);
  if (amount === undefined) return undefined;
  const usd = Math.round(amount * factor * decimals) / decimals;
  return usd > 0 ? usd : undefined;
}

/** USD for one unit, to twelve decimals; undefined = not told. */
export function usdPerUnit(value: JsonValue | undefined, factor = 1): number | undefined {
  const amount = readAmount(value);
  if (amount === undefined) return undefined;
  const usd = Math.round(amount * factor * 1e12) / 1e12;
  return usd > 0 ? usd : undefined;
}

/** A number or a number in a string; null, 0, negative and nonsense are nothing. */
export function readAmount(value: JsonValue | undefined): number | undefined {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : asNumber(value);
  return amount !== undefined && Number.isFinite(amount) && amount > 0 ? amount : undefined;
}

export function readTokens(value: JsonValue | undefined): number | undefined {
  const tokens = readAmount(value);
  return tokens !== undefined && Number.isSafeInteger(tokens) ? tokens : undefined;
}

/** Members that are undefined go, and a price without any left is none. */
export function toPrice(price: { readonly [key in keyof ListedPrice]: ListedPrice[key] | undefined }): ListedPrice | undefined {
  const told = Object.entries(price).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return told.length === 0 ? undefined : (Object.fromEntries(told) as ListedPrice);
}

export function notThisFormat(source: PriceSource, file: string, expected: string): GatewayError {
  return new GatewayError('invalid_request', `${file} is no price list of ${source}: expected ${expected}`);
}

/** Counts what was skipped, so that a thousand skipped models are one line. */
export function createNotes(): { skip(reason: string): void; lines(): readonly string[] } {
  const counts = new Map<string, number>();
  return {
    skip: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    lines: () => [...counts].map(([reason, count]) => `${count} left out: ${reason}`),
  };
}
