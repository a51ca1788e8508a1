// What a schema cannot see: prices that are well-formed and wrong, names that mean two things, references into nothing.
// Price maps disagree by factors of a hundred and more, so every price is held against its neighbours on both sides.
import { canonicalIdOf } from './build-offer.ts';
import { createCatalog } from './create-catalog.ts';
import { normalizeName } from './name-index.ts';
import type { CompiledCatalog, OfferRecord, PriceRecord } from './records.ts';

/** One line for each problem, naming the offer, alias or job. */
export function findProblems(compiled: CompiledCatalog): readonly string[] {
  return [...priceProblems(compiled), ...nameProblems(compiled), ...referenceProblems(compiled)];
}

function priceProblems({ offers }: CompiledCatalog): string[] {
  return offers.flatMap((offer) => {
    const at = `${offer.provider}/${offer.id}`;
    if (offer.price === undefined) return [];
    const free = offer.local === true || offer.simulator === true;
    if (free) return isFree(offer.price) ? [] : [`${at}: runs on the operator's own machine, so its price must be 0`];
    const { above } = offer.price;
    return [
      ...problemsOfPrice(offer.price, at),
      ...(above === undefined ? [] : problemsOfPrice(above, `${at} above ${above.input_tokens}`)),
      ...(above !== undefined && (above.input ?? 0) < (offer.price.input ?? 0) ? [`${at}: a long prompt costs less than a short one`] : []),
    ];
  });
}

function isFree(price: PriceRecord): boolean {
  return [price.input, price.output, price.cached_input, price.cache_write, price.cache_write_1h].every((part) => (part ?? 0) === 0);
}

function problemsOfPrice(price: PriceRecord, at: string): string[] {
  const { input, output, cached_input: cached, cache_write: write, cache_write_1h: writeHour } = price;
  const problems: string[] = [];
  const must = (holds: boolean, problem: string) => {
    if (!holds) problems.push(`${at}: ${problem}`);
  };
  for (const [part, usd] of Object.entries({ input, output, cached, write, writeHour })) {
    if (usd !== undefined)
      must(usd >= 0.001 && usd <= 1_000, `${part} ${usd} USD per million tokens is no price (unknown = absent, never 0)`);
  }
  if (input === undefined) return [...problems, `${at}: a price without an input price`];
  if (output !== undefined) must(output >= input / 2 && output <= input * 20, `output ${output} against input ${input}`);
  if (cached !== undefined) must(cached <= input, `a cache read (${cached}) dearer than fresh input (${input})`);
  if (write !== undefined) must(write >= input && write <= input * 2, `a cache write of ${write} against input ${input}`);
  if (writeHour !== undefined)
    must(writeHour >= (write ?? input) && writeHour <= input * 3, `an hour's cache write of ${writeHour} against input ${input}`);
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
  return [canonicalIdOf(offer), `${offer.provider}/${offer.id}`, `${offer.model}@${offer.provider}`, ...(offer.names ?? []), ...dated];
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
