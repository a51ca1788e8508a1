// Catalogs for tests: a few made-up models whose properties a test sets itself, and the real one.
import { fileURLToPath } from 'node:url';
import type { Catalog } from './catalog.ts';
import { compileCatalog } from './compile-catalog.ts';
import { createCatalog } from './create-catalog.ts';
import type { AliasRecord, CompiledCatalog, ModelRecord, OfferRecord } from './records.ts';

const sampleModel: ModelRecord = {
  creator: 'acme',
  modality: ['text'],
  tasks: ['chat'],
  domains: ['general'],
  quality: 'strong',
  speed: 'normal',
  supports: ['tools', 'streaming'],
};

export interface SampleParts {
  readonly models?: Readonly<Record<string, Partial<ModelRecord>>>;
  /** Default: every model at `acme` under its own name, for 1 USD in and 2 USD out. */
  readonly offers?: readonly OfferRecord[];
  readonly aliases?: readonly (Partial<AliasRecord> & Pick<AliasRecord, 'name' | 'prefer'>)[];
}

export function sampleCompiled({ models = { one: {} }, offers, aliases = [] }: SampleParts = {}): CompiledCatalog {
  const ids = Object.keys(models);
  return {
    format: 1,
    version: 'sample',
    models: Object.fromEntries(Object.entries(models).map(([id, model]) => [id, { ...sampleModel, ...model }])),
    offers: offers ?? ids.map((id) => ({ provider: 'acme', id, model: id, price: { input: 1, output: 2 }, read: '2026-08-21' })),
    aliases: aliases.map((alias) => ({ description: alias.name, tasks: [], domains: [], modality: 'text', ...alias })),
    tasks: [{ name: 'chat', description: 'Talk.' }],
    domains: [{ name: 'general', description: 'Anything.' }],
    jobs: [],
  };
}

export function sampleCatalog(parts: SampleParts = {}): Catalog {
  return createCatalog(sampleCompiled(parts));
}

let real: CompiledCatalog | undefined;

/** data/ of this repository, compiled once. */
export function realCompiled(): CompiledCatalog {
  real ??= compileCatalog(fileURLToPath(new URL('../../data', import.meta.url)));
  return real;
}
