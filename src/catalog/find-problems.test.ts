import { describe, expect, it } from 'vitest';
import { findProblems } from './find-problems.ts';
import { missingPromises } from './promises.ts';
import type { OfferRecord, PriceRecord } from './records.ts';
import { realCompiled, sampleCompiled } from './sample-catalog.ts';

describe('the catalog of this repository', () => {
  it('has no problem', () => {
    expect(findProblems(realCompiled())).toEqual([]);
  });

  it('has every name that clients send', () => {
    expect(missingPromises(realCompiled())).toEqual([]);
  });

  it('says where every offer comes from and when that was read', () => {
    for (const offer of realCompiled().offers) expect([offer.source, offer.read], offer.id).not.toContain(undefined);
  });
});

describe('prices', () => {
  const problemsOf = (price: PriceRecord, more: Partial<OfferRecord> = {}) =>
    findProblems(sampleCompiled({ offers: [{ provider: 'acme', id: 'one', model: 'one', price, ...more }] }));

  it.each([
    ['0 where unknown is meant', { input: 0, output: 1 }],
    ['a price per token', { input: 0.000003, output: 0.00001 }],
    ['a price per thousand million', { input: 2_500, output: 10_000 }],
    ['output far below input', { input: 10, output: 1 }],
    ['output far above input', { input: 1, output: 100 }],
    ['a cache read above input', { input: 1, output: 2, cached_input: 16 }],
    ['a cache write below input', { input: 3, output: 15, cache_write: 0.3 }],
    ['an hour’s cache write below five minutes’', { input: 3, output: 15, cache_write: 3.75, cache_write_1h: 3.5 }],
    ['a long prompt cheaper than a short one', { input: 3, output: 15, above: { input_tokens: 200_000, input: 1, output: 15 } }],
    ['nothing for input', { output: 1 }],
  ])('finds %s', (_mistake, price) => {
    expect(problemsOf(price)).not.toEqual([]);
  });

  it('lets 0 stand where the machine is the operator’s own, and nothing else', () => {
    expect(problemsOf({ input: 0, output: 0 }, { local: true })).toEqual([]);
    expect(problemsOf({ input: 1, output: 1 }, { local: true })).not.toEqual([]);
  });
});

describe('prices of units', () => {
  const problemsOf = (price: PriceRecord) =>
    findProblems(sampleCompiled({ offers: [{ provider: 'acme', id: 'one', model: 'one', price }] }));

  it.each([
    ['an hour’s price for a second', { units: [{ unit: 'second', usd: 6, per: 1 }] }],
    ['a million characters’ price for one', { units: [{ unit: 'character', usd: 15 }] }],
    ['a thousand searches’ price for one', { units: [{ unit: 'search', usd: 2 }] }],
    ['cents for dollars', { units: [{ unit: 'image', usd: 4 }] }],
    ['0 where unknown is meant', { units: [{ unit: 'image', usd: 0 }] }],
    [
      'two prices for the same',
      {
        units: [
          { unit: 'image', usd: 0.1 },
          { unit: 'image', usd: 0.2 },
        ],
      },
    ],
    ['units only, and none', { units_only: true }],
    ['free, and a price', { free: true, input: 1 }],
    ['images cheaper than text', { input: 5, output: 10, output_image: 1 }],
  ] as const)('find %s', (_mistake, price) => {
    expect(problemsOf(price)).not.toEqual([]);
  });

  it.each([
    ['by the hour', { units: [{ unit: 'second', usd: 0.111, per: 3_600 }] }],
    [
      'by the variant',
      {
        units: [
          { unit: 'image', usd: 0.04, variant: 'a' },
          { unit: 'image', usd: 0.12, variant: 'b' },
        ],
      },
    ],
    ['free', { free: true }],
  ] as const)('take a price %s', (_kind, price) => {
    expect(problemsOf(price)).toEqual([]);
  });

  it('find an embedding at a thousand times its price', () => {
    const compiled = sampleCompiled({
      models: { one: { modality: ['embedding'] } },
      offers: [{ provider: 'acme', id: 'one', model: 'one', price: { input: 100 } }],
    });

    expect(findProblems(compiled)).toEqual(['acme/one: 100 USD per million tokens of an embedding']);
  });
});

describe('names and references', () => {
  it('let an offer that serves only when named share its model with another', () => {
    const offers = [
      { provider: 'acme', id: 'one', model: 'one' },
      { provider: 'acme', id: 'eu.one', model: 'one', canonical: 'acme-one-eu', named_only: true },
    ];

    expect(findProblems(sampleCompiled({ offers }))).toEqual([]);
  });

  it('finds a name that means two offers', () => {
    const offers = [
      { provider: 'acme', id: 'one', model: 'one' },
      { provider: 'acme', id: 'two', model: 'one', canonical: 'acme-two' },
    ];

    expect(findProblems(sampleCompiled({ offers }))).toEqual(['"one@acme" names both acme-one-main and acme-two']);
  });

  it('finds wishes for what does not exist, and plans that have come true', () => {
    const aliases = [{ name: 'best', prefer: ['nine'], planned: ['one'] }];

    expect(findProblems(sampleCompiled({ aliases }))).toEqual([
      'alias best: there is no nine',
      'alias best: one is in the catalog now; move it to prefer',
    ]);
  });

  it('finds an offer that takes what its model refuses', () => {
    const offers: readonly OfferRecord[] = [{ provider: 'acme', id: 'one', model: 'one', prefill: 'native' }];

    expect(findProblems(sampleCompiled({ models: { one: { traits: ['no-prefill'] } }, offers }))).toContainEqual(
      expect.stringContaining('acme/one: takes a prefill'),
    );
    expect(findProblems(sampleCompiled({ offers }))).toEqual([]);
  });

  it('finds tasks nobody described and models nobody offers', () => {
    const compiled = sampleCompiled({
      models: { one: { tasks: ['juggling'] }, two: {} },
      offers: [{ provider: 'acme', id: 'one', model: 'one' }],
    });

    expect(findProblems(compiled)).toEqual(['model one: tasks.json does not know juggling', 'model two: nobody offers it']);
  });

  it('finds job steps without a model', () => {
    const jobs = [{ jobType: 'film', description: 'A film.', steps: [{ name: 'cut', description: 'Cut it.', alias: 'cutter', also: [] }] }];

    expect(findProblems({ ...sampleCompiled(), jobs })).toEqual(['job film, step cut: there is no alias cutter']);
  });
});
