import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputTotal, outputTotal, usageFromTotals } from '../../canonical/usage.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it('is undefined for null, empty and half objects', () => {
    expect(decodeUsage(undefined)).toBeUndefined();
    expect(decodeUsage({})).toBeUndefined();
    expect(decodeUsage({ total_tokens: 5 })).toBeUndefined();
  });

  it('makes the classes disjoint', () => {
    const usage = decodeUsage({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 40 },
    });

    expect(usage).toMatchObject({ input: 50, cachedInput: 30, cacheWrite: 20, output: 10, reasoning: 40 });
    expect(usage?.anomaly).toBeUndefined();
  });

  it('adds reasoning once where the total shows that completion leaves it out (xAI)', () => {
    const wire = {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 333,
      completion_tokens_details: { reasoning_tokens: 320 },
    };

    expect(decodeUsage(wire)).toMatchObject({ output: 1, reasoning: 320 });
    expect(decodeUsage(wire, { reasoningOutsideOutput: true })).toMatchObject({ output: 1, reasoning: 320 });
  });

  it('trusts the total over what is known about the provider', () => {
    const wire = { prompt_tokens: 10, completion_tokens: 8, total_tokens: 18, completion_tokens_details: { reasoning_tokens: 5 } };

    expect(decodeUsage(wire, { reasoningOutsideOutput: true })).toMatchObject({ output: 3, reasoning: 5 });
  });

  it('uses what is known about the provider where the total does not decide', () => {
    const wire = { prompt_tokens: 10, completion_tokens: 8, completion_tokens_details: { reasoning_tokens: 20 } };

    expect(decodeUsage(wire, { reasoningOutsideOutput: true })).toMatchObject({ output: 8, reasoning: 20 });
    expect(decodeUsage({ ...wire, total_tokens: 18 }, { reasoningOutsideOutput: true })).toMatchObject({ output: 8, reasoning: 20 });
  });

  it('clamps reasoning above completion and says so (OpenRouter)', () => {
    const usage = decodeUsage({
      prompt_tokens: 5,
      completion_tokens: 10,
      total_tokens: 15,
      completion_tokens_details: { reasoning_tokens: 11 },
    });

    expect(usage).toMatchObject({ output: 0, reasoning: 10, anomaly: 'reasoning > output' });
  });

  it.each([
    ['DeepSeek', { prompt_cache_hit_tokens: 3, prompt_cache_miss_tokens: 7 }],
    ['older Mistral', { num_cached_tokens: 3 }],
    ['LiteLLM', { cache_read_input_tokens: 3 }],
    ['OpenAI', { prompt_tokens_details: { cached_tokens: 3 } }],
  ])('reads cached input of %s', (_name, fields) => {
    expect(decodeUsage({ prompt_tokens: 10, completion_tokens: 1, ...fields })).toMatchObject({ input: 7, cachedInput: 3 });
  });

  it.each([
    ['OpenRouter', { cost: 0.00105175 }],
    ['Perplexity', { cost: { total_cost: 0.00105175, request_cost: 0.001 } }],
    ['xAI', { cost_in_usd_ticks: 1_051_750 }],
  ])('reads the cost of %s', (_name, fields) => {
    expect(decodeUsage({ prompt_tokens: 1, completion_tokens: 1, ...fields })?.providerCostNanoUsd).toBe(1_051_750);
  });

  it('lets the provider definition read its own cost', () => {
    const cost = (usage: Readonly<Record<string, unknown>>) => (typeof usage.estimated_cost === 'number' ? 7 : undefined);

    expect(decodeUsage({ prompt_tokens: 1, completion_tokens: 1, estimated_cost: 0.1 }, { cost })?.providerCostNanoUsd).toBe(7);
  });

  it('encoded and decoded again is the same usage', () => {
    const count = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(count, count, count, count, count, (inputs, cachedInput, cacheWrite, outputs, reasoning) => {
        const usage = usageFromTotals({
          inputTotal: inputs + cachedInput + cacheWrite,
          cachedInput,
          cacheWrite,
          cacheWrite1h: Math.floor(cacheWrite / 2),
          outputTotal: outputs + reasoning,
          reasoning,
        });

        expect(decodeUsage(encodeUsage(usage))).toEqual(usage);
        expect(encodeUsage(usage).total_tokens).toBe(inputTotal(usage) + outputTotal(usage));
      }),
    );
  });
});
