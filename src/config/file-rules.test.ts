import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { loadSettings } from './load-settings.ts';
import { ConfigError } from './problems.ts';

function load(yaml: string) {
  const cwd = tempDir('rules');
  writeFileSync(join(cwd, 'mpc.yaml'), yaml);
  return loadSettings({ env: {}, cwd }).settings;
}

function problems(yaml: string): readonly string[] {
  try {
    load(yaml);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(({ at, path, message }) => `${at} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

const budget = (fields: string): string => `budgets:\n  - holder: global\n    window: day\n    ${fields}\n`;

describe('budgets and rate limits in mpc.yaml', () => {
  it('are read', () => {
    const settings = load(`
budgets:
  - { holder: 'team:research', amount_usd: 99.5, window: month, timezone: Europe/Berlin, alerts: [50, 90], models: ['openai/*'] }
  - { holder: 'key:*', amount_usd: 1, window: 5h, mode: soft }
rate_limits:
  - { holder: 'end_user:*', unit: tokens, amount: 100000, per: 1h }
`);

    expect(settings.budgets).toMatchObject([
      {
        holder: { kind: 'team', id: 'research' },
        amountNanoUsd: 99_500_000_000,
        window: { kind: 'calendar', unit: 'month', timezone: 'Europe/Berlin' },
        alertPercents: [50, 90],
        mode: 'hard',
      },
      { window: { kind: 'rolling', lengthMs: 18_000_000 }, mode: 'soft' },
    ]);
    expect(settings.rateLimits).toMatchObject([{ unit: 'tokens', amount: 100_000, windowMs: 3_600_000 }]);
  });

  it('keep their ids when the amount changes or another one is put in front', () => {
    const [before] = load(budget('amount_usd: 1')).budgets;
    const after = load(
      "budgets:\n  - {holder: 'key:*', amount_usd: 3, window: day}\n  - {holder: global, amount_usd: 2, window: day}\n",
    ).budgets;

    expect(after[1]?.id).toBe(before?.id);
    expect(after[0]?.id).not.toBe(before?.id);
  });

  it.each([
    ['amount_usd: 0', 'mpc.yaml:4:5 budgets[0].amount_usd: must be a number above 0'],
    ['amount_usd: -5', 'mpc.yaml:4:5 budgets[0].amount_usd: must be a number above 0'],
    ['amount_usd: .nan', 'mpc.yaml:4:5 budgets[0].amount_usd: must be a number above 0'],
    ['amount_usd: .inf', 'mpc.yaml:4:5 budgets[0].amount_usd: must be a number above 0'],
    ['amount_usd: 1e20', 'mpc.yaml:4:5 budgets[0].amount_usd: must be at most'],
    ['amount: 5', 'mpc.yaml:4:5 budgets[0].amount: is unknown'],
  ])('with %s are a mistake with file and line', (fields, problem) => {
    expect(problems(budget(fields)).some((told) => told.startsWith(problem))).toBe(true);
  });

  it('that overlap are a mistake at the second one', () => {
    const twice =
      'budgets:\n  - {holder: global, amount_usd: 1, window: day}\n  - {holder: global, amount_usd: 2, window: day, timezone: Asia/Tokyo}\n';

    expect(problems(twice)).toEqual([
      expect.stringMatching(/^mpc\.yaml:3:\d+ budgets\[1\]: (stands here twice|holds over the same holder)/),
    ]);
  });

  it.each(['budgets: 5', 'budgets: [5]', 'rate_limits: {a: 1}', 'rate_limits: [{holder: global, unit: requests, amount: 1.5}]'])(
    'in the form %s are a mistake',
    (yaml) => {
      expect(problems(yaml)).not.toEqual([]);
    },
  );

  it('are told all at once', () => {
    expect(problems("budgets:\n  - {holder: 'x:y', amount_usd: 0, window: never}\n")).toHaveLength(3);
  });
});
