import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiErrorBody, type Answer, ask, type Json, logLines, openaiKey, type Stage, startStage } from './client.ts';

interface Selected {
  readonly selected_model: Offer;
  readonly candidates: readonly Offer[];
  readonly decision: {
    readonly id: string;
    readonly why: string;
    readonly eliminated: readonly { readonly constraint: string; readonly reason: string }[];
    readonly runner_up?: object;
  };
}
interface Offer {
  readonly canonical_id: string;
  readonly provider_id: string;
  readonly provider: string;
  readonly modality: readonly string[];
  readonly tasks: readonly string[];
  readonly domains: readonly string[];
  readonly quality_tier: string;
  readonly speed_tier: string;
  readonly supports: Readonly<Record<string, boolean>>;
  readonly aliases: readonly string[];
}

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
const select = (body: unknown): Promise<Answer> => ask(stage.gateway, '/api/select-model', { body });
const selected = async (body: Json): Promise<Selected> => {
  const answer = await select(body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<Selected>();
};

describe('a choice', () => {
  it('is the first of the ranked candidates, each with the whole catalog entry', async () => {
    const { selected_model, candidates } = await selected({ task_type: 'chat', domain: 'general' });

    expect(candidates[0]).toEqual(selected_model);
    expect(candidates.length).toBeGreaterThan(1);
    for (const offer of candidates) {
      expect(offer).toMatchObject({
        canonical_id: expect.any(String),
        provider_id: expect.stringContaining('/'),
        provider: expect.any(String),
        modality: expect.any(Array),
        tasks: expect.any(Array),
        domains: expect.any(Array),
        quality_tier: expect.stringMatching(/^(flagship|strong|draft)$/),
        speed_tier: expect.stringMatching(/^(fast|normal|slow)$/),
        supports: expect.any(Object),
        aliases: expect.any(Array),
      });
    }
  });

  it('ranks by quality tier, then by speed tier', async () => {
    const { candidates } = await selected({ task_type: 'chat', domain: 'general' });
    const quality = ['flagship', 'strong', 'draft'];
    const speed = ['fast', 'normal', 'slow'];
    const ranks = candidates.map((offer) => quality.indexOf(offer.quality_tier) * 10 + speed.indexOf(offer.speed_tier));

    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it('comes with its reasons, and is kept under the id in the answer’s header', async () => {
    const answer = await select({ task_type: 'chat', domain: 'general' });
    const { decision } = answer.json<Selected>();

    expect(decision.id).toBe(answer.headers.get('x-mpc-decision-id'));
    expect(decision.why).not.toBe('');
    expect(decision.runner_up).toBeDefined();
    await expect.poll(async () => (await ask(stage.gateway, `/api/decisions/${decision.id}`)).status).toBe(200);
  });

  it('takes `task` for `task_type`', async () => {
    const one = await selected({ task: 'reasoning', domain: 'general' });
    const other = await selected({ task_type: 'reasoning', domain: 'general' });

    expect(one.selected_model).toEqual(other.selected_model);
  });

  it('never falls to the simulator while a real provider is configured', async () => {
    const { candidates } = await selected({ task_type: 'chat' });

    expect(candidates.map((offer) => offer.provider)).not.toContain('demo');
  });

  it('calls no provider and leaves no ledger entry', async () => {
    await selected({ task_type: 'chat', domain: 'general' });

    expect(stage.openai.requests).toEqual([]);
    expect(stage.anthropic.requests).toEqual([]);
    expect(await logLines(stage.gateway)).toEqual([]);
  });
});

describe('constraints', () => {
  it.each<[string, Json, (offer: Offer) => boolean]>([
    ['quality_tier', { quality_tier: 'draft' }, (offer) => offer.quality_tier === 'draft'],
    ['speed_tier', { speed_tier: 'fast' }, (offer) => offer.speed_tier === 'fast'],
    ['providers', { providers: ['anthropic'] }, (offer) => offer.provider === 'anthropic'],
    ['exclude', { exclude: ['anthropic'] }, (offer) => offer.provider !== 'anthropic'],
    ['needs', { needs: ['tools'] }, (offer) => offer.supports.tools === true],
    ['modality', { modality: 'embedding', task_type: 'embedding' }, (offer) => offer.modality.includes('embedding')],
  ])('holds %s for every candidate', async (_name, constraint, holds) => {
    const { candidates } = await selected({ task_type: 'chat', ...constraint });

    expect(candidates.filter((offer) => !holds(offer)).map((offer) => offer.canonical_id)).toEqual([]);
  });

  it('asks for the cheapest first under cost-optimized', async () => {
    const cheap = await selected({ task_type: 'chat', strategy: 'cost-optimized' });
    const best = await selected({ task_type: 'chat', strategy: 'quality-first' });

    expect(cheap.selected_model.quality_tier).toBe('draft');
    expect(best.selected_model.quality_tier).toBe('flagship');
  });

  it('tells what was eliminated, and by which constraint', async () => {
    const { decision } = await selected({ task_type: 'chat', providers: ['anthropic'] });

    expect(decision.eliminated.some((one) => one.constraint === 'providers' && one.reason !== '')).toBe(true);
  });
});

describe('no match', () => {
  it('answers 404 with the constraint that removed the last candidates and the smallest relaxation', async () => {
    const answer = await select({ task_type: 'chat', providers: ['anthropic'], modality: 'video' });

    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({
      error: expect.any(String),
      message: expect.any(String),
      constraint: expect.any(String),
      relaxation: expect.stringMatching(/.+/),
    });
  });

  it('gives an answer once the relaxation is done', async () => {
    const answer = await select({ task_type: 'chat', max_cost_usd: 0 });
    expect(answer.status).toBe(404);
    const { decision } = answer.json<{ decision: { dead_end: { constraint: string; relaxed: Json } } }>();
    expect(decision.dead_end.constraint).toBe('max_cost_usd');

    const relaxed = await select({ task_type: 'chat', max_cost_usd: decision.dead_end.relaxed.max_cost_usd });
    expect(relaxed.status, relaxed.text).toBe(200);
  });
});

describe('wrong input', () => {
  it.each<[string, Json]>([
    ['task_type', {}],
    ['task_type', { task_type: 7 }],
    ['task_type', { task_type: ' ' }],
    ['domain', { task_type: 'chat', domain: ['general'] }],
    ['modality', { task_type: 'chat', modality: 'smell' }],
    ['quality_tier', { task_type: 'chat', quality_tier: 'flagshp' }],
    ['speed_tier', { task_type: 'chat', speed_tier: 1 }],
    ['max_cost_usd', { task_type: 'chat', max_cost_usd: '1' }],
    ['max_latency_ms', { task_type: 'chat', max_latency_ms: -1 }],
    ['needs', { task_type: 'chat', needs: ['teleportation'] }],
    ['needs', { task_type: 'chat', needs: { tools: true } }],
    ['context_tokens', { task_type: 'chat', context_tokens: 'many' }],
    ['providers', { task_type: 'chat', providers: [1] }],
    ['exclude', { task_type: 'chat', exclude: 5 }],
    ['region', { task_type: 'chat', region: 1 }],
    ['strategy', { task_type: 'chat', strategy: 'luck' }],
  ])('answers 400 naming %s: %j', async (field, body) => {
    const answer = await select(body);

    expect(answer.status, answer.text).toBe(400);
    const wrong = answer.json<ApiErrorBody>();
    expect(wrong.param).toBe(field);
    expect(wrong.message).toContain(field);
    expect(wrong.error).toBeTypeOf('string');
  });

  it('names the nearest allowed value', async () => {
    expect((await select({ task_type: 'chat', quality_tier: 'flagshp' })).text).toContain('flagship');
  });

  it('refuses a body that is no object', async () => {
    expect((await select([])).status).toBe(400);
  });
});

it('shows no key of a provider in a decision', async () => {
  const answer = await select({ task_type: 'chat' });

  expect(answer.text).not.toContain(openaiKey);
});
