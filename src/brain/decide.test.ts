import { describe, expect, it } from 'vitest';
import type { Catalog } from '../catalog/catalog.ts';
import { createCatalog } from '../catalog/create-catalog.ts';
import { promisedAliases } from '../catalog/promises.ts';
import { realCompiled, sampleCatalog } from '../catalog/sample-catalog.ts';
import { decide } from './decide.ts';
import type { Need, Profile, Strategy } from './decision.ts';
import { resolveModel } from './resolve-model.ts';
import { rankedIds, sampleConnection, sampleProfile, sampleSituation } from './sample-situation.ts';

const real = createCatalog(realCompiled());

function named(name: string, catalog: Catalog, change: Partial<Profile> = {}): Profile {
  const resolved = resolveModel(name, { catalog, connections: sampleSituation(catalog).connections });
  if (resolved.kind === 'unknown') throw new Error(`${name} is unknown`);
  return sampleProfile({ ...resolved.profile, ...change });
}

const offer = (id: string, input: number, output: number) => ({ provider: 'acme', id, model: id, price: { input, output } });

describe('the order', () => {
  const catalog = sampleCatalog({
    models: {
      'flagship-fast': { quality: 'flagship', speed: 'fast' },
      'flagship-cheap': { quality: 'flagship', speed: 'normal' },
      'flagship-dear': { quality: 'flagship', speed: 'normal' },
      'flagship-unpriced': { quality: 'flagship', speed: 'normal' },
      'strong-fast': { quality: 'strong', speed: 'fast' },
      'draft-fast': { quality: 'draft', speed: 'fast' },
    },
    offers: [
      offer('flagship-fast', 10, 40),
      offer('flagship-cheap', 2, 8),
      offer('flagship-dear', 5, 25),
      { provider: 'acme', id: 'flagship-unpriced', model: 'flagship-unpriced' },
      offer('strong-fast', 1, 4),
      offer('draft-fast', 0.1, 0.4),
    ],
  });

  it.each<[Strategy, readonly string[]]>([
    ['quality-first', ['flagship-fast', 'flagship-cheap', 'flagship-dear', 'flagship-unpriced', 'strong-fast', 'draft-fast']],
    ['speed-priority', ['flagship-fast', 'strong-fast', 'draft-fast', 'flagship-cheap', 'flagship-dear', 'flagship-unpriced']],
    ['cost-optimized', ['draft-fast', 'strong-fast', 'flagship-cheap', 'flagship-dear', 'flagship-fast', 'flagship-unpriced']],
    ['balanced', ['flagship-cheap', 'flagship-fast', 'strong-fast', 'flagship-dear', 'draft-fast', 'flagship-unpriced']],
  ])('of %s', (strategy, expected) => {
    const decision = decide(sampleProfile({ strategy }), sampleSituation(catalog));

    expect(rankedIds(decision)).toEqual(expected.map((id) => `acme-${id}-main`));
    const scores = decision.ranked.map((one) => one.score);
    expect(scores).toEqual([...scores].sort((one, other) => other - one));
  });

  it('breaks ties by id', () => {
    const equal = sampleCatalog({ models: { b: {}, a: {}, c: {} } });

    expect(rankedIds(decide(sampleProfile(), sampleSituation(equal)))).toEqual(['acme-a-main', 'acme-b-main', 'acme-c-main']);
  });

  it('says in words why', () => {
    const [first] = decide(sampleProfile(), sampleSituation(catalog)).ranked;

    expect(first?.because).toEqual(['quality flagship', 'speed fast', 'price 50.00 USD/M']);
  });

  it('prices a long prompt at the long prompt’s price', () => {
    const tiers = sampleCatalog({
      models: { flat: {}, tiered: {} },
      offers: [
        offer('flat', 3, 6),
        { ...offer('tiered', 2, 6), price: { input: 2, output: 6, above: { input_tokens: 100_000, input: 9, output: 20 } } },
      ],
    });
    const cheapest = (contextTokens: number) =>
      decide(sampleProfile({ strategy: 'cost-optimized', contextTokens }), sampleSituation(tiers)).chosen?.offer.model;

    expect(cheapest(100_000)).toBe('tiered');
    expect(cheapest(100_001)).toBe('flat');
  });
});

