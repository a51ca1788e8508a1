// Models that do something else than chat: chosen when that is needed, never for a text.
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../catalog/create-catalog.ts';
import { realCompiled, sampleCatalog } from '../catalog/sample-catalog.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { decide } from './decide.ts';
import type { ConnectionView, Decision, Profile } from './decision.ts';

const real = createCatalog(realCompiled());

function connectionTo(provider: string): ConnectionView {
  return { id: provider, provider, layer: 'direct', healthy: true, openEnded: false, wireIdFor: () => undefined };
}
function ask(profile: Partial<Profile>, { catalog, providers }: { catalog: Catalog; providers: readonly string[] }): Decision {
  return decide({ needs: [], contextTokens: 0, ...profile }, { catalog, connections: providers.map(connectionTo) });
}

describe('a need that is no chat', () => {
  it.each([
    ['embeddings', 'embeddings'],
    ['rerank', 'rerank'],
    ['moderation', 'moderation'],
    ['image_output', 'image_output'],
    ['image_edit', 'image_edit'],
    ['speech', 'speech'],
    ['transcription', 'transcription'],
  ] as const)('%s is met by models that have it, without a modality being told', (need, support) => {
    const { ranked } = ask({ needs: [need] }, { catalog: real, providers: ['openai', 'cohere', 'elevenlabs', 'groq', 'fal'] });

    expect(ranked.length).toBeGreaterThan(0);
    for (const { candidate } of ranked) expect(candidate.offer.supports[support], candidate.offer.providerId).toBe(true);
  });

  it('is not met by a named model without it, which is told by its name', () => {
    const found = real.find('gpt-4o@openai');
    const { ranked, eliminated } = ask(
      { needs: ['transcription'], named: found.kind === 'none' ? [] : found.offers },
      { catalog: real, providers: ['openai'] },
    );

    expect(ranked.filter((row) => row.named === true)).toEqual([]);
    expect(eliminated.find((one) => one.providerId === 'openai/gpt-4o')?.reason).toMatch(/transcri/);
  });
});

describe('a text', () => {
  it('is never written by a reranker, a moderator, a voice, an ear or a pure image model', () => {
    const { ranked } = ask({ modality: 'text' }, { catalog: real, providers: [...real.providers] });

    for (const { candidate } of ranked) expect(candidate.offer.modality, candidate.offer.providerId).toContain('text');
  });
});

describe('an offer that serves only when named', () => {
  const catalog = sampleCatalog({
    models: { one: {} },
    offers: [
      { provider: 'acme', id: 'one', model: 'one' },
      { provider: 'acme', id: 'eu.one', model: 'one', canonical: 'acme-one-eu', named_only: true },
    ],
  });

  it('is neither chosen nor a fallback', () => {
    const found = catalog.find('one');
    const free = ask({}, { catalog, providers: ['acme'] });
    const named = ask({ named: found.kind === 'none' ? [] : found.offers }, { catalog, providers: ['acme'] });

    for (const { ranked } of [free, named]) expect(ranked.map((row) => row.candidate.wireId)).toEqual(['one']);
    expect(free.eliminated).toMatchObject([{ canonicalId: 'acme-one-eu', constraint: 'named only' }]);
  });

  it('serves who names it', () => {
    const found = catalog.find('acme/eu.one');
    const { chosen } = ask({ named: found.kind === 'none' ? [] : found.offers }, { catalog, providers: ['acme'] });

    expect(chosen?.wireId).toBe('eu.one');
  });
});

describe('what is charged by the unit', () => {
  const image = (id: string, usd: number) => ({ provider: 'acme', id, model: id, price: { units: [{ unit: 'image' as const, usd }] } });
  const catalog = sampleCatalog({
    models: { dear: { modality: ['image'] }, cheap: { modality: ['image'] }, unknown: { modality: ['image'] } },
    offers: [image('dear', 0.2), image('cheap', 0.03), { provider: 'acme', id: 'unknown', model: 'unknown' }],
  });

  it('is compared by the unit, what is unknown last', () => {
    const { ranked } = ask({ modality: 'image', strategy: 'cost-optimized' }, { catalog, providers: ['acme'] });

    expect(ranked.map((row) => row.candidate.wireId)).toEqual(['cheap', 'dear', 'unknown']);
    expect(ranked[0]?.because).toContain('price 0.03 USD/image');
  });

  it('is held to a cost limit', () => {
    const { ranked, eliminated } = ask({ modality: 'image', maxCostNanoUsd: 100_000_000 }, { catalog, providers: ['acme'] });

    expect(ranked.map((row) => row.candidate.wireId)).toEqual(['cheap']);
    expect(eliminated.map(({ constraint }) => constraint)).toEqual(['max_cost_usd', 'max_cost_usd']);
  });
});
