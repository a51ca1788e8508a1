import { describe, expect, it } from 'vitest';
import { compareList, type ListedOffer } from './compare-list.ts';
import { sampleCompiled } from './sample-catalog.ts';
import type { OfferRecord, PriceRecord } from './records.ts';

const acme = (id: string, price?: PriceRecord, more: Partial<OfferRecord> = {}): OfferRecord => ({
  provider: 'acme',
  id,
  model: id,
  ...(price !== undefined && { price }),
  ...more,
});
const listed = (id: string, price: PriceRecord, more: Partial<ListedOffer> = {}): ListedOffer => ({ provider: 'acme', id, price, ...more });

function compare(list: readonly ListedOffer[], offers: readonly OfferRecord[]) {
  return compareList(list, sampleCompiled({ models: Object.fromEntries(offers.map((offer) => [offer.model, {}])), offers }));
}

describe('compareList', () => {
  it('finds nothing to change where list and catalog agree', () => {
    expect(compare([listed('one', { input: 1, output: 2 })], [acme('one', { input: 1, output: 2, cached_input: 0.1 })])).toEqual([]);
  });

  it('changes what the list tells and keeps what it does not', () => {
    const known = { input: 1, output: 2, cached_input: 0.1, above: { input_tokens: 1000, input: 2, output: 4 } };

    expect(compare([listed('one', { input: 1.5, output: 2 })], [acme('one', known)])).toEqual([
      {
        kind: 'changed',
        providerId: 'acme/one',
        parts: [{ name: 'input', from: 1, to: 1.5 }],
        price: { ...known, input: 1.5 },
        doubts: [],
      },
    ]);
  });

  it('gives a price to an offer that had none', () => {
    const [difference] = compare([listed('one', { input: 1, output: 2 })], [acme('one')]);

    expect(difference).toMatchObject({
      kind: 'changed',
      parts: [
        { name: 'input', to: 1 },
        { name: 'output', to: 2 },
      ],
      doubts: [],
    });
  });

  it('doubts what moves by more than a factor of two, and what no price can be', () => {
    expect(compare([listed('one', { input: 1, output: 5 })], [acme('one', { input: 1, output: 2 })])[0]).toMatchObject({
      doubts: ['output differs by more than a factor of 2'],
    });
    expect(compare([listed('one', { cached_input: 16 })], [acme('one', { input: 4, output: 16 })])[0]).toMatchObject({
      doubts: ['a cache read (16) dearer than fresh input (4)'],
    });
    expect(compare([listed('two', { input: 100 }, { modality: 'embedding' })], [acme('one')]).at(-1)).toMatchObject({
      kind: 'new',
      doubts: ['100 USD per million tokens of an embedding'],
    });
  });

  it('compares units by one of them, whatever number the price is for', () => {
    const perHour = { units: [{ unit: 'second', usd: 0.111, per: 3_600 }] } as const;
    const difference = (usd: number) => compare([listed('one', { units: [{ unit: 'second', usd }] })], [acme('one', perHour)]);

    expect(difference(0.000_030_83)).toEqual([]);
    expect(difference(0.000_04)).toMatchObject([{ parts: [{ name: 'second', to: 0.000_04 }] }]);
  });

  it('keeps the variants the list does not have', () => {
    const known: PriceRecord = {
      units: [
        { unit: 'image', usd: 0.04, variant: 'a' },
        { unit: 'image', usd: 0.08, variant: 'b' },
      ],
    };

    expect(compare([listed('one', { units: [{ unit: 'image', usd: 0.1, variant: 'b' }] })], [acme('one', known)])[0]).toMatchObject({
      parts: [{ name: 'image b', from: 0.08, to: 0.1 }],
      price: {
        units: [
          { unit: 'image', usd: 0.04, variant: 'a' },
          { unit: 'image', usd: 0.1, variant: 'b' },
        ],
      },
    });
  });

  it('tells new models and unlisted ones, of the list’s providers only', () => {
    const other = { ...acme('three', { input: 1, output: 1 }), provider: 'other', canonical: 'other-three' };

    expect(
      compare([listed('two', { input: 1, output: 1 })], [acme('one', { input: 1, output: 1 }), other]).map(({ kind, providerId }) => [
        kind,
        providerId,
      ]),
    ).toEqual([
      ['unlisted', 'acme/one'],
      ['new', 'acme/two'],
    ]);
  });

  it('takes a dated id of a known offer for no news', () => {
    expect(
      compare([listed('one', { input: 1 }), listed('one-2026', { input: 9 })], [acme('one', { input: 1 }, { also: ['one-2026'] })]),
    ).toEqual([]);
  });

  it('never prices what runs on the operator’s own machine, or what is free', () => {
    expect(compare([listed('one', { input: 1, output: 1 })], [acme('one', { input: 0, output: 0 }, { local: true })])).toEqual([]);
    expect(compare([listed('one', { input: 1, output: 1 })], [acme('one', { free: true })])).toEqual([]);
  });
});
