// `mpc catalog`: what the gateway knows about models and prices, and how to bring it up to date.
import type { Command } from 'commander';
import type { DescribedOffer, DescribedPrice } from '../catalog/describe-offer.ts';
import type { SyncOptions } from './catalog-sync.ts';
import { formatUsd } from './format-usd.ts';
import { openCatalog } from './open-catalog.ts';
import { formatTable, printJson, printLine, printNote } from './terminal.ts';

export function defineCatalog(program: Command): void {
  const catalog = program.command('catalog').description('look at models and prices, and compare them with other price lists');
  const list = catalog
    .command('list')
    .description('list every model of the catalog at every provider, configured or not')
    .argument('[text]', 'only ids that contain this text')
    .option('--provider <id>', 'only this provider')
    .option('--overlay <file>', 'overlay to lay over it (default: catalog.overlay of the settings)')
    .option('--json', 'one JSON object per line')
    .action((text: string | undefined, options: { provider?: string; json?: true }) => listOffers(list, { text, ...options }));
  const show = catalog
    .command('show')
    .description('show what is known about a model: abilities, limits, prices, source')
    .argument('<model>', 'any name of it: alias, model, provider id')
    .option('--overlay <file>', 'overlay to lay over it (default: catalog.overlay of the settings)')
    .option('--json', 'one JSON object per offer')
    .action((model: string, options: { json?: true }) => showModel(show, { model, ...options }));
  const sync = catalog
    .command('sync')
    .description('compare a price list of others with the catalog; with --write, take its prices into your overlay file')
    .argument('<file-or-url>', 'the list: a JSON file or its address')
    .requiredOption('--from <format>', 'what kind of list it is: openrouter, litellm, portkey, models.dev')
    .option('--provider <id>', 'whose prices they are, where the file does not say (portkey)')
    .option('--providers <ids>', 'only these providers, by commas (default: all of the catalog)')
    .option('--changed-only', 'leave out models the catalog does not have')
    .option('--doubtful', 'write prices, too, that look like a mistake of the list')
    .option('--overlay <file>', 'overlay file to write to (default: catalog.overlay of the settings)')
    .option('--write', 'write without asking')
    .option('--json', 'one JSON object per difference')
    .action(async (source: string, options: Omit<SyncOptions, 'list'>) => {
      const { syncCatalog } = await import('./catalog-sync.ts');
      await syncCatalog(sync, { list: source, ...options });
    });
}

interface ListOptions {
  readonly text: string | undefined;
  readonly provider?: string;
  readonly json?: true;
}

async function listOffers(command: Command, { text = '', provider, json }: ListOptions): Promise<void> {
  const { describeOffer } = await import('../catalog/describe-offer.ts');
  const { catalog } = await openCatalog(command);
  const wanted = text.toLowerCase();
  const offers = catalog.offers
    .filter((offer) => provider === undefined || offer.provider === provider)
    .filter((offer) => offer.providerId.toLowerCase().includes(wanted) || offer.canonicalId.toLowerCase().includes(wanted))
    .map(describeOffer);
  if (json === true) {
    offers.forEach(printJson);
    return;
  }
  const rows = offers.map((offer) => [offer.provider_id, offer.modality.join('+'), offer.quality_tier, priceInWords(offer.price)]);
  for (const line of formatTable(['MODEL', 'MAKES', 'QUALITY', 'PRICE (USD per million tokens, or per unit)'], rows)) printLine(line);
  printNote(`${offers.length} models`);
}

async function showModel(command: Command, { model, json }: { readonly model: string; readonly json?: true }): Promise<void> {
  const { describeOffer } = await import('../catalog/describe-offer.ts');
  const { catalog } = await openCatalog(command);
  const found = catalog.find(model);
  if (found.kind === 'none') {
    const nearest = catalog.nearest(model, 3);
    throw new Error(`the catalog has no "${model}"${nearest.length === 0 ? '' : `; did you mean ${nearest.join(', ')}?`}`);
  }
  const offers = found.offers.map(describeOffer);
  if (json === true) offers.forEach(printJson);
  else offers.forEach(printOffer);
}

function printOffer(offer: DescribedOffer): void {
  const can = Object.entries(offer.supports).flatMap(([ability, able]) => (able ? [ability] : []));
  const { context_tokens: context, max_output_tokens: maxOutput } = offer.limits;
  printLine(offer.provider_id);
  for (const [name, value] of [
    ['canonical id', offer.canonical_id],
    ['aliases', offer.aliases.join(', ')],
    ['makes', offer.modality.join(', ')],
    ['tasks', offer.tasks.join(', ')],
    ['tiers', `${offer.quality_tier}, ${offer.speed_tier}`],
    ['supports', can.join(', ')],
    ['context', context === undefined ? '' : `${context} tokens${maxOutput === undefined ? '' : `, answers up to ${maxOutput}`}`],
    ['price', priceInWords(offer.price)],
    [
      'retired',
      offer.retired === undefined ? '' : `${offer.retired}${offer.successor === undefined ? '' : `, followed by ${offer.successor}`}`,
    ],
    ['source', `${offer.source ?? 'unknown'}${offer.read === undefined ? '' : ` (read ${offer.read})`}`],
  ] as const) {
    if (value !== '') printLine(`  ${name.padEnd(13)} ${value}`);
  }
}

function priceInWords(price: DescribedPrice | undefined): string {
  if (price === undefined) return 'unknown';
  if (price.free === true) return 'free';
  const { above, units, free: _, ...classes } = price;
  const parts = Object.entries(classes).flatMap(([name, usd]) => (typeof usd === 'number' ? [`${name} ${formatUsd(usd)}`] : []));
  if (above !== undefined)
    parts.push(`above ${above.input_tokens} tokens: input ${formatUsd(above.input ?? 0)}, output ${formatUsd(above.output ?? 0)}`);
  for (const { unit, usd, per, variant } of units ?? []) {
    parts.push(
      `${formatUsd(usd)} per ${per === 1 ? '' : `${per} `}${unit}${per === 1 ? '' : 's'}${variant === undefined ? '' : ` (${variant})`}`,
    );
  }
  return parts.join(', ');
}