describe('each constraint removes what it should and says so', () => {
  const catalog = sampleCatalog({
    models: {
      good: { quality: 'draft', context: 100_000, max_output: 8_000, supports: ['images', 'tools', 'structured_output', 'streaming'] },
      bad: {
        quality: 'flagship',
        tasks: ['drafting'],
        domains: ['legal'],
        context: 10_000,
        max_output: 1_000,
        speed: 'slow',
        supports: [],
      },
    },
    offers: [offer('good', 1, 2), { ...offer('bad', 50, 100), provider: 'other' }],
  });
  const situation = {
    catalog,
    connections: [
      sampleConnection('acme', { region: 'EU', latencyMs: 100 }),
      sampleConnection('other', { layer: 'litellm', region: 'us', latencyMs: 5_000 }),
    ],
  };

  it.each<[string, Partial<Profile>]>([
    ['providers', { providers: ['ACME'] }],
    ['exclude', { exclude: ['other'] }],
    ['exclude', { exclude: ['other-bad-main'] }],
    ['connection', { connection: 'acme' }],
    ['layer', { layer: 'direct' }],
    ['region', { region: 'eu' }],
    ['task', { task: 'chat' }],
    ['domain', { domain: 'general' }],
    ['quality_tier', { qualityTier: 'draft' }],
    ['speed_tier', { speedTier: 'normal' }],
    ['context_tokens', { contextTokens: 10_001 }],
    ['context_tokens', { contextTokens: 9_500, maxOutputTokens: 501 }],
    ['max_output_tokens', { maxOutputTokens: 1_001 }],
    ['max_cost_usd', { maxCostNanoUsd: 5_000_000 }],
    ['max_latency_ms', { maxLatencyMs: 1_000 }],
    ...(['tools', 'vision', 'json_schema', 'streaming'] as const).map((need): [string, Partial<Profile>] => [
      `needs.${need}`,
      { needs: [need] },
    ]),
  ])('%s: %j', (constraint, change) => {
    const decision = decide(sampleProfile(change), situation);

    expect(rankedIds(decision)).toEqual(['acme-good-main']);
    expect(decision.eliminated).toEqual([expect.objectContaining({ canonicalId: 'other-bad-main', constraint })]);
    expect(decision.eliminated[0]?.reason).not.toBe('');
  });

  it('unhealthy connections', () => {
    const failing = { ...situation, connections: situation.connections.map((one) => ({ ...one, healthy: one.id === 'acme' })) };

    expect(decide(sampleProfile(), failing).eliminated).toEqual([expect.objectContaining({ constraint: 'unhealthy' })]);
  });

  it('providers without a connection, with the variable to set', () => {
    const decision = decide(sampleProfile(), sampleSituation(catalog, ['acme']));

    expect(decision.eliminated).toEqual([
      expect.objectContaining({ constraint: 'not configured', reason: expect.stringContaining('OTHER_API_KEY') }),
    ]);
  });

  it('models the key may not use', () => {
    const preferences = { id: 'key-1', allows: (one: { readonly model: string }) => one.model === 'good' };

    expect(decide(sampleProfile(), { ...situation, preferences }).eliminated).toEqual([
      expect.objectContaining({ constraint: 'allowed models' }),
    ]);
  });

  it('an unknown price, when there is a limit', () => {
    const unpriced = sampleCatalog({ offers: [{ provider: 'acme', id: 'one', model: 'one' }] });

    expect(decide(sampleProfile({ maxCostNanoUsd: 1e15 }), sampleSituation(unpriced)).deadEnd?.constraint).toBe('max_cost_usd');
  });

  it('an ability nobody recorded, unless the model was named', () => {
    const unknown = createCatalog(
      { ...realCompiled() },
      { models: { mine: { tasks: ['chat'] } }, offers: [{ provider: 'here', id: 'mine' }] },
    );
    const needs: readonly Need[] = ['tools'];

    const free = decide(sampleProfile({ needs }), sampleSituation(unknown, ['here']));
    const asked = decide(named('here/mine', unknown, { needs }), sampleSituation(unknown, ['here']));

    expect(free.deadEnd?.constraint).toBe('needs.tools');
    expect(asked.chosen?.wireId).toBe('mine');
  });
});

