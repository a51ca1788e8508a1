// What a schema cannot see: prices that are well-formed and wrong, names that mean two things, references into nothing.
// Price maps disagree by factors of a hundred and more, so every price is held against its neighbours on both sides.
import type { UnitKind } from '../canonical/usage.ts';
import { canonicalIdOf } from './build-offer.ts';
import { isAllZero } from './build-price.ts';
import type { Modality } from './catalog.ts';
import { createCatalog } from './create-catalog.ts';
import { normalizeName } from './name-index.ts';
import type { CompiledCatalog, OfferRecord, PriceRecord } from './records.ts';

/** One line for each problem, naming the offer, alias or job. */
export function findProblems(compiled: CompiledCatalog): readonly string[] {
  return [...priceProblems(compiled), ...nameProblems(compiled), ...referenceProblems(compiled)];
}

function priceProblems({ offers, models }: CompiledCatalog): string[] {
  return offers.flatMap((offer) => {
    const at = `${offer.provider}/${offer.id}`;
    if (offer.price === undefined) return [];
    const free = offer.local === true || offer.simulator === true;
    if (free) return isAllZero(offer.price) ? [] : [`${at}: runs on the operator's own machine, so its price must be 0`];
    const isEmbedding = models[offer.model]?.modality.includes('embedding') === true;
    return implausibilities(offer.price, isEmbedding ? 'embedding' : undefined).map((problem) => `${at}: ${problem}`);
  });
}

const maxEmbeddingUsd = 10;

/** What makes a price hard to believe, one line each; the price lists people pass around have wrong factors in them. */
export function implausibilities(price: PriceRecord, modality?: Modality): readonly string[] {
  const { above, input } = price;
  if (price.free === true) return isAllZero(price) ? [] : ['is called free and has a price'];
  return [
    ...unitProblems(price),
    // A list in wide use has one at 100 USD: a thousand times its price.
    ...(modality === 'embedding' && input !== undefined && input > maxEmbeddingUsd
      ? [`${input} USD per million tokens of an embedding`]
      : []),
    ...problemsOfPrice(price),
    ...(above === undefined ? [] : problemsOfPrice(above).map((problem) => `above ${above.input_tokens}: ${problem}`)),
    ...(above !== undefined && (above.input ?? 0) < (price.input ?? 0) ? ['a long prompt costs less than a short one'] : []),
  ];
}

function problemsOfPrice(price: PriceRecord): string[] {
  const { input, output, cached_input: cached, cache_write: write, cache_write_1h: writeHour } = price;
  const problems: string[] = [];
  const must = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  for (const [part, usd] of Object.entries({ input, output, cached, write, writeHour })) {
    if (usd !== undefined)
      must(usd >= 0.001 && usd <= 1_000, `${part} ${usd} USD per million tokens is no price (unknown = absent, never 0)`);
  }
  if (input === undefined && price.units !== undefined && output === undefined) return problems;
  if (input === undefined) return [...problems, 'a price without an input price'];
  for (const [part, usd] of Object.entries({ input_audio: price.input_audio, input_image: price.input_image })) {
    if (usd !== undefined) must(usd >= input / 2 && usd <= input * 100, `${part} ${usd} against input ${input}`);
  }
  for (const [part, usd] of Object.entries({ output_audio: price.output_audio, output_image: price.output_image })) {
    if (usd !== undefined) must(usd >= input && usd <= input * 200, `${part} ${usd} against input ${input}`);
  }
  if (output !== undefined) must(output >= input / 2 && output <= input * 20, `output ${output} against input ${input}`);
  if (cached !== undefined) must(cached <= input, `a cache read (${cached}) dearer than fresh input (${input})`);
  if (write !== undefined) must(write >= input && write <= input * 2, `a cache write of ${write} against input ${input}`);
  if (writeHour !== undefined)
    must(writeHour >= (write ?? input) && writeHour <= input * 3, `an hour's cache write of ${writeHour} against input ${input}`);
  return problems;
}

