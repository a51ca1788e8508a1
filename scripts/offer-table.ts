// What the catalog knows of a provider's models, as a table with where the prices come from.
import type { OfferRecord, PriceRecord, UnitPriceRecord } from '../src/catalog/records.ts';
import type { ProviderDefinition } from '../src/providers/provider.ts';
import { code, table } from './markdown.ts';

export function offerTable(provider: ProviderDefinition, offers: readonly OfferRecord[]): string {
  const unknown = 'the price of such a call is unknown, and recorded so unless `catalog.overlay` gives one';
  if (offers.length === 0) return `The catalog has no models of it: ids are passed on as they are; ${unknown}.`;
  const rows = offers.map((offer) => [
    [offer.id, ...(offer.also ?? [])].map(code).join(', '),
    code(offer.model) + ended(offer),
    tokens(offer.context),
    tokens(offer.max_output),
    usd(offer.price?.input),
    usd(offer.price?.cached_input),
    usd(offer.price?.output),
    more(offer),
  ]);
  const head = ['id', 'model', 'context', 'longest answer', 'input', 'cached input', 'output', 'more'];
  const sources = [...new Set(offers.map((offer) => `${offer.source ?? 'unknown'}; read ${offer.read ?? 'at an unknown date'}`))];
  return [
    'USD per million tokens; empty means unknown, or not sold in tokens.',
    table(head, rows),
    `Source: ${sources.join('. ')}.`,
    ...(provider.openEnded === true ? [`Other ids are passed on as they are; ${unknown}.`] : []),
  ].join('\n\n');
}

function ended({ retired, successor }: OfferRecord): string {
  if (retired === undefined) return '';
  return ` (ended ${retired}${successor === undefined ? '' : `, now ${code(successor)}`})`;
}

function tokens(count: number | undefined): string {
  return count === undefined ? '' : count.toLocaleString('en-US');
}

function usd(amount: number | undefined): string {
  return amount === undefined ? '' : String(amount);
}

const names: readonly (readonly [keyof PriceRecord, string])[] = [
  ['cache_write', 'cache write'],
  ['cache_write_1h', 'cache write for an hour'],
  ['input_audio', 'audio in'],
  ['input_image', 'pictures in'],
  ['output_audio', 'audio out'],
  ['output_image', 'pictures out'],
];

function more({ price, local }: OfferRecord): string {
  const words = [
    ...(local === true ? ['your own machine: 0'] : price?.free === true ? ['free'] : []),
    ...classes(price),
    ...units(price?.units ?? []),
    ...(price?.above === undefined ? [] : [above(price.above)]),
  ];
  return words.join('; ');
}

function classes(price: PriceRecord | undefined): string[] {
  return names.flatMap(([member, name]) => (price?.[member] === undefined ? [] : [`${name} ${String(price[member])}`]));
}

function above(price: NonNullable<PriceRecord['above']>): string {
  const parts = [
    ...(price.input === undefined ? [] : [`input ${price.input}`]),
    ...(price.cached_input === undefined ? [] : [`cached input ${price.cached_input}`]),
    ...(price.output === undefined ? [] : [`output ${price.output}`]),
    ...classes(price),
  ];
  return `above ${tokens(price.input_tokens)} tokens: ${parts.join(', ')}`;
}

/** Variants of one price stand together. */
function units(prices: readonly UnitPriceRecord[]): string[] {
  const groups = Map.groupBy(
    prices,
    ({ unit, usd: amount, per = 1 }) => `${amount} USD per ${per === 1 ? unit : `${tokens(per)} ${unit}s`}`,
  );
  return [...groups].map(([text, group]) => {
    const variants = group.map(({ variant }) => variant).filter((variant) => variant !== undefined);
    return variants.length === 0 ? text : `${text} (${variants.join(', ')})`;
  });
}