describe('retired offers', () => {
  const catalog = sampleCatalog({
    models: { old: { quality: 'flagship' }, current: {} },
    offers: [{ ...offer('old', 1, 2), retired: '2026-05-01', successor: 'current' }, offer('current', 1, 2)],
  });

  it('are not chosen after their date', () => {
    const before = decide(sampleProfile(), { ...sampleSituation(catalog), today: '2026-04-30' });
    const after = decide(sampleProfile(), { ...sampleSituation(catalog), today: '2026-05-01' });

    expect(before.chosen?.offer.model).toBe('old');
    expect(after.chosen?.offer.model).toBe('current');
    expect(after.eliminated[0]?.reason).toBe('retired on 2026-05-01; current follows it');
  });

  it('are still tried when they are named: the provider knows best', () => {
    expect(decide(named('acme/old', catalog), { ...sampleSituation(catalog), today: '2026-09-01' }).chosen?.offer.model).toBe('old');
  });
});

describe('names', () => {
  it('mean what they say: nothing else serves', () => {
    const decision = decide(named('openai/gpt-4o', real), sampleSituation(real, ['demo', 'anthropic']));

    expect(decision.chosen).toBeUndefined();
    expect(decision.deadEnd?.constraint).toBe('not configured');
    expect(decision.deadEnd?.relaxation).toContain('OPENAI_API_KEY');
  });

  it('keep their order, the same model elsewhere follows, then the rest', () => {
    const decision = decide(named('openai/gpt-4o', real), sampleSituation(real, ['openai', 'openrouter', 'anthropic']));

    expect(rankedIds(decision).slice(0, 2)).toEqual(['openai-gpt-4o-main', 'openrouter-gpt-4o-main']);
    expect(decision.ranked.map((one) => one.named === true).slice(0, 2)).toEqual([true, false]);
    expect(decision.runnerUp?.offer.canonicalId).toBe('openrouter-gpt-4o-main');
  });

  it('are refused for what cannot work, not for tasks and tiers', () => {
    const situation = sampleSituation(real, ['perplexity']);

    expect(decide(named('sonar', real, { task: 'code', qualityTier: 'flagship' }), situation).chosen?.offer.model).toBe('sonar');
    expect(decide(named('sonar', real, { needs: ['tools'] }), situation).deadEnd).toMatchObject({
      constraint: 'needs.tools',
      relaxation: 'do without tools (then perplexity-sonar-main would serve)',
    });
  });

  it('are not refused for a prompt that may be shorter than we think', () => {
    const situation = sampleSituation(real, ['openai']);
    const fits = (contextTokens: number) => decide(named('gpt-4o', real, { contextTokens }), situation).chosen !== undefined;

    expect(fits(150_000)).toBe(true);
    expect(fits(250_000)).toBe(false);
  });

  it('pin a connection', () => {
    const connections = [sampleConnection('openai'), sampleConnection('openai-eu', { provider: 'openai' })];
    const resolved = resolveModel('openai-eu/gpt-4o', { catalog: real, connections });
    const decision = decide(sampleProfile(resolved.kind === 'profile' ? resolved.profile : {}), { catalog: real, connections });

    expect(decision.chosen?.connection.id).toBe('openai-eu');
    expect(decision.ranked.every((one) => one.candidate.connection.id === 'openai-eu')).toBe(true);
  });
});

