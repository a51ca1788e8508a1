import { expect, it } from 'vitest';
import type { DataFiles } from './compile-catalog.ts';
import { loadCatalog } from './compile-catalog.ts';
import { createCatalog } from './create-catalog.ts';
import { realCompiled } from './sample-catalog.ts';
import { parseJson } from '../core/json.ts';

const model = { tasks: ['@text'], domains: ['general'], quality: 'strong', speed: 'fast', supports: ['tools'] };

function files(change: Partial<DataFiles> = {}): DataFiles {
  return {
    models: [{ file: 'models/acme.json', value: { creator: 'acme', models: { one: model } } }],
    offers: [
      {
        file: 'offers/acme.json',
        value: {
          provider: 'acme',
          source: 'its price page',
          read: '2026-08-21',
          offers: [{ id: 'one', model: 'one', price: { input: 1 } }],
        },
      },
    ],
    jobs: [],
    aliases: { file: 'aliases.json', value: {} },
    tasks: { file: 'tasks.json', value: { groups: { text: ['chat', 'drafting'] }, tasks: { chat: { description: 'Talk.' } } } },
    domains: { file: 'domains.json', value: { groups: {}, domains: { general: { description: 'Anything.' } } } },
    ...change,
  };
}

it('spells groups of tasks out', () => {
  expect(loadCatalog(files()).models['one']?.tasks).toEqual(['chat', 'drafting']);
});

it('hands source and date of a file down to its offers', () => {
  expect(loadCatalog(files()).offers[0]).toMatchObject({ source: 'its price page', read: '2026-08-21' });
});

it('has a version that changes with the content only', () => {
  const other = files({ models: [{ file: 'models/acme.json', value: { creator: 'acme', models: { one: { ...model, speed: 'slow' } } } }] });

  expect(loadCatalog(files()).version).toBe(loadCatalog(files()).version);
  expect(loadCatalog(other).version).not.toBe(loadCatalog(files()).version);
});

it('survives being written and read', () => {
  const compiled = realCompiled();
  const read = parseJson(JSON.stringify(compiled)) as unknown as typeof compiled;

  expect(createCatalog(read).offers).toEqual(createCatalog(compiled).offers);
});

it.each([
  [
    'a tier that is none',
    { models: [{ file: 'models/acme.json', value: { creator: 'acme', models: { one: { ...model, quality: 'best' } } } }] },
    'models/acme.json: models.one.quality',
  ],
  [
    'an unknown member',
    { models: [{ file: 'models/acme.json', value: { creator: 'acme', models: { one: { ...model, contxt: 1 } } } }] },
    'models/acme.json: models.one',
  ],
  [
    'an unknown group',
    { models: [{ file: 'models/acme.json', value: { creator: 'acme', models: { one: { ...model, tasks: ['@txt'] } } } }] },
    'there is no group "@txt"',
  ],
  [
    'a model described twice',
    { models: [...files().models, { file: 'models/too.json', value: { creator: 'too', models: { one: model } } }] },
    'models/too.json: models.one',
  ],
  [
    'a price that cannot be held exactly',
    {
      offers: [
        {
          file: 'offers/acme.json',
          value: { provider: 'acme', source: 's', read: '2026-08-21', offers: [{ id: 'one', model: 'one', price: { input: 0.1234567 } }] },
        },
      ],
    },
    'offers/acme.json: one: price 0.1234567',
  ],
] as const)('names file and place of %s', (_mistake, change, message) => {
  expect(() => loadCatalog(files(change as Partial<DataFiles>))).toThrow(message);
});