/** USD that one unit may cost; beyond it, somebody mixed up a second and an hour, a character and a million of them, a cent and a dollar. */
const plausibleUsd: Readonly<Record<UnitKind, readonly [least: number, most: number]>> = {
  image: [0.0005, 1],
  second: [0.000_005, 1],
  character: [0.000_000_5, 0.000_5],
  page: [0.000_1, 0.1],
  request: [0.000_1, 10],
  search: [0.000_1, 0.1],
};

function unitProblems({ units = [], units_only: unitsOnly }: PriceRecord): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { unit, usd, per = 1, variant = 'any other' } of units) {
    const [least, most] = plausibleUsd[unit];
    const one = usd / per;
    if (one < least || one > most) problems.push(`${one} USD is no price of one ${unit} (unknown = absent, never 0)`);
    const key = `${unit} ${variant}`;
    if (seen.has(key)) problems.push(`two prices for ${key}`);
    seen.add(key);
  }
  if (unitsOnly === true && units.length === 0) problems.push('charges by units alone, and has none');
  return problems;
}

function nameProblems({ offers, aliases }: CompiledCatalog): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  const claim = (name: string, owner: string) => {
    const key = normalizeName(name);
    const other = owners.get(key);
    if (other !== undefined && other !== owner) problems.push(`"${name}" names both ${other} and ${owner}`);
    owners.set(key, owner);
  };
  for (const alias of aliases) claim(alias.name, `alias ${alias.name}`);
  for (const offer of offers) for (const name of ownNames(offer)) claim(name, canonicalIdOf(offer));
  return problems;
}

function ownNames(offer: OfferRecord): readonly string[] {
  const dated = (offer.also ?? []).map((id) => `${offer.provider}/${id}`);
  const model = offer.named_only === true ? [] : [`${offer.model}@${offer.provider}`];
  return [canonicalIdOf(offer), `${offer.provider}/${offer.id}`, ...model, ...(offer.names ?? []), ...dated];
}

function referenceProblems(compiled: CompiledCatalog): string[] {
  const catalog = createCatalog(compiled);
  const problems: string[] = [];
  const tasks = new Set(compiled.tasks.map((task) => task.name));
  const domains = new Set(compiled.domains.map((domain) => domain.name));
  const used = new Set(compiled.offers.map((offer) => offer.model));
  for (const [id, model] of Object.entries(compiled.models)) {
    if (!used.has(id)) problems.push(`model ${id}: nobody offers it`);
    for (const task of model.tasks) if (!tasks.has(task)) problems.push(`model ${id}: tasks.json does not know ${task}`);
    for (const domain of model.domains) if (!domains.has(domain)) problems.push(`model ${id}: domains.json does not know ${domain}`);
  }
  for (const offer of compiled.offers) {
    if (offer.successor !== undefined && catalog.find(`${offer.provider}/${offer.successor}`).kind === 'none') {
      problems.push(`${offer.provider}/${offer.id}: its successor ${offer.successor} is not in the catalog`);
    }
    const traits = offer.traits ?? compiled.models[offer.model]?.traits;
    if (offer.prefill !== undefined && traits?.includes('no-prefill') === true)
      problems.push(`${offer.provider}/${offer.id}: takes a prefill (prefill), and refuses one (no-prefill)`);
  }
  for (const alias of compiled.aliases) {
    for (const name of alias.prefer) if (catalog.find(name).kind === 'none') problems.push(`alias ${alias.name}: there is no ${name}`);
    for (const name of alias.planned ?? []) {
      if (catalog.find(name).kind !== 'none') problems.push(`alias ${alias.name}: ${name} is in the catalog now; move it to prefer`);
    }
    if (alias.prefer.length === 0 && alias.planned === undefined) problems.push(`alias ${alias.name}: wishes for nothing`);
    for (const task of alias.tasks) if (!tasks.has(task)) problems.push(`alias ${alias.name}: tasks.json does not know ${task}`);
    for (const domain of alias.domains)
      if (!domains.has(domain)) problems.push(`alias ${alias.name}: domains.json does not know ${domain}`);
  }
  for (const job of compiled.jobs) {
    for (const step of job.steps) {
      for (const name of [step.alias, ...step.also]) {
        if (!catalog.aliases.has(name)) problems.push(`job ${job.jobType}, step ${step.name}: there is no alias ${name}`);
      }
    }
  }
  return problems;
}