describe('aliases', () => {
  it('take the first wish that is configured', () => {
    const chosen = (...providers: string[]) =>
      decide(named('text_general_flagship', real), sampleSituation(real, ['demo', ...providers])).chosen?.offer.canonicalId;

    expect(chosen('openai', 'anthropic')).toBe('anthropic-claude-opus-5-main');
    expect(chosen('openai', 'groq')).toBe('openai-gpt-5.6-main');
    expect(chosen('groq')).toBe('groq-gpt-oss-120b-main');
  });

  it('are served by what fits when none of their wishes is configured', () => {
    const chosen = (alias: string, provider: string) =>
      decide(named(alias, real), sampleSituation(real, ['demo', provider])).chosen?.offer.provider;

    expect(chosen('text_general_flagship', 'perplexity')).toBe('perplexity');
    expect(chosen('layout-spec-strong', 'nvidia-nim')).toBe('nvidia-nim');
  });

  const textAliases = promisedAliases.filter((name) => real.aliases.get(name)?.modality === 'text');

  it.each(textAliases)('%s is answered by the simulator when nothing is configured, and never once something is', (alias) => {
    expect(decide(named(alias, real), sampleSituation(real, ['demo'])).chosen?.offer.provider).toBe('demo');

    for (const provider of real.providers) {
      const decision = decide(named(alias, real), sampleSituation(real, ['demo', provider]));
      if (provider !== 'demo') expect(decision.ranked.map((one) => one.candidate.offer.provider)).not.toContain('demo');
    }
  });

  it('without any model yet say what is missing', () => {
    const decision = decide(named('video-renderer', real), sampleSituation(real));

    expect(decision.chosen).toBeUndefined();
    expect(decision.deadEnd?.constraint).toBe('modality');
  });
});

describe('the simulator', () => {
  it('serves every text task and domain when nothing else is configured', () => {
    for (const [task, { modality }] of real.taskFacts) {
      if ((modality ?? 'text') !== 'text') continue;
      for (const domain of real.domains) {
        expect(decide(sampleProfile({ task, domain }), sampleSituation(real, ['demo'])).chosen?.offer.provider, `${task} ${domain}`).toBe(
          'demo',
        );
      }
    }
  });

  it('serves next to real providers only when it is named', () => {
    const situation = sampleSituation(real, ['demo', 'anthropic']);

    expect(decide(named('demo-fast', real), situation).chosen?.offer.provider).toBe('demo');
    expect(decide(sampleProfile({ modality: 'embedding' }), situation).deadEnd?.constraint).not.toBeUndefined();
    expect(decide(sampleProfile(), situation).eliminated).toContainEqual(
      expect.objectContaining({ canonicalId: 'demo-flagship-main', constraint: 'simulator' }),
    );
  });

  it('does not come back when the real providers fail', () => {
    const connections = [sampleConnection('demo'), sampleConnection('anthropic', { healthy: false })];

    expect(decide(sampleProfile(), { catalog: real, connections }).deadEnd?.constraint).toBe('simulator');
  });
});

describe('modality', () => {
  it('is text unless the task or the needs say otherwise', () => {
    const made = (change: Partial<Profile>) => decide(sampleProfile(change), sampleSituation(real)).chosen?.offer.modality;

    expect(made({})).toEqual(['text']);
    expect(made({ task: 'embedding' })).toEqual(['embedding']);
    expect(made({ needs: ['embeddings'] })).toEqual(['embedding']);
  });

  it('means what is read where the task reads', () => {
    const decision = decide(sampleProfile({ task: 'multimodal', modality: 'image' }), sampleSituation(real));

    expect(decision.ranked.length).toBeGreaterThan(10);
    expect(decision.ranked.every((one) => one.candidate.offer.supports.images === true)).toBe(true);
  });
});

