import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { describeSettings } from './describe-settings.ts';
import { loadSettings } from './load-settings.ts';
import { assertKnownModelTimeouts, type FoundName } from './model-timeouts.ts';
import { ConfigError } from './problems.ts';

const cwd = tempDir('model-timeouts');

function load(lines: readonly string[]) {
  writeFileSync(join(cwd, 'mpc.yaml'), ['model_timeouts:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
  return loadSettings({ env: {}, cwd });
}

function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems.map(({ at, path, message }) => `${at} ${path}: ${message}`);
    throw thrown;
  }
  return [];
}

describe('limits for single models', () => {
  it('are read, and shown with their place', () => {
    const loaded = load(['gpt-4o: {connect_ms: 500, first_byte_ms: 1000, idle_ms: 2000, total_ms: 3000}', 'o3: {total_ms: 900000}']);

    expect(loaded.settings.modelTimeouts).toEqual({
      'gpt-4o': { connectMs: 500, firstByteMs: 1_000, idleMs: 2_000, totalMs: 3_000 },
      o3: { totalMs: 900_000 },
    });
    expect(describeSettings(loaded)).toContainEqual({ path: 'model_timeouts.o3.total_ms', value: 900_000, origin: 'mpc.yaml:3:3' });
  });

  it.each([
    ['gpt-4o: {}', 'mpc.yaml:2:3 model_timeouts.gpt-4o: needs at least one of connect_ms, first_byte_ms, idle_ms, total_ms'],
    ['gpt-4o: 5000', 'mpc.yaml:2:3 model_timeouts.gpt-4o: must be a map, not 5000'],
    [
      'gpt-4o: {totl_ms: 5, idle_ms: 5}',
      'mpc.yaml:2:12 model_timeouts.gpt-4o.totl_ms: unknown setting; did you mean model_timeouts.gpt-4o.total_ms?',
    ],
    ['gpt-4o: {total_ms: 0}', 'model_timeouts.gpt-4o.total_ms: must be a whole number of milliseconds from 1 to 86400000, not 0'],
    ['gpt-4o: {total_ms: -1}', 'from 1 to 86400000, not -1'],
    ['gpt-4o: {total_ms: .nan}', 'from 1 to 86400000, not NaN'],
    ['gpt-4o: {total_ms: 1e300}', 'from 1 to 86400000, not 1e+300'],
    ['gpt-4o: {total_ms: 3000000000}', 'from 1 to 86400000, not 3000000000'],
    [
      'gpt-4o: {first_byte_ms: 5000, total_ms: 1000}',
      'model_timeouts.gpt-4o.first_byte_ms: is longer than total_ms (1000), which would always end the call first',
    ],
  ])('refuse %s', (line, message) => {
    const told = problemsOf(() => load([line]));

    expect(told[0]).toContain(message);
  });
});

describe('names', () => {
  const catalog: Readonly<Record<string, FoundName>> = {
    'gpt-4o': { kind: 'offers', ids: ['a', 'b'] },
    'gpt-4o-main': { kind: 'offers', ids: ['b', 'a'] },
    'openai/gpt-4o': { kind: 'offers', ids: ['a'] },
    'fast-chat': { kind: 'alias', ids: ['a'] },
  };
  const check = (...names: readonly string[]) => {
    const loaded = load(names.map((name) => `${name}: {total_ms: 5}`));
    return problemsOf(() => assertKnownModelTimeouts(loaded, (name) => catalog[name] ?? { kind: 'none', nearest: ['gpt-4o'] }));
  };

  it('may mean a model wherever it is, and once more one offer of it', () => {
    expect(check('gpt-4o', 'openai/gpt-4o')).toEqual([]);
  });

  it('that nobody knows, that are aliases or that mean the same are told with their place', () => {
    expect(check('gpt-4o', 'gpt-5o', 'fast-chat', 'gpt-4o-main')).toEqual([
      'mpc.yaml:3:3 model_timeouts.gpt-5o: is not known; did you mean gpt-4o?',
      'mpc.yaml:4:3 model_timeouts.fast-chat: is an alias, which has timeout_ms; name its models here',
      'mpc.yaml:5:3 model_timeouts.gpt-4o-main: means the same model as gpt-4o; keep one of them',
    ]);
  });
});
