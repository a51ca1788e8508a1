// data/ → one JSON value that loads without validation. Runs at build, in tests and in check-catalog.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../core/json.ts';
import type { z } from 'zod';
import { canonicalIdOf } from './build-offer.ts';
import { toTokenPrice } from './build-price.ts';
import type { JobType, Task } from './catalog.ts';
import { shortDigest } from './digest.ts';
import type { AliasRecord, CompiledCatalog, ModelRecord, OfferRecord } from './records.ts';
import { aliasFileSchema, checkForm, domainFileSchema, jobFileSchema, modelFileSchema, offerFileSchema, taskFileSchema } from './schema.ts';

/** A parsed file and where it came from, for messages. */
export interface DataFile {
  readonly file: string;
  readonly value: unknown;
}

export interface DataFiles {
  readonly models: readonly DataFile[];
  readonly offers: readonly DataFile[];
  readonly jobs: readonly DataFile[];
  readonly aliases: DataFile;
  readonly tasks: DataFile;
  readonly domains: DataFile;
}

/** Reads and compiles a data directory. Throws a RangeError that names file and path of every mistake of form. */
export function compileCatalog(dataDir: string): CompiledCatalog {
  return loadCatalog({
    models: readFolder(dataDir, 'models'),
    offers: readFolder(dataDir, 'offers'),
    jobs: readFolder(dataDir, 'jobs'),
    aliases: readDataFile(dataDir, 'aliases.json'),
    tasks: readDataFile(dataDir, 'tasks.json'),
    domains: readDataFile(dataDir, 'domains.json'),
  });
}

export function loadCatalog(files: DataFiles): CompiledCatalog {
  const tasks = checkForm(taskFileSchema, files.tasks.value, files.tasks.file);
  const domains = checkForm(domainFileSchema, files.domains.value, files.domains.file);
  const models = compileModels(files.models, { tasks: tasks.groups, domains: domains.groups });
  const offers = files.offers.flatMap(compileOffers);
  assertPrices(offers);
  const content = {
    models,
    offers: offers.sort((one, other) => (canonicalIdOf(one) < canonicalIdOf(other) ? -1 : 1)),
    aliases: compileAliases(files.aliases),
    tasks: compileTasks(tasks),
    domains: Object.entries(domains.domains).map(([name, domain]) => ({ name, description: domain.description })),
    jobs: files.jobs.map(compileJob),
  };
  return { format: 1, version: shortDigest(JSON.stringify(content)), ...content };
}

type Groups = Readonly<Record<string, readonly string[]>>;

function compileModels(files: readonly DataFile[], groups: { tasks: Groups; domains: Groups }): Record<string, ModelRecord> {
  const models: Record<string, ModelRecord> = {};
  for (const { file, value } of files) {
    const { creator, models: found } = checkForm(modelFileSchema, value, file);
    for (const [id, model] of Object.entries(found)) {
      if (models[id] !== undefined) throw new RangeError(`${file}: models.${id}: another file describes this model too`);
      models[id] = withoutUndefined({
        creator,
        ...model,
        tasks: expand(model.tasks, groups.tasks, `${file}: models.${id}.tasks`),
        domains: expand(model.domains, groups.domains, `${file}: models.${id}.domains`),
      });
    }
  }
  return models;
}

/** `@group` → its members. */
function expand(names: readonly string[], groups: Groups, at: string): string[] {
  const all = names.flatMap((name) => {
    if (!name.startsWith('@')) return [name];
    const members = groups[name.slice(1)];
    if (members === undefined) throw new RangeError(`${at}: there is no group "${name}"`);
    return members;
  });
  return [...new Set(all)];
}

function compileOffers({ file, value }: DataFile): OfferRecord[] {
  const { offers, provider, ...forAll } = checkForm(offerFileSchema, value, file);
  // zod types an absent member as `undefined`; in a value that was JSON there is no such thing.
  return offers.map((offer) => ({ provider, ...forAll, ...offer }) as OfferRecord);
}

/** A price that cannot be held exactly is found here, not by the first customer. */
function assertPrices(offers: readonly OfferRecord[]): void {
  for (const offer of offers) {
    try {
      if (offer.price !== undefined) toTokenPrice(offer.price);
    } catch (cause) {
      throw new RangeError(`offers/${offer.provider}.json: ${offer.id}: ${cause instanceof Error ? cause.message : 'bad price'}`, {
        cause,
      });
    }
  }
}

function compileAliases({ file, value }: DataFile): AliasRecord[] {
  return Object.entries(checkForm(aliasFileSchema, value, file)).map(([name, { quality_tier, speed_tier, ...alias }]) =>
    withoutUndefined({ name, ...alias, qualityTier: quality_tier, speedTier: speed_tier }),
  );
}

function compileTasks(tasks: z.infer<typeof taskFileSchema>): Task[] {
  return Object.entries(tasks.tasks).map(([name, { reads_modality, ...task }]) =>
    withoutUndefined({ name, ...task, readsModality: reads_modality }),
  );
}

function compileJob({ file, value }: DataFile): JobType {
  const job = checkForm(jobFileSchema, value, file);
  return {
    jobType: job.job_type,
    description: job.description,
    steps: job.steps.map((step) => ({ name: step.step, description: step.description, alias: step.model, also: step.also })),
  };
}

/** What a type with exact optional properties needs: absent members are absent. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutUndefined<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}

function readFolder(dataDir: string, folder: string): DataFile[] {
  const names = readdirSync(join(dataDir, folder)).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => readDataFile(dataDir, `${folder}/${name}`));
}

function readDataFile(dataDir: string, file: string): DataFile {
  return { file, value: parseJson(readFileSync(join(dataDir, file), 'utf8')) };
}
