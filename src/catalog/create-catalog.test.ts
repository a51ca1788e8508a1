import { describe, expect, it } from 'vitest';
import { createCatalog } from './create-catalog.ts';
import { parseOverlay } from './overlay.ts';
import { realCompiled, sampleCompiled } from './sample-catalog.ts';

it('turns list prices into exact integers', () => {
  const catalog = createCatalog(realCompiled());
  const sonnet = catalog.offers.find((offer) => offer.canonicalId === 'anthropic-claude-sonnet-4-5-main');

  expect(sonnet?.price).toEqual({
    input: 3_000_000,
    cachedInput: 300_000,
    cacheWrite: 3_750_000,
    cacheWrite1h: 6_000_000,
    output: 15_000_000,
    above: {
      inputTokens: 200_000,
      price: { input: 6_000_000, cachedInput: 600_000, cacheWrite: 7_500_000, cacheWrite1h: 12_000_000, output: 22_500_000 },
    },
  });
  expect(sonnet?.priceVersion).toBe('2026-08-21');
});

it('leaves what is unknown away', () => {
  const catalog = createCatalog(sampleCompiled({ offers: [{ provider: 'acme', id: 'one', model: 'one' }] }));

  expect(catalog.offers[0]).not.toHaveProperty('price');
  expect(catalog.offers[0]).not.toHaveProperty('priceVersion');
  expect(catalog.offers[0]).not.toHaveProperty('contextTokens');
});

it('lists abilities as known to be there or known to be missing', () => {
  const catalog = createCatalog(
    sampleCompiled({ offers: [{ provider: 'acme', id: 'one', model: 'one', adds: ['images'], lacks: ['tools'] }] }),
  );

  expect(catalog.offers[0]?.supports).toMatchObject({ images: true, tools: false, streaming: true, audio: false });
});

it('gives each offer the aliases that mean it', () => {
  const catalog = createCatalog(
    sampleCompiled({
      models: { one: {}, two: {} },
      aliases: [
        { name: 'best', prefer: ['two', 'one'] },
        { name: 'only', prefer: ['two'] },
      ],
    }),
  );

  expect(Object.fromEntries(catalog.offers.map((offer) => [offer.model, offer.aliases]))).toEqual({ one: ['best'], two: ['best', 'only'] });
});

it('refuses two offers of one name', () => {
  const twice = { provider: 'acme', id: 'one', model: 'one' };

  expect(() => createCatalog(sampleCompiled({ offers: [twice, twice] }))).toThrow('two offers are called');
});

describe('the overlay', () => {
  const overlay = (value: unknown) =>
    createCatalog(sampleCompiled({ models: { one: {}, two: {} } }), parseOverlay(value, 'mpc-catalog.yaml'));

  it('changes a price and the version', () => {
    const catalog = overlay({ prices: { 'acme/one': { input: 0.5, output: 0.75 } } });

    expect(catalog.offers[0]?.price).toEqual({ input: 500_000, output: 750_000 });
    expect(catalog.version).not.toBe('sample');
  });

  it('changes single members of an offer', () => {
    const catalog = overlay({ offers: [{ provider: 'acme', id: 'one', context: 9_000 }] });

    expect(catalog.offers[0]).toMatchObject({ contextTokens: 9_000, price: { input: 1_000_000 } });
  });

  it('adds a model with an offer, whose unmentioned abilities are unknown', () => {
    const catalog = overlay({
      models: { mine: { tasks: ['chat'] } },
      offers: [{ provider: 'here', id: 'mine', price: { input: 0, output: 0 } }],
    });
    const found = catalog.find('here/mine');

    expect(found).toMatchObject({ kind: 'offers', offers: [{ tasks: ['chat'], supports: {}, price: { input: 0, output: 0 } }] });
  });

  it('adds an alias and replaces one', () => {
    const catalog = overlay({ aliases: { quick: { models: ['two', 'one'] } } });

    expect(catalog.find('quick')).toMatchObject({ kind: 'alias', offers: [{ model: 'two' }, { model: 'one' }] });
  });

  it.each([
    [{ offers: [{ provider: 'acme' }] }, 'mpc-catalog.yaml: offers[0].id'],
    [{ prices: { 'acme/one': { input: -1 } } }, 'mpc-catalog.yaml: prices.acme/one.input'],
    [{ modles: {} }, 'mpc-catalog.yaml'],
    [{ offers: [{ provider: 'acme', id: 'new', model: 'nowhere' }] }, 'there is no model "nowhere"'],
    [{ prices: { 'acme/nine': { input: 1 } } }, 'no offer is called "acme/nine"'],
  ])('names file and place of a mistake: %j', (value, message) => {
    expect(() => overlay(value)).toThrow(message);
  });
});
