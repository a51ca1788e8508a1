import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { demoModels } from './models.ts';
import { namedFaults, optionNames, plainOptions, readOptions } from './options.ts';

describe('options', () => {
  it('come from the model name and from the header, which wins', () => {
    const named = readOptions('demo/demo-fast:latency=200,pace=20;fail=reset', 'pace=5; fail = 429 ,retry-after=2');

    expect(named.model).toBe('demo-fast');
    expect(named.options).toMatchObject({ latencyMs: 200, pace: 5, fault: 429, retryAfter: '2' });
  });

  it('are the plain ones when nothing is said', () => {
    expect(readOptions('demo-fast', undefined)).toEqual({ model: 'demo-fast', options: plainOptions });
  });

  it.each([
    'latency=',
    'latency=x',
    'latency=-1',
    'tokens=1e9',
    'rate=1.1',
    'fail=399',
    'fail=600',
    'fail',
    'usage=some',
    'retry-after=a\nb',
    'toString=1',
  ])('refuse %j', (text) => {
    expect(() => readOptions(`demo-fast:${text}`, undefined)).toThrow(/demo (option|fault)/);
  });

  it('are all documented, and so are the faults and the models', () => {
    const page = readFileSync(new URL('../../../docs/demo.md', import.meta.url), 'utf8');

    for (const name of [...optionNames, ...namedFaults]) expect(page).toContain(`\n| \`${name}\` |`);
    for (const { id } of demoModels) expect(page).toContain(`\`${id}\``);
  });
});
