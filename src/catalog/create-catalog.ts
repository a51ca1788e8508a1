// The catalog the gateway works with: built once per load from compiled data and the operator's overlay, then only read.
import { GatewayError } from '../core/errors.ts';
import { buildOffer, canonicalIdOf } from './build-offer.ts';
import type { Alias, Catalog } from './catalog.ts';
import { shortDigest } from './digest.ts';
import { addAliases, compareText, createNameIndex } from './name-index.ts';
import type { NamedOffer, NameIndex } from './name-index.ts';
import { nearestNames } from './nearest.ts';
import { mergeOverlay } from './merge-overlay.ts';
import type { CompiledCatalog, ModelRecord, OfferRecord, Overlay } from './records.ts';

/** Throws `invalid_request` when the overlay names a model that does not exist or takes a name twice. */
export function createCatalog(compiled: CompiledCatalog, overlay?: Overlay): Catalog {
  const data = overlay === undefined ? compiled : mergeOverlay(compiled, overlay);
  assertUniqueIds(data.offers);

  const aliases = new Map<string, Alias>(data.aliases.map((alias) => [alias.name, alias]));
  const named = buildOffers(data);
  const index = addAliases(createNameIndex(named), aliases);
  listAliases(named, index, aliases);
  const offers = named.map((entry) => entry.offer);
  const tasks = new Set(data.tasks.map((task) => task.name));
  const domains = new Set(data.domains.map((domain) => domain.name));
  for (const offer of offers) {
    for (const task of offer.tasks) tasks.add(task);
    for (const domain of offer.domains) domains.add(domain);
  }
  return {
    offers: offers.sort((one, other) => compareText(one.canonicalId, other.canonicalId)),
    aliases,
    tasks,
    domains,
    taskFacts: new Map(data.tasks.map((task) => [task.name, task])),
    jobs: new Map(data.jobs.map((job) => [job.jobType, job])),
    providers: new Set(offers.map((offer) => offer.provider)),
    version: overlay === undefined ? data.version : shortDigest(`${data.version}\n${JSON.stringify(overlay)}`),
    find: index.find,
    nearest: (name, limit) => nearestNames(name, index.names, limit),
  };
}

function buildOffers(data: CompiledCatalog): BuiltOffer[] {
  return data.offers.map((record) => {
    const model = modelOf(data, record);
    const aliases: string[] = [];
    return {
      offer: buildOffer({ record, model, aliases }),
      aliases,
      creator: model.creator,
      also: record.also ?? [],
      names: record.names ?? [],
      variants: record.variants ?? false,
    };
  });
}

/** `aliases` is the offer's own list, still open: which aliases mean an offer is known only when all names are. */
interface BuiltOffer extends NamedOffer {
  readonly aliases: string[];
}

function modelOf(data: CompiledCatalog, record: OfferRecord): ModelRecord {
  const model = data.models[record.model];
  if (model !== undefined) return model;
  throw new GatewayError(
    'invalid_request',
    `offer ${record.provider}/${record.id}: there is no model "${record.model}"; add it under models`,
  );
}

function listAliases(named: readonly BuiltOffer[], index: NameIndex, aliases: ReadonlyMap<string, Alias>): void {
  const lists = new Map(named.map((entry) => [entry.offer.canonicalId, entry.aliases]));
  for (const alias of aliases.keys()) {
    const meaning = index.find(alias);
    if (meaning.kind === 'alias') for (const offer of meaning.offers) lists.get(offer.canonicalId)?.push(alias);
  }
}

function assertUniqueIds(offers: readonly OfferRecord[]): void {
  const seen = new Set<string>();
  for (const record of offers) {
    for (const id of [canonicalIdOf(record), `${record.provider}/${record.id}`]) {
      if (seen.has(id))
        throw new GatewayError('invalid_request', `two offers are called "${id}"; give one of them another \`canonical\` id`);
      seen.add(id);
    }
  }
}
