// Settings that are absurd, contradictory or mean nothing stop the start, with file and line and what to do. Half of the cases here are
// neighbours that make sense and must not be refused.
import { describe, expect, it } from 'vitest';
import { start } from './client.ts';

const env = { OPENAI_API_KEY: 'sk-openai-0123456789', ANTHROPIC_API_KEY: 'sk-anthropic-0123456789' };
const budget = (fields: string): string => `budgets:\n  - {holder: global, window: day, ${fields}}\n`;
const two = (section: string, one: string, other: string): string => `${section}:\n  - {${one}}\n  - {${other}}\n`;

async function problemOf(yaml: string): Promise<string> {
  try {
    const gateway = await start({ yaml, env });
    await gateway.close();
    return 'started';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

describe('a start is refused for', () => {
  it.each([
    ['a budget of 0', budget('amount_usd: 0'), /mpc\.yaml:2:\d+ budgets\[0\]\.amount_usd: must be a number above 0/],
    ['a negative budget', budget('amount_usd: -1'), /mpc\.yaml:2:\d+ budgets\[0\]\.amount_usd: must be a number above 0/],
    ['a budget that is no number', budget('amount_usd: .nan'), /mpc\.yaml:2:\d+ budgets\[0\]\.amount_usd: must be a number/],
    ['a budget that no sum could hold', budget('amount_usd: 1e308'), /mpc\.yaml:2:\d+ budgets\[0\]\.amount_usd: must be at most/],
    ['a budget below a nano-dollar', budget('amount_usd: 1e-10'), /mpc\.yaml:2:\d+ budgets\[0\]\.amount_usd: .*nine decimals/],
    [
      'two budgets over the same time',
      two('budgets', 'holder: global, amount_usd: 1, window: 24h', 'holder: global, amount_usd: 2, window: 1d'),
      /mpc\.yaml:3:5 budgets\[1\]: holds over the same holder, models and time as/,
    ],
    [
      'a budget for a day that is larger than that for the month',
      two('budgets', 'holder: global, amount_usd: 10, window: day', 'holder: global, amount_usd: 5, window: month'),
      /mpc\.yaml:2:5 budgets\[0\]: would never hold: .* allows less over a longer time/,
    ],
    [
      'a budget for hours that is larger than that for all time',
      two('budgets', 'holder: "key:*", amount_usd: 1, window: total', 'holder: "key:*", amount_usd: 2, window: 5h'),
      /mpc\.yaml:3:5 budgets\[1\]: would never hold/,
    ],
    [
      'fallbacks of a budget that refuses nothing',
      budget('amount_usd: 1, mode: soft, fallbacks: {gpt-4o: [gpt-4o-mini]}'),
      /fallbacks: have no meaning for a soft budget/,
    ],
    [
      'a budget for a model that nobody knows',
      budget('amount_usd: 1, models: [gtp-4o]'),
      /mpc\.yaml:2:\d+ budgets\[0\]\.models: "gtp-4o" is not known; did you mean .*gpt-4o/,
    ],
    [
      'a budget for models that nobody knows',
      budget('amount_usd: 1, models: ["opnai/*"]'),
      /mpc\.yaml:2:\d+ budgets\[0\]\.models: no model begins with "opnai\/"/,
    ],
    [
      'a budget for an alias',
      budget('amount_usd: 1, models: [fast-chat]'),
      /mpc\.yaml:2:\d+ budgets\[0\]\.models: "fast-chat" is an alias; name its models here/,
    ],
    [
      'a budget for a provider that is none',
      budget('amount_usd: 1, provider: opnai'),
      /mpc\.yaml:2:\d+ budgets\[0\]\.provider: "opnai" is no provider; did you mean openai\?/,
    ],
    [
      'a budget with a cheaper model that nobody knows',
      budget('amount_usd: 1, fallbacks: {gpt-4o: [gpt-4o-mni]}'),
      /mpc\.yaml:2:\d+ budgets\[0\]\.fallbacks: "gpt-4o-mni" is not known/,
    ],
    [
      'two limits of which one never holds',
      two(
        'rate_limits',
        'holder: global, unit: requests, amount: 5, per: 1m, name: a',
        'holder: global, unit: requests, amount: 9, per: 60s, name: b',
      ),
      /mpc\.yaml:3:5 rate_limits\[1\]: counts the same as limit:a/,
    ],
    [
      'a limit for a model that nobody knows',
      'rate_limits:\n  - {holder: global, unit: tokens, amount: 5, models: [nobody/knows]}\n',
      /mpc\.yaml:2:\d+ rate_limits\[0\]\.models: "nobody\/knows"/,
    ],
    [
      'weights that are all 0',
      'aliases:\n  a: {models: [gpt-4o, gpt-4o-mini], strategy: weighted, weights: {gpt-4o: 0, gpt-4o-mini: 0}}\n',
      /mpc\.yaml:2:\d+ aliases\.a\.weights: all weights are 0/,
    ],
    [
      'weights without a strategy that weighs',
      'aliases:\n  a: {models: [gpt-4o, gpt-4o-mini], strategy: round-robin, weights: {gpt-4o: 3}}\n',
      /mpc\.yaml:2:\d+ aliases\.a\.weights: have a meaning with strategy: weighted only/,
    ],
    ['an alias of models that nobody knows', 'aliases:\n  a: [gpt-4o, gpt-4oo]\n', /mpc\.yaml:2:3: "gpt-4oo" is not known; did you mean/],
    ['an alias of itself', 'aliases:\n  a: [a]\n', /mpc\.yaml:2:3: "a" is no model but this alias itself/],
    [
      'aliases in a circle',
      'aliases:\n  a: [b]\n  b: [c]\n  c: [gpt-4o, a]\n',
      /mpc\.yaml:2:3 aliases\.a: goes in a circle: a → b → c → a/,
    ],
    ['an alias that lists a model twice', 'aliases:\n  a: [gpt-4o, gpt-4o]\n', /mpc\.yaml:2:3 aliases\.a: lists gpt-4o twice/],
    ['an alias that would never be asked', 'aliases:\n  auto: [gpt-4o]\n', /mpc\.yaml:2:3 aliases\.auto: is a name that leaves the choice/],
    [
      'fallbacks in a circle',
      'routing:\n  fallbacks: {gpt-4o: [gpt-4o-mini], gpt-4o-mini: [gpt-4o]}\n',
      /mpc\.yaml:2:\d+ routing\.fallbacks\.gpt-4o: goes in a circle/,
    ],
    [
      'a model that takes over for itself under another name',
      'routing:\n  fallbacks: {gpt-4o: [openai/gpt-4o]}\n',
      /mpc\.yaml:2:\d+: "openai\/gpt-4o" is the same model as gpt-4o/,
    ],
    [
      'fallbacks that are switched off',
      'routing:\n  fallback: none\n  fallbacks: {gpt-4o: [gpt-4o-mini]}\n',
      /mpc\.yaml:3:3 routing\.fallbacks: .* would never serve/,
    ],
    ['a strategy that is none', 'routing:\n  strategy: wieghted\n', /mpc\.yaml:2:3 routing\.strategy: .*did you mean weighted\?/],
    [
      'hedging that may cost nothing',
      'routing:\n  hedge: on\n  hedge_max_extra_percent: 0\n',
      /mpc\.yaml:3:3 routing\.hedge_max_extra_percent: is 0, so routing\.hedge: on/,
    ],
    [
      'a first byte after the end',
      'timeouts:\n  total_ms: 1000\n  stream_total_ms: 2000\n  first_byte_ms: 5000\n',
      /mpc\.yaml:4:3 timeouts\.first_byte_ms: is longer than timeouts\.total_ms and timeouts\.stream_total_ms \(2000\)/,
    ],
    [
      'a first pause that is longer than the longest',
      'retry: {max_delay_ms: 0}\n',
      /MPC_RETRY_BASE_DELAY_MS retry\.base_delay_ms: is longer than retry\.max_delay_ms \(0\)/,
    ],
    [
      'a time that no timer can hold',
      'aliases:\n  a: {models: [gpt-4o], timeout_ms: 3000000000}\n',
      /mpc\.yaml:2:\d+ aliases\.a\.timeout_ms: .*from 1 to 86400000/,
    ],
    [
      'a layer that no connection takes',
      'routing:\n  layer: litellm\n',
      /mpc\.yaml:2:3 routing\.layer: is litellm, but no connection takes that layer/,
    ],
    ['a region where nobody is', 'routing:\n  regions: [mars]\n', /mpc\.yaml:2:3 routing\.regions: allows mars, but no connection/],
    ['no region at all', 'routing:\n  regions: []\n', /mpc\.yaml:2:3 routing\.regions: is empty/],
    [
      'alerts to no address',
      'alerts:\n  webhook_url: ftp://secret.example.com/\n',
      /mpc\.yaml:2:3 alerts\.webhook_url: must be an address/,
    ],
    ['alerts to this machine', 'alerts:\n  slack_url: http://127.0.0.1/secret\n', /mpc\.yaml:2:3 alerts\.slack_url: leads to this machine/],
  ])('%s', async (_what, yaml, expected) => {
    const problem = await problemOf(yaml);

    expect(problem).toMatch(expected);
    expect(problem).not.toContain('secret');
  });
});

describe('a start goes well with', () => {
  it.each([
    [
      'a budget for a week that is larger than that for the month it may reach out of',
      two('budgets', 'holder: global, amount_usd: 10, window: week', 'holder: global, amount_usd: 5, window: month'),
    ],
    [
      'a budget that warns before a longer one refuses',
      two('budgets', 'holder: global, amount_usd: 10, window: day', 'holder: global, amount_usd: 5, window: month, mode: soft'),
    ],
    [
      'budgets of one holder for different models',
      two(
        'budgets',
        'holder: global, amount_usd: 10, window: day, models: ["openai/*"]',
        'holder: global, amount_usd: 5, window: month, models: ["claude-*"]',
      ),
    ],
    ['a budget at a reseller', `${budget('amount_usd: 1, provider: openrouter, models: ["meta-llama/*", openai/gpt-4o]')}`],
    [
      'limits over different times',
      two('rate_limits', 'holder: global, unit: requests, amount: 5, per: 1m', 'holder: global, unit: requests, amount: 50, per: 1h'),
    ],
    [
      'an alias named like a model it means',
      'aliases:\n  gpt-4o: [gpt-4o, claude-haiku-4-5]\nrouting:\n  fallbacks: {gpt-4o: [gpt-4o-mini]}\n',
    ],
    ['a fallback to the same model elsewhere', 'routing:\n  fallbacks: {openai/gpt-4o: [gpt-4o]}\n'],
    ['an alias of an alias', 'aliases:\n  a: [b, claude-haiku-4-5]\n  b: [gpt-4o]\n'],
    [
      'weights under a general strategy that weighs',
      'routing: {strategy: weighted}\naliases:\n  a: {models: [gpt-4o, gpt-4o-mini], weights: {gpt-4o: 3}}\n',
    ],
    [
      'a model that only a connection knows',
      'providers:\n  openai: {models: [house-model]}\naliases:\n  a: [house-model]\nbudgets:\n  - {holder: global, amount_usd: 1, window: day, models: [house-model, openai/house-model]}\n',
    ],
    ['a model that a server of your own may have', 'providers:\n  vllm: {base_url: "http://10.0.0.1:8000"}\naliases:\n  a: [llama-next]\n'],
    ['hedging after a time without quotes', 'routing: {hedge: on, hedge_after: 800}\n'],
    ['a short total beside defaults that are longer', 'timeouts: {total_ms: 500}\n'],
    ['a region where somebody is', 'providers:\n  openai: {region: EU}\nrouting: {regions: [eu, us]}\n'],
  ])('%s', async (_what, yaml) => {
    expect(await problemOf(yaml)).toBe('started');
  });
});
