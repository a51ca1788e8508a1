import { describe, expect, it } from 'vitest';
import type { Profile } from '../brain/decision.ts';
import type { Offer } from '../catalog/catalog.ts';
import { FallbackRules } from './fallback-rules.ts';

const offer = { providerId: 'openai/gpt-4o', canonicalId: 'openai-gpt-4o-main', model: 'gpt-4o' } as Offer;
const asked = (requestedModel: string, more: Partial<Profile> = {}): Profile => ({
  requestedModel,
  named: [offer],
  needs: [],
  contextTokens: 0,
  ...more,
});

describe('a chain', () => {
  it.each(['openai/gpt-4o', 'gpt-4o', 'openai-gpt-4o-main', 'GPT-4o'])('listed for %s is found however the model was asked for', (name) => {
    const rules = new FallbackRules({ chains: { [name]: ['b'] } });

    expect(rules.chainFor(asked('openai:gpt-4o'))).toEqual(['b']);
  });

  it('goes on with the chains of its members, each model once', () => {
    const rules = new FallbackRules({ chains: { 'gpt-4o': ['b', 'c'], b: ['c', 'd'], d: ['e'] } });

    expect(rules.chainFor(asked('gpt-4o'))).toEqual(['b', 'c', 'd', 'e']);
  });

  it('of an alias stands above that of its model, and both above *', () => {
    const chains = { ours: ['a'], 'gpt-4o': ['b'], '*': ['c'] };

    expect(new FallbackRules({ chains }).chainFor(asked('Ours', { alias: 'ours' }))).toEqual(['a']);
    expect(new FallbackRules({ chains }).chainFor(asked('gpt-4o'))).toEqual(['b']);
    expect(new FallbackRules({ chains: { '*': ['c'] } }).chainFor(asked('gpt-4o'))).toEqual(['c']);
  });

  it('is for nobody who leaves the choice to the gateway', () => {
    const { named: _named, ...open } = asked('auto');

    expect(new FallbackRules({ chains: { '*': ['c'] } }).chainFor(open)).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('is not found under %s', (name) => {
    expect(new FallbackRules({ chains: { other: ['c'] } }).chainFor(asked(name, { alias: name }))).toEqual([]);
  });
});

describe('a policy', () => {
  it('of an alias stands above the one for all', () => {
    const rules = new FallbackRules({ fallbackOn: ['timeout'], aliases: { ours: { fallbackOn: ['quota'] }, plain: { timeoutMs: 5 } } });

    expect(rules.policyFor('ours')?.takesOver('upstream_quota_exhausted')).toBe(true);
    expect(rules.policyFor('ours')?.takesOver('upstream_timeout')).toBe(false);
    expect(rules.policyFor('plain')?.takesOver('upstream_timeout')).toBe(true);
    expect(rules.policyFor(undefined)?.takesOver('upstream_timeout')).toBe(true);
  });

  it('is none where nothing was set, so that nothing changes', () => {
    const rules = new FallbackRules({ aliases: { ours: {} } });

    expect(rules.isEmpty).toBe(true);
    expect(rules.policyFor('ours')).toBeUndefined();
    expect(rules.timeoutMsFor('ours')).toBeUndefined();
  });
});
