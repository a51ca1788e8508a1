import fc from 'fast-check';
import { expect, it } from 'vitest';
import { capabilities } from '../catalog/build-offer.ts';
import type { Catalog, Offer } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/create-catalog.ts';
import type { ModelRecord, OfferRecord } from '../catalog/records.ts';
import { sampleCompiled } from '../catalog/sample-catalog.ts';
import { decide } from './decide.ts';
import type { ConnectionView, Need, Profile } from './decision.ts';
import { createPlanner } from './planner.ts';
import { worstCaseNanoUsd } from './price-of-call.ts';
import type { Situation } from './question.ts';
import { sampleConnection } from './sample-situation.ts';

const providers = ['acme', 'bolt', 'crux', 'demo'];
const tasks = ['chat', 'code', 'embedding'];
const domains = ['general', 'legal'];
const layers = ['direct', 'litellm'];
const regions = ['eu', 'us'];
const tiers = ['flagship', 'strong', 'draft'] as const;
const speeds = ['fast', 'normal', 'slow'] as const;
const needs: readonly Need[] = ['tools', 'vision', 'json_schema', 'reasoning', 'embeddings'];
const supportOf = {
  tools: 'tools',
  vision: 'images',
  json_schema: 'structured_output',
  reasoning: 'reasoning',
  embeddings: 'embeddings',
} as const;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const tokens = fc.integer({ min: 1, max: 40 }).map((thousands) => thousands * 1_000);

const model: fc.Arbitrary<ModelRecord> = fc
  .record({
    tasks: fc.subarray(tasks),
    domains: fc.subarray(domains),
    quality: fc.constantFrom(...tiers),
    speed: fc.constantFrom(...speeds),
    supports: maybe(fc.subarray([...capabilities])),
    context: maybe(tokens),
    max_output: maybe(tokens),
    modality: fc.constantFrom(['text'] as const, ['embedding'] as const, ['text', 'image'] as const),
  })
  .map((record) => withoutUndefined({ creator: 'acme', ...record }));

const price = fc.record({ input: fc.integer({ min: 1, max: 50 }), output: fc.integer({ min: 1, max: 100 }) });

const catalog: fc.Arbitrary<Catalog> = fc
  .array(fc.record({ model, provider: fc.constantFrom(...providers), price: maybe(price), retired: maybe(fc.constant('2026-01-01')) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((rows) => {
    const models = Object.fromEntries(rows.map((row, i) => [`m${i}`, row.model]));
    const offers = rows.map(
      ({ provider, price: usd, retired }, i): OfferRecord =>
        withoutUndefined({ provider, id: `m${i}`, model: `m${i}`, price: usd, retired, simulator: provider === 'demo' ? true : undefined }),
    );
    return createCatalog(
      sampleCompiled({ models, offers, aliases: [{ name: 'wish', prefer: ['m0', 'm1'].slice(0, rows.length), tasks: ['chat'] }] }),
    );
  });

const connection: fc.Arbitrary<ConnectionView> = fc
  .record({
    provider: fc.constantFrom(...providers, 'proxy'),
    layer: fc.constantFrom(...layers),
    region: maybe(fc.constantFrom(...regions)),
    healthy: fc.boolean(),
    resells: fc.boolean(),
  })
  .map(({ resells, ...view }) =>
    sampleConnection(
      '',
      withoutUndefined({ ...view, wireIdFor: (offer: Offer) => (resells && view.layer !== 'direct' ? offer.providerId : undefined) }),
    ),
  );

const connections = fc
  .array(connection, { minLength: 1, maxLength: 5 })
  .map((views) => views.map((view, i) => ({ ...view, id: `${view.provider}-${i}` })));

const profile = (within: Catalog): fc.Arbitrary<Profile> =>
  fc
    .record({
      named: maybe(fc.subarray([...within.offers], { minLength: 1 })),
      asAlias: fc.boolean(),
      task: maybe(fc.constantFrom(...tasks)),
      taskGuessed: maybe(fc.constant(true as const)),
      domain: maybe(fc.constantFrom(...domains)),
      modality: maybe(fc.constantFrom('text', 'embedding', 'image')),
      qualityTier: maybe(fc.constantFrom(...tiers)),
      speedTier: maybe(fc.constantFrom(...speeds)),
      needs: fc.subarray([...needs]),
      contextTokens: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60_000 })),
      maxOutputTokens: maybe(fc.integer({ min: 1, max: 50_000 })),
      maxCostNanoUsd: maybe(fc.integer({ min: 0, max: 2_000_000_000 })),
      providers: maybe(fc.subarray(providers, { minLength: 1 })),
      exclude: maybe(fc.subarray([...providers, 'm0'])),
      region: maybe(fc.constantFrom(...regions)),
      layer: maybe(fc.constantFrom(...layers)),
      strategy: maybe(fc.constantFrom('quality-first', 'cost-optimized', 'speed-priority', 'balanced')),
    })
    .map(
      ({ asAlias, ...rest }) => withoutUndefined({ ...rest, alias: asAlias && rest.named !== undefined ? 'wish' : undefined }) as Profile,
    );

