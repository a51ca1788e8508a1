import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalog } from './catalog.ts';
import { createCatalog } from './create-catalog.ts';
import { realCompiled, sampleCatalog } from './sample-catalog.ts';

const catalog = createCatalog(realCompiled());

function offersOf(name: string, within: Catalog = catalog): readonly string[] {
  const found = within.find(name);
  return found.kind === 'none' ? [] : found.offers.map((offer) => offer.providerId);
}

describe('one offer under all its names', () => {
  it.each([
    ['canonical id', 'openai-gpt-4o-main'],
    ['model@provider', 'gpt-4o@openai'],
    ['provider id', 'openai/gpt-4o'],
    ['other letter case', 'OpenAI/GPT-4o'],
    ['provider with a colon', 'openai:gpt-4o'],
    ['full-width letters', 'ｏｐｅｎａｉ/gpt-4o'],
    ['surrounding blanks', '  openai/gpt-4o '],
  ])('%s: %s', (_form, name) => {
    expect(offersOf(name)).toEqual(['openai/gpt-4o']);
  });
});

it('gives every provider of a bare model, its maker first', () => {
  const offers = offersOf('gpt-4o');

  expect(offers[0]).toBe('openai/gpt-4o');
  expect(offers).toContain('openrouter/openai/gpt-4o');
});

it('takes the prefix of Gemini clients off', () => {
  expect(offersOf('models/gpt-4o')).toEqual(offersOf('gpt-4o'));
});

it('finds a resold model by the name the reseller uses and by the maker’s', () => {
  expect(offersOf('openrouter/anthropic/claude-sonnet-4.5')).toEqual(['openrouter/anthropic/claude-sonnet-4.5']);
  expect(offersOf('openrouter/claude-sonnet-4-5')).toEqual(['openrouter/anthropic/claude-sonnet-4.5']);
});

it('reads dots, underscores and dashes alike', () => {
  expect(offersOf('claude-sonnet-4.5')).toEqual(offersOf('claude-sonnet-4-5'));
  expect(catalog.find('Text General Flagship').kind).toBe('alias');
  expect(catalog.find('text-general-flagship').kind).toBe('alias');
});

describe('dated ids', () => {
  it('sends a listed date as it was written, at the known price', () => {
    const found = catalog.find('claude-sonnet-4-5-20250929');

    expect(found.kind === 'offers' && found.offers[0]).toMatchObject({
      wireId: 'claude-sonnet-4-5-20250929',
      canonicalId: 'anthropic-claude-sonnet-4-5-main',
      price: { input: 3_000_000 },
    });
  });

  it('sends an unlisted date as it was written, at an unknown price', () => {
    const found = catalog.find('openai/gpt-4o-2031-01-01');
    const offer = found.kind === 'offers' ? found.offers[0] : undefined;

    expect(offer?.wireId).toBe('gpt-4o-2031-01-01');
    expect(offer?.price).toBeUndefined();
  });

  it('keeps a date with a price of its own apart', () => {
    const found = catalog.find('gpt-4o-2024-05-13');

    expect(found.kind === 'offers' && found.offers.map((offer) => offer.price?.input)).toEqual([5_000_000]);
  });

  it('takes -latest for the undated id', () => {
    expect(offersOf('claude-opus-5-latest')).toEqual(offersOf('claude-opus-5'));
  });
});

describe('variants', () => {
  it('keeps the suffix on the wire and forgets the price', () => {
    const found = catalog.find('openrouter/anthropic/claude-sonnet-5:nitro');
    const offer = found.kind === 'offers' ? found.offers[0] : undefined;

    expect(offer?.wireId).toBe('anthropic/claude-sonnet-5:nitro');
    expect(offer?.price).toBeUndefined();
    expect(offer?.contextTokens).toBe(1_000_000);
  });

  it('keeps the simulator’s settings as they were written, and its price of 0', () => {
    const found = catalog.find('demo/demo-fast:latency=200,fail=RESET');
    const offer = found.kind === 'offers' ? found.offers[0] : undefined;

    expect(offer?.wireId).toBe('demo-fast:latency=200,fail=RESET');
    expect(offer?.price?.output).toBe(0);
  });

  it('does not invent variants for providers that have none', () => {
    expect(catalog.find('anthropic/claude-opus-5:fast').kind).toBe('none');
  });
});

describe('aliases', () => {
  it('go before models of the same name', () => {
    const shadowing = sampleCatalog({ models: { fast: {}, slow: {} }, aliases: [{ name: 'fast', prefer: ['slow'] }] });

    expect(shadowing.find('fast')).toMatchObject({ kind: 'alias', offers: [{ model: 'slow' }] });
  });

  it('may wish for other aliases, even in a circle', () => {
    const circle = sampleCatalog({
      models: { one: {}, two: {} },
      aliases: [
        { name: 'a', prefer: ['one', 'b'] },
        { name: 'b', prefer: ['two', 'a'] },
      ],
    });

    expect(offersOf('a', circle)).toEqual(['acme/one', 'acme/two']);
    expect(offersOf('b', circle)).toEqual(['acme/two', 'acme/one']);
  });

  it('keep the order of their wishes', () => {
    const found = catalog.find('text_general_flagship');
    const models = found.kind === 'alias' ? [...new Set(found.offers.map((offer) => offer.model))] : [];

    expect(models).toEqual(found.kind === 'alias' ? found.alias.prefer : ['an alias']);
  });
});

it('takes a provider id for what it says, even where a reseller uses the same text as its own id', () => {
  expect(offersOf('deepseek/deepseek-v4-flash')).toEqual(['deepseek/deepseek-v4-flash']);
  expect(offersOf('novita/deepseek/deepseek-v4-flash')).toEqual(['novita/deepseek/deepseek-v4-flash']);
  expect(offersOf('zai-org/GLM-5.2')).toContain('together/zai-org/GLM-5.2');
});

it('gives the same object for the same name, so that what is known about it can be kept', () => {
  expect(catalog.find('gpt-4o')).toBe(catalog.find('gpt-4o'));
  expect(catalog.find('fast-chat')).toBe(catalog.find('fast-chat'));
});

it('finds every offer by every name it is listed under', () => {
  for (const offer of catalog.offers) {
    const named = offer.namedOnly === true ? [] : [`${offer.model}@${offer.provider}`, offer.model];
    for (const name of [offer.canonicalId, offer.providerId, ...named]) {
      const found = catalog.find(name);
      expect(found.kind === 'none' ? [] : found.offers, name).toContain(offer);
    }
  }
});

it('leaves an offer that serves only when named out of everything but its own ids', () => {
  const regional = catalog.offers.find((offer) => offer.namedOnly === true);
  if (regional === undefined) throw new Error('the catalog has no such offer');

  for (const name of [regional.model, `${regional.model}@${regional.provider}`]) {
    const found = catalog.find(name);
    expect(found.kind === 'offers' && found.offers.length > 0 && !found.offers.includes(regional), name).toBe(true);
  }
});

it('answers any text at all without throwing, and accidents of great length with nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(['alias', 'offers', 'none']).toContain(catalog.find(name).kind);
    }),
  );
  expect(catalog.find('a'.repeat(1_000_000)).kind).toBe('none');
  expect(catalog.find('__proto__').kind).toBe('none');
  expect(catalog.find('').kind).toBe('none');
});
