import { describe, expect, it } from 'vitest';
import { createCatalog } from '../catalog/create-catalog.ts';
import { realCompiled } from '../catalog/sample-catalog.ts';
import type { ConnectionView } from './decision.ts';
import { resolveModel } from './resolve-model.ts';
import { sampleConnection } from './sample-situation.ts';

const catalog = createCatalog(realCompiled());

function wireIds(name: string, ...connections: readonly ConnectionView[]): readonly string[] | undefined {
  const resolved = resolveModel(name, { catalog, connections });
  return resolved.kind === 'profile' ? resolved.profile.named?.map((offer) => offer.providerId) : undefined;
}

it('leaves the choice open for auto and cheapest-available', () => {
  expect(resolveModel('auto', { catalog, connections: [] })).toEqual({ kind: 'profile', profile: { requestedModel: 'auto' } });
  expect(resolveModel('Cheapest-Available', { catalog, connections: [] })).toEqual({
    kind: 'profile',
    profile: { strategy: 'cost-optimized', requestedModel: 'Cheapest-Available' },
  });
});

it('keeps the alias with its wishes', () => {
  const resolved = resolveModel('FAST-CHAT', { catalog, connections: [] });

  expect(resolved).toMatchObject({ kind: 'profile', profile: { alias: 'fast-chat', requestedModel: 'FAST-CHAT' } });
});

it('suggests the nearest names for one that nobody knows', () => {
  expect(resolveModel('gpt4o', { catalog, connections: [] })).toMatchObject({
    kind: 'unknown',
    nearest: expect.arrayContaining(['gpt-4o']),
  });
});

describe('ids that the catalog does not know', () => {
  const vllm = sampleConnection('vllm', { openEnded: true });

  it('are passed on unchanged to a provider that takes any', () => {
    expect(wireIds('vllm/Org/My-Model', vllm)).toEqual(['vllm/Org/My-Model']);
    expect(wireIds('vllm:my-model', vllm)).toEqual(['vllm/my-model']);
  });

  it('need no prefix where a connection lists them', () => {
    expect(wireIds('my-model', sampleConnection('vllm', { openEnded: true, models: ['my-model'] }))).toEqual(['vllm/my-model']);
  });

  it('are unknown everywhere else', () => {
    expect(wireIds('openai/gpt-99', sampleConnection('openai'))).toBeUndefined();
    expect(wireIds('vllm/my-model')).toBeUndefined();
    expect(wireIds('vllm/', vllm)).toBeUndefined();
  });
});

describe('a connection’s own name in front', () => {
  const eu = sampleConnection('openai-eu', { provider: 'openai' });

  it('pins it', () => {
    const resolved = resolveModel('openai-eu/gpt-4o', { catalog, connections: [eu] });

    expect(resolved).toMatchObject({ kind: 'profile', profile: { connection: 'openai-eu', named: [{ providerId: 'openai/gpt-4o' }] } });
  });

  it('passes ids on for open-ended ones', () => {
    const box = sampleConnection('gpu-box', { provider: 'vllm', openEnded: true });

    expect(resolveModel('gpu-box/any/thing', { catalog, connections: [box] })).toMatchObject({
      kind: 'profile',
      profile: { connection: 'gpu-box', named: [{ wireId: 'any/thing', uncatalogued: true }] },
    });
  });
});

it('keeps the place of wishes that only an open-ended connection knows', () => {
  const mine = createCatalog(realCompiled(), { aliases: { mine: { models: ['vllm/tuned', 'openai/gpt-4o'] } } });
  const resolved = resolveModel('mine', { catalog: mine, connections: [sampleConnection('vllm', { openEnded: true })] });

  expect(resolved.kind === 'profile' && resolved.profile.named?.map((offer) => offer.providerId)).toEqual(['vllm/tuned', 'openai/gpt-4o']);
});