const asked = catalog.chain((within) => fc.record({ profile: profile(within), connections, catalog: fc.constant(within) })).map(toQuestion);

function toQuestion(parts: { profile: Profile; connections: readonly ConnectionView[]; catalog: Catalog }): {
  profile: Profile;
  situation: Situation;
} {
  return { profile: parts.profile, situation: { catalog: parts.catalog, connections: parts.connections, today: '2026-06-01' } };
}

const runs = { numRuns: 3_000 };

// Written from the contract, not from the code it checks.
it('never chooses a candidate that breaks a constraint', () => {
  fc.assert(
    fc.property(asked, ({ profile: question, situation }) => {
      const onlySimulators = situation.connections.every((one) => one.provider === 'demo');
      for (const { candidate, named } of decide(question, situation).ranked) {
        const { offer, connection: on } = candidate;
        expect(on.healthy).toBe(true);
        expect(on.provider === offer.provider || on.wireIdFor(offer) !== undefined).toBe(true);
        if (question.region !== undefined) expect(on.region).toBe(question.region);
        if (question.layer !== undefined) expect(on.layer).toBe(question.layer);
        if (question.providers !== undefined)
          expect(question.providers.some((one) => one === offer.provider || one === on.provider)).toBe(true);
        for (const out of question.exclude ?? []) expect([offer.provider, offer.model]).not.toContain(out);
        if (question.modality !== undefined) expect(offer.modality).toContain(question.modality);
        if (question.maxCostNanoUsd !== undefined) expect(worstCaseNanoUsd(offer, question)).toBeLessThanOrEqual(question.maxCostNanoUsd);
        for (const need of question.needs) expect(offer.supports[supportOf[need as keyof typeof supportOf]]).not.toBe(false);
        if (named === true) continue;
        for (const need of question.needs) expect(offer.supports[supportOf[need as keyof typeof supportOf]]).toBe(true);
        if (question.task !== undefined && question.taskGuessed === undefined) expect(offer.tasks).toContain(question.task);
        if (question.domain !== undefined) expect(offer.domains).toContain(question.domain);
        if (question.qualityTier !== undefined) expect(offer.qualityTier).toBe(question.qualityTier);
        if (question.speedTier !== undefined) expect(offer.speedTier).toBe(question.speedTier);
        if (question.contextTokens > 0) {
          expect(question.contextTokens + (question.maxOutputTokens ?? 0)).toBeLessThanOrEqual(
            offer.contextTokens ?? Number.POSITIVE_INFINITY,
          );
        }
        expect(question.maxOutputTokens ?? 0).toBeLessThanOrEqual(offer.maxOutputTokens ?? Number.POSITIVE_INFINITY);
        expect(offer.retired).toBeUndefined();
        if (offer.simulator === true) expect(onlySimulators).toBe(true);
      }
    }),
    runs,
  );
});

it('accounts for every offer: ranked or eliminated with a reason', () => {
  fc.assert(
    fc.property(asked, ({ profile: question, situation }) => {
      if (question.named !== undefined) return;
      const decision = decide(question, situation);
      const ranked = new Set(decision.ranked.map((one) => one.candidate.offer.canonicalId));
      const eliminated = decision.eliminated.map((one) => one.canonicalId);

      expect([...ranked, ...eliminated].sort()).toEqual(situation.catalog.offers.map((offer) => offer.canonicalId).sort());
      for (const one of decision.eliminated) expect(one.constraint === '' || one.reason === '').toBe(false);
    }),
    runs,
  );
});

it('gives the same decision for the same question, in memory or not', () => {
  const planner = createPlanner({ maxEntries: 50 });
  fc.assert(
    fc.property(asked, ({ profile: question, situation }) => {
      const decision = decide(question, situation);

      expect(decide(question, situation)).toEqual(decision);
      expect(planner(question, situation)).toEqual(decision);
      expect(planner(question, situation)).toBe(planner(question, situation));
    }),
    { numRuns: 500 },
  );
});

it('has an answer exactly when it has no dead end, and the relaxation of a dead end has one', () => {
  fc.assert(
    fc.property(asked, ({ profile: question, situation }) => {
      const decision = decide(question, situation);

      expect(decision.chosen === undefined).toBe(decision.deadEnd !== undefined);
      const relaxed = decision.deadEnd?.relaxed;
      if (relaxed !== undefined) expect(decide(relaxed, situation).chosen, decision.deadEnd?.relaxation).toBeDefined();
    }),
    runs,
  );
});

it('offers a relaxation whenever some healthy connection reaches a current, real offer of the free choice', () => {
  fc.assert(
    fc.property(asked, ({ profile: question, situation }) => {
      if (question.named !== undefined) return;
      const decision = decide(question, situation);
      const reachable = situation.catalog.offers.some(
        (offer) =>
          offer.retired === undefined &&
          offer.simulator !== true &&
          situation.connections.some((one) => one.healthy && (one.provider === offer.provider || one.wireIdFor(offer) !== undefined)),
      );

      if (decision.chosen === undefined && reachable) expect(decision.deadEnd?.relaxed).toBeDefined();
    }),
    runs,
  );
});

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
