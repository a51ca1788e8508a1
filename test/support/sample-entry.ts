// Ledger entries for tests: one that looks like most, and any that is legal.
import fc from 'fast-check';
import type { Entry } from '../../src/ledger/entry.ts';

/** A successful call of 0.45 s; the given fields replace its own. */
export function sampleEntry(fields: Partial<Entry> & { readonly id: string }): Entry {
  return {
    timeMs: Date.UTC(2026, 0, 1),
    principal: 'key:key_a',
    dialect: 'openai-chat',
    endpoint: '/v1/chat/completions',
    requestedModel: 'fast-chat',
    model: 'openai-gpt-4o-main',
    providerModel: 'openai/gpt-4o',
    provider: 'openai',
    connection: 'openai',
    layer: 'direct',
    stream: false,
    status: 200,
    attempts: [{ provider: 'openai', connection: 'openai', model: 'openai/gpt-4o', status: 200, firstByteMs: 400, totalMs: 440 }],
    usage: { input: 100, cachedInput: 20, cacheWrite: 0, cacheWrite1h: 0, output: 30, reasoning: 5, source: 'upstream' },
    costNanoUsd: 625_000,
    priceVersion: '2026-08-21',
    decisionId: 'dec_a',
    finish: 'stop',
    timings: { authMs: 0.1, planMs: 0.2, connectMs: 3, firstByteMs: 404, totalMs: 450, overheadMs: 0.5 },
    ...fields,
  };
}

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => !value.includes('\0'));
const count = fc.integer({ min: 0, max: 2 ** 40 });
const milliseconds = fc.integer({ min: 0, max: 10 ** 9 }).map((microseconds) => microseconds / 1_000);
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(value, { nil: undefined });

const attempt = fc.record(
  {
    provider: text,
    connection: text,
    model: text,
    status: fc.integer({ min: 100, max: 599 }),
    errorCode: text,
    connectMs: milliseconds,
    firstByteMs: milliseconds,
    totalMs: milliseconds,
    costNanoUsd: count,
  },
  { requiredKeys: ['provider', 'connection', 'model', 'totalMs'] },
);

const usage = fc.record(
  {
    input: count,
    cachedInput: count,
    cacheWrite: count,
    cacheWrite1h: count,
    output: count,
    reasoning: count,
    source: fc.constantFrom('upstream' as const, 'estimated' as const),
    anomaly: text,
    providerCostNanoUsd: count,
    billed: fc.record({ input: count, output: count }),
    parts: fc.record({ inputAudio: count, inputImage: count, outputAudio: count, outputImage: count }, { requiredKeys: [] }),
    units: fc.array(
      fc.record({ unit: fc.constantFrom('image' as const, 'second' as const), count, variant: text }, { requiredKeys: ['unit', 'count'] }),
    ),
  },
  { requiredKeys: ['input', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'output', 'reasoning', 'source'] },
);

const timings = fc.record(
  {
    authMs: milliseconds,
    planMs: milliseconds,
    connectMs: milliseconds,
    firstByteMs: milliseconds,
    totalMs: milliseconds,
    overheadMs: milliseconds,
  },
  { requiredKeys: ['authMs', 'planMs', 'totalMs', 'overheadMs'] },
);

/** Any legal entry; timings have whole microseconds, which is what the ledger keeps. */
export const anyEntry: fc.Arbitrary<Entry> = fc
  .record({
    id: fc.uuid(),
    timeMs: fc.integer({ min: 0, max: 10_000 }),
    principal: fc.constantFrom('key:key_a', 'key:key_b', 'open', 'admin'),
    dialect: text,
    endpoint: text,
    requestedModel: optional(fc.constantFrom('x', 'y', 'z')),
    model: optional(fc.constantFrom('x', 'y')),
    providerModel: optional(fc.constantFrom('x', 'z')),
    provider: optional(fc.constantFrom('a', 'b')),
    connection: optional(text),
    layer: optional(text),
    stream: fc.boolean(),
    status: fc.constantFrom(200, 400, 499, 502),
    errorCode: optional(text.filter((value) => value !== '')),
    attempts: fc.array(attempt, { maxLength: 3 }),
    usage: optional(usage),
    costNanoUsd: fc.option(count),
    priceVersion: optional(text),
    decisionId: optional(text),
    warnings: optional(fc.array(text, { minLength: 1, maxLength: 3 })),
    finish: optional(text),
    sessionId: optional(fc.constantFrom('s1', 's2')),
    timings,
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as Entry);
