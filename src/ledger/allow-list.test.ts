import { describe, expect, it } from 'vitest';
import type { Offer } from '../catalog/catalog.ts';
import { compileAllowList, mayUse, mayUseName } from './allow-list.ts';

const offer: Offer = {
  canonicalId: 'acme-alpha-2-main',
  providerId: 'acme/alpha-2',
  provider: 'acme',
  wireId: 'Alpha-2-Instruct',
  model: 'alpha-2',
  modality: ['text'],
  tasks: [],
  domains: [],
  qualityTier: 'strong',
  speedTier: 'fast',
  supports: {},
  aliases: ['fast-chat'],
  traits: new Set(),
};

describe('mayUse', () => {
  it('allows everything without a list', () => {
    expect(mayUse(undefined, offer)).toBe(true);
    expect(mayUseName(undefined, 'fast-chat')).toBe(true);
  });

  it.each(['acme-alpha-2-main', 'acme/alpha-2', 'alpha-2@acme', 'alpha-2', 'alpha-2-instruct', ' ACME/Alpha-2 ', 'acme/*', 'alpha-*', '*'])(
    'allows an offer by %j',
    (name) => {
      expect(mayUse(compileAllowList([name]), offer)).toBe(true);
    },
  );

  it.each(['acme', 'acme/alpha', 'alpha', 'other/*', 'acme-alpha-2'])('refuses an offer to a key for %j', (name) => {
    expect(mayUse(compileAllowList([name]), offer)).toBe(false);
  });

  it('lets a key for an alias reach the offers behind it by that alias only', () => {
    const allowed = compileAllowList(['fast-chat']);

    expect(mayUse(allowed, offer, 'fast-chat')).toBe(true);
    expect(mayUse(allowed, offer, 'flagship-chat')).toBe(false);
    expect(mayUse(allowed, offer)).toBe(false);
  });

  it('refuses a star that is not at the end, and empty names', () => {
    expect(() => compileAllowList(['*/alpha'])).toThrow('"*" may only stand at the end');
    expect(() => compileAllowList(['a*b'])).toThrow('"a*b" is not a model name');
    expect(() => compileAllowList(['  '])).toThrow('is not a model name');
  });
});
