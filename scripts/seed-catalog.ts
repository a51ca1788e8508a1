// Shows where data/ and the price library genai-prices differ. Run by hand: `node scripts/seed-catalog.ts [PROVIDER …]`. It
// changes nothing: which of the two is right is looked up at the provider, and then written into data/ with source and date.
import { fileURLToPath } from 'node:url';
import { calcPrice, type ModelPrice } from '@pydantic/genai-prices';
import { compareList, type ListedOffer } from '../src/catalog/compare-list.ts';
import { compileCatalog } from '../src/catalog/compile-catalog.ts';
import type { PriceRecord } from '../src/catalog/records.ts';

/** Ours → the library's. */
const libraryIds: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  azure: 'azure',
  bedrock: 'aws',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepseek: 'deepseek',
  fireworks: 'fireworks',
  google: 'google',
  groq: 'groq',
  mistral: 'mistral',
  novita: 'novita',
  openai: 'openai',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  together: 'together',
  vertex: 'google',
  xai: 'x-ai',
};

const classes = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cached_input',
  cache_write_mtok: 'cache_write',
  cache_write_1h_mtok: 'cache_write_1h',
  input_audio_mtok: 'input_audio',
  output_audio_mtok: 'output_audio',
  input_image_mtok: 'input_image',
  output_image_mtok: 'output_image',
} as const;

type Classes = { -readonly [key in (typeof classes)[keyof typeof classes]]?: number };

/** Base prices and the first tier; the library counts from the first token of a tier, we from the last before it. */
function toPriceRecord(price: ModelPrice): PriceRecord {
  const base: Classes = {};
  const tier: Classes = {};
  let start: number | undefined;
  for (const [member, name] of Object.entries(classes)) {
    const value = price[member];
    if (typeof value === 'number') base[name] = value;
    if (typeof value !== 'object') continue;
    base[name] = value.base;
    const first = value.tiers[0];
    if (first === undefined) continue;
    tier[name] = first.price;
    start = first.start;
  }
  const hours = price['input_audio_hours'];
  return {
    ...base,
    ...(start !== undefined && { above: { input_tokens: Math.ceil(start / 1_000) * 1_000, ...tier } }),
    ...(typeof hours === 'number' && { units: [{ unit: 'second', usd: hours, per: 3_600 }] }),
  };
}

function main(wanted: readonly string[]): void {
  const compiled = compileCatalog(fileURLToPath(new URL('../data', import.meta.url)));
  const listed: ListedOffer[] = [];
  let unknown = 0;
  for (const { provider, id } of compiled.offers) {
    const providerId = Object.hasOwn(libraryIds, provider) ? libraryIds[provider] : undefined;
    if (providerId === undefined || (wanted.length > 0 && !wanted.includes(provider))) continue;
    const found = calcPrice({ input_tokens: 1 }, id, { providerId });
    if (found === null) unknown += 1;
    else listed.push({ provider, id, price: toPriceRecord(found.model_price) });
  }
  let differing = 0;
  for (const difference of compareList(listed, compiled)) {
    if (difference.kind !== 'changed') continue;
    differing += 1;
    const parts = difference.parts.map(({ name, from, to }) => `${name} ${from ?? 'unknown'} → ${to}`);
    process.stdout.write(`${difference.providerId}: ${parts.join(', ')}${difference.doubts.map((doubt) => `\n  ${doubt}`).join('')}\n`);
  }
  process.stdout.write(`${listed.length} offers compared, ${differing} differ, ${unknown} are not in the library\n`);
}

main(process.argv.slice(2));
