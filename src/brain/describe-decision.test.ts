import { expect, it } from 'vitest';
import { sampleCatalog } from '../catalog/sample-catalog.ts';
import { decide } from './decide.ts';
import { describeDecision, describeRanked } from './describe-decision.ts';
import { sampleConnection, sampleProfile, sampleSituation } from './sample-situation.ts';

const catalog = sampleCatalog({ models: { best: { quality: 'flagship' }, next: {}, blind: { supports: [] } } });

it('tells the choice, the runner-up and every elimination in the words of the request', () => {
  const described = describeDecision(decide(sampleProfile({ needs: ['tools'], maxOutputTokens: 100 }), sampleSituation(catalog)));

  expect(described).toMatchObject({
    strategy: 'quality-first',
    asked: { needs: ['tools'], max_output_tokens: 100 },
    chosen: { canonical_id: 'acme-best-main', connection: 'acme', layer: 'direct', wire_id: 'best' },
    runner_up: { canonical_id: 'acme-next-main' },
    eliminated: [{ canonical_id: 'acme-blind-main', constraint: 'needs.tools', reason: 'does not support tools' }],
    why: 'acme-best-main on acme, quality-first: quality flagship, speed normal, price 3.00 USD/M; before acme-next-main; 1 eliminated',
  });
});

it('tells a dead end with the question that would have an answer', () => {
  const described = describeDecision(decide(sampleProfile({ domain: 'legal' }), sampleSituation(catalog)));

  expect(described).not.toHaveProperty('chosen');
  expect(described.dead_end).toEqual({
    constraint: 'domain',
    relaxation: 'drop domain legal (then acme-best-main would serve)',
    relaxed: {},
  });
});

it('lists a model on two connections once', () => {
  const connections = [sampleConnection('acme'), sampleConnection('acme-2', { provider: 'acme' })];
  const decision = decide(sampleProfile(), { catalog, connections });

  expect(decision.ranked).toHaveLength(6);
  expect(describeRanked(decision).map((one) => one.canonical_id)).toEqual(['acme-best-main', 'acme-blind-main', 'acme-next-main']);
});

it('is plain JSON', () => {
  const described = describeDecision(decide(sampleProfile({ strategy: 'cost-optimized' }), sampleSituation(catalog)));

  expect(structuredClone(described)).toEqual(described);
  expect(JSON.stringify(described)).not.toContain('null');
});