describe('layers and open-ended connections', () => {
  const litellm = sampleConnection('litellm', { layer: 'litellm', openEnded: true, wireIdFor: (one) => `proxy/${one.wireId}` });

  it('reach another provider’s model through the layer, after the direct way', () => {
    const decision = decide(named('openai/gpt-4o', real), { catalog: real, connections: [litellm, sampleConnection('openai')] });

    expect(decision.ranked.slice(0, 2).map((one) => [one.candidate.connection.id, one.candidate.wireId])).toEqual([
      ['openai', 'gpt-4o'],
      ['litellm', 'proxy/gpt-4o'],
    ]);
  });

  it('pin the layer', () => {
    const decision = decide(named('openai/gpt-4o', real, { layer: 'litellm' }), {
      catalog: real,
      connections: [litellm, sampleConnection('openai')],
    });

    expect(decision.chosen?.wireId).toBe('proxy/gpt-4o');
  });

  it('serve what they list when nothing better is there, and refuse nothing', () => {
    const vllm = sampleConnection('vllm', { openEnded: true, models: ['my-model'] });
    const decision = decide(sampleProfile({ needs: ['tools', 'vision'], task: 'code' }), { catalog: real, connections: [vllm] });

    expect(decision.chosen).toMatchObject({ wireId: 'my-model', offer: { uncatalogued: true } });
  });
});

describe('a server of one’s own', () => {
  const ollama = (models: readonly string[]) => ({ catalog: real, connections: [sampleConnection('ollama', { models })] });

  it('is chosen for what is installed there', () => {
    const decision = decide(sampleProfile(), ollama(['llama3.1:latest', 'mine:7b']));

    expect(decision.ranked.map((one) => one.candidate.wireId)).toEqual(['llama3.1', 'mine:7b']);
    expect(decision.eliminated).toContainEqual(
      expect.objectContaining({ canonicalId: 'ollama-gpt-oss-120b-main', constraint: 'not installed' }),
    );
  });

  it('is asked for anything that was named, and for anything at all while its list is unknown', () => {
    expect(decide(named('ollama/gpt-oss:120b', real), ollama(['llama3.1:latest'])).chosen?.wireId).toBe('gpt-oss:120b');
    expect(decide(sampleProfile(), ollama([])).ranked.length).toBeGreaterThan(5);
  });
});

describe('a guessed task', () => {
  const guess = { task: 'code', taskGuessed: true } as const;

  it('goes before tiers', () => {
    const catalog = sampleCatalog({ models: { talker: { quality: 'flagship' }, coder: { quality: 'draft', tasks: ['code'] } } });

    expect(rankedIds(decide(sampleProfile(guess), sampleSituation(catalog)))).toEqual(['acme-coder-main', 'acme-talker-main']);
  });

  it('rules nothing out', () => {
    expect(decide(sampleProfile(guess), sampleSituation(real, ['perplexity'])).chosen?.offer.provider).toBe('perplexity');
  });
});

it('keeps models of another API out of the choice', () => {
  const decision = decide(sampleProfile({ exclude: [] }), sampleSituation(real, ['openai']));

  expect(rankedIds(decision)).not.toContain('openai-gpt-5.5-pro-main');
  expect(decision.eliminated).toContainEqual(expect.objectContaining({ canonicalId: 'openai-gpt-5.5-pro-main', constraint: 'chat' }));
});

describe('a dead end', () => {
  it('names the last constraint and the smallest change', () => {
    const decision = decide(
      sampleProfile({ task: 'code', qualityTier: 'flagship', needs: ['tools'], maxCostNanoUsd: 1_000_000 }),
      sampleSituation(real, ['anthropic', 'xai']),
    );

    expect(decision.deadEnd).toMatchObject({
      constraint: 'max_cost_usd',
      relaxation: 'raise max_cost_usd to 0.008 (then xai-grok-4.6-main would serve)',
    });
  });

  it('asks for two changes where one is not enough', () => {
    const decision = decide(
      sampleProfile({ needs: ['audio', 'tools'], providers: ['anthropic'], contextTokens: 5_000_000 }),
      sampleSituation(real),
    );

    expect(decision.deadEnd?.relaxation).toMatch(/ and /);
  });

  it('without any connection says how to get one', () => {
    expect(decide(sampleProfile(), { catalog: real, connections: [] }).deadEnd).toEqual({
      constraint: 'not configured',
      relaxation: 'configure a provider: set its API key in the environment or under `connections` in mpc.yaml',
    });
  });
});
