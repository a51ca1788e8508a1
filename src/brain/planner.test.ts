import { expect, it } from 'vitest';
import { sampleCatalog } from '../catalog/sample-catalog.ts';
import { createPlanner } from './planner.ts';
import type { Situation } from './question.ts';
import { sampleConnection, sampleProfile, sampleSituation } from './sample-situation.ts';

const catalog = sampleCatalog({ models: { small: { context: 8_000 }, large: { context: 100_000 } } });
const situation = sampleSituation(catalog);

it('answers prompts that fit the same windows with one decision', () => {
  const planner = createPlanner();

  expect(planner(sampleProfile({ contextTokens: 10 }), situation)).toBe(planner(sampleProfile({ contextTokens: 7_000 }), situation));
  expect(planner(sampleProfile({ contextTokens: 10 }), situation)).not.toBe(planner(sampleProfile({ contextTokens: 80_000 }), situation));
});

it('does not take one prompt’s cost for another’s', () => {
  const planner = createPlanner();
  const limited = (contextTokens: number) => planner(sampleProfile({ contextTokens, maxCostNanoUsd: 5_000_000 }), situation);

  expect(limited(10).chosen).toBeDefined();
  expect(limited(7_000).chosen).toBeUndefined();
});

it('sees a connection fail', () => {
  const planner = createPlanner();
  let healthy = true;
  const connection = Object.defineProperty({ ...sampleConnection('acme') }, 'healthy', { get: () => healthy });
  const live: Situation = { catalog, connections: [connection] };
  const before = planner(sampleProfile(), live);

  healthy = false;

  expect(before.chosen).toBeDefined();
  expect(planner(sampleProfile(), live).deadEnd?.constraint).toBe('unhealthy');
});

it('keeps keys with different models apart', () => {
  const planner = createPlanner();
  const only = (model: string): Situation => ({ ...situation, preferences: { id: model, allows: (offer) => offer.model === model } });

  expect(planner(sampleProfile(), only('small')).chosen?.offer.model).toBe('small');
  expect(planner(sampleProfile(), only('large')).chosen?.offer.model).toBe('large');
});

it('forgets the question that was asked least lately', () => {
  const planner = createPlanner({ maxEntries: 2 });
  const ask = (task: string) => planner(sampleProfile({ task }), situation);
  const first = ask('a');
  const second = ask('b');

  ask('a');
  ask('c');

  expect(ask('a')).toBe(first);
  expect(ask('b')).not.toBe(second);
  expect(ask('b')).toEqual(second);
});

it('gives equal decisions one id, and other questions another', () => {
  const planner = createPlanner();
  const id = planner(sampleProfile(), situation).id;

  expect(createPlanner()(sampleProfile(), { ...situation, connections: [sampleConnection('acme')] }).id).toBe(id);
  expect(id).toMatch(/^dec_[0-9a-z]{16}$/);
  expect(planner(sampleProfile({ task: 'chat' }), situation).id).not.toBe(id);
  expect(planner(sampleProfile(), sampleSituation(catalog, [])).id).not.toBe(id);
});
