import { describe, expect, it } from 'vitest';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import { openaiAnswer, openaiError } from '../support/canned-replies.ts';
import { chat, start, startProvider } from './client.ts';

/** A gateway with two accounts at one provider, and what each was asked. */
async function twoAccounts(yaml = '', env: Readonly<Record<string, string>> = {}) {
  const [eu, us] = await Promise.all([startProvider(openaiAnswer()), startProvider(openaiAnswer())]);
  const gateway = await start({
    env: { EU_KEY: 'eu-0123456789', US_KEY: 'us-0123456789', ...env },
    yaml: `
connections:
  - { id: eu, provider: openai, api_key: '\${EU_KEY}', base_url: '${eu.baseUrl}' EU_MORE }
  - { id: us, provider: openai, api_key: '\${US_KEY}', base_url: '${us.baseUrl}' US_MORE }
${yaml}`
      .replace(' EU_MORE', yaml.includes('# weighted') ? ', weight: 3' : yaml.includes('# spare') ? ', priority: 1' : '')
      .replace(' US_MORE', ''),
  });
  return { gateway, eu, us };
}

const share = (one: FakeUpstream, other: FakeUpstream): number => one.requests.length / (one.requests.length + other.requests.length);

describe('two accounts that offer the same model', () => {
  it('take turns with round-robin', async () => {
    const { gateway, eu, us } = await twoAccounts('routing: { strategy: round-robin }');

    for (let i = 0; i < 10; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini' });

    expect([eu.requests.length, us.requests.length]).toEqual([5, 5]);
  });

  it('share the load by their weights', async () => {
    const { gateway, eu, us } = await twoAccounts('routing: { strategy: weighted } # weighted');

    for (let i = 0; i < 200; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini' });

    expect(share(eu, us)).toBeGreaterThan(0.6);
    expect(share(eu, us)).toBeLessThan(0.9);
  });

  it('share the load without being told to', async () => {
    const { gateway, eu, us } = await twoAccounts();

    for (let i = 0; i < 60; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini' });

    expect(eu.requests.length).toBeGreaterThan(0);
    expect(us.requests.length).toBeGreaterThan(0);
  });

  it('keep one as a spare by its priority', async () => {
    const { gateway, eu, us } = await twoAccounts('# spare');
    for (let i = 0; i < 5; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini' });
    expect([eu.requests.length, us.requests.length]).toEqual([0, 5]);

    us.respond(openaiError(401));
    const answer = await chat(gateway, { model: 'openai/gpt-4o-mini' });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-mpc-connection')).toBe('eu');
  });

  it('keep a session together', async () => {
    const { gateway, eu, us } = await twoAccounts('routing: { strategy: round-robin }');
    const told: (string | null)[] = [];

    for (let i = 0; i < 6; i += 1)
      told.push(
        (
          await chat(
            gateway,
            { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: `turn ${i}` }] },
            { 'x-session-id': 'talk' },
          )
        ).headers.get('x-mpc-session'),
      );

    expect(told).toEqual(['new', 'stayed', 'stayed', 'stayed', 'stayed', 'stayed']);
    expect([eu.requests.length, us.requests.length].toSorted()).toEqual([0, 6]);
  });

  it('keep together what shares a prompt_cache_key, per caller and model', async () => {
    const { gateway, eu, us } = await twoAccounts('routing: { strategy: round-robin }');

    for (let i = 0; i < 6; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini', prompt_cache_key: 'docs' });

    expect([eu.requests.length, us.requests.length].toSorted()).toEqual([0, 6]);
  });

  it('are asked as the request says', async () => {
    const { gateway, eu, us } = await twoAccounts();

    for (let i = 0; i < 8; i += 1) await chat(gateway, { model: 'openai/gpt-4o-mini', strategy: 'round-robin' });
    const unknown = await chat(gateway, { model: 'openai/gpt-4o-mini', strategy: 'round-robbin' });

    expect([eu.requests.length, us.requests.length]).toEqual([4, 4]);
    expect(unknown.status).toBe(400);
    expect(unknown.text).toContain('round-robin');
  });
});

it('an alias shares the load between different models by their weights', async () => {
  const { gateway, eu, us } = await twoAccounts(`
aliases:
  mixed: { models: [openai/gpt-4o-mini, openai/gpt-4o], strategy: weighted, weights: { openai/gpt-4o-mini: 0 } }`);

  for (let i = 0; i < 10; i += 1) await chat(gateway, { model: 'mixed' });

  const models = [...eu.requests, ...us.requests].map((request) => (request.json() as { model: string }).model);
  expect(new Set(models)).toEqual(new Set(['gpt-4o']));
});
