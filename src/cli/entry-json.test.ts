import { describe, expect, it } from 'vitest';
import { sampleEntry } from '../../test/support/sample-entry.ts';
import { toEntryJson } from './entry-json.ts';
import { toEntryLine } from './entry-line.ts';

describe('usage beyond the token classes', () => {
  it('is shown where there is any', () => {
    const usage = {
      input: 10,
      cachedInput: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: 20,
      reasoning: 0,
      source: 'upstream' as const,
      parts: { outputImage: 20 },
      units: [{ unit: 'image' as const, count: 2, variant: '1024x1024/high' }],
    };

    expect(toEntryJson(sampleEntry({ id: 'req_a', usage }))).toMatchObject({
      usage: { output: 20, parts: { output_image: 20 }, units: [{ unit: 'image', count: 2, variant: '1024x1024/high' }] },
    });
  });
});

describe('toEntryJson', () => {
  it('has the fields that scripts rely on', () => {
    expect(toEntryJson(sampleEntry({ id: 'req_a' }))).toEqual({
      id: 'req_a',
      time: '2026-01-01T00:00:00.000Z',
      principal: 'key:key_a',
      dialect: 'openai-chat',
      endpoint: '/v1/chat/completions',
      requested_model: 'fast-chat',
      model: 'openai-gpt-4o-main',
      provider_model: 'openai/gpt-4o',
      provider: 'openai',
      connection: 'openai',
      layer: 'direct',
      stream: false,
      status: 200,
      error_code: null,
      attempts: [
        {
          provider: 'openai',
          connection: 'openai',
          model: 'openai/gpt-4o',
          status: 200,
          error_code: null,
          connect_ms: null,
          first_byte_ms: 400,
          total_ms: 440,
        },
      ],
      usage: { input: 100, cached_input: 20, cache_write: 0, cache_write_1h: 0, output: 30, reasoning: 5, source: 'upstream' },
      cost_nano_usd: 625_000,
      priced: true,
      price_version: '2026-08-21',
      decision_id: 'dec_a',
      finish: 'stop',
      session_id: null,
      warnings: [],
      timings_ms: { auth: 0.1, plan: 0.2, connect: 3, first_byte: 404, total: 450, overhead: 0.5 },
    });
  });

  it('has every field also for a call that came to nothing, null where nothing is known', () => {
    const bare = toEntryJson({
      id: 'req_b',
      timeMs: 0,
      principal: 'open',
      dialect: 'openai-chat',
      endpoint: '/v1/chat/completions',
      stream: true,
      status: 401,
      errorCode: 'invalid_key',
      attempts: [],
      costNanoUsd: null,
      timings: { authMs: 1, planMs: 0, totalMs: 1, overheadMs: 1 },
    });

    expect(Object.keys(bare)).toEqual(Object.keys(toEntryJson(sampleEntry({ id: 'req_a' }))));
    expect(bare).toMatchObject({ model: null, usage: null, cost_nano_usd: null, priced: false, error_code: 'invalid_key', attempts: [] });
  });
});

describe('toEntryLine', () => {
  it('tells a person who asked for what, what came of it and what it cost', () => {
    const line = toEntryLine(sampleEntry({ id: 'req_a' }));

    for (const part of ['200', 'fast-chat → openai/gpt-4o', '120 → 35 tokens', '$0.000625', '450 ms', 'key:key_a', 'req_a'])
      expect(line).toContain(part);
  });

  it('never shows an unknown price as 0', () => {
    expect(toEntryLine(sampleEntry({ id: 'req_a', costNanoUsd: null }))).toContain('price unknown');
  });
});
