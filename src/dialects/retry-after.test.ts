import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../core/json.ts';
import { readDurationMs, readRetryAfterMs } from './retry-after.ts';

const date = 'Wed, 21 Oct 2026 07:28:00 GMT';

function read(headers: Record<string, string>, status = 429, body?: JsonValue): number | undefined {
  const all: Record<string, string> = { date, ...headers };
  return readRetryAfterMs({ status, header: (name) => all[name], body, text: '' });
}

describe('readRetryAfterMs', () => {
  it('prefers milliseconds over seconds', () => {
    expect(read({ 'retry-after-ms': '1500', 'x-ms-retry-after-ms': '2', 'retry-after': '9' })).toBe(1_500);
    expect(read({ 'x-ms-retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
  });

  it('reads seconds, also with a fraction', () => {
    expect(read({ 'retry-after': '2' }, 503)).toBe(2_000);
    expect(read({ 'retry-after': '0.5' }, 503)).toBe(500);
  });

  it('reads an HTTP date against the date of the answer, never negative', () => {
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' })).toBe(30_000);
    expect(read({ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT' })).toBe(0);
  });

  it('keeps a delay above a minute: whether to wait is decided elsewhere', () => {
    expect(read({ 'retry-after': '3600' })).toBe(3_600_000);
  });

  it('reads the delay that Gemini puts into the body only', () => {
    const error = {
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }],
    };

    expect(read({}, 429, { error })).toBe(34_400);
    expect(read({}, 429, [{ error }])).toBe(34_400);
  });

  it('reads how long a model takes to load', () => {
    expect(read({}, 503, { error: 'loading', estimated_time: 20 })).toBe(20_000);
  });

  it.each([
    ['x-ratelimit-reset-requests', '120ms', 120],
    ['x-ratelimit-reset-tokens', '6m0s', 360_000],
    ['x-ratelimit-reset-tokens', '12', 12_000],
    ['x-ratelimit-reset-tokens-minute', '11.382', 11_382],
    ['anthropic-ratelimit-requests-reset', '2026-10-21T07:28:05Z', 5_000],
    ['x-ratelimit-reset', String(Date.parse(date) + 4_000), 4_000],
    ['x-ratelimit-reset', String(Date.parse(date) / 1_000 + 4), 4_000],
  ])('reads the reset header %s: %s', (name, text, expected) => {
    expect(read({ [name]: text })).toBe(expected);
  });

  it('takes the limit that is used up, and not the daily one that is not', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '5',
      'x-ratelimit-reset-requests': '23h0m0s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '7s',
    };

    expect(read(headers)).toBe(7_000);
    expect(read({ ...headers, 'x-ratelimit-remaining-tokens': '10' })).toBe(7_000);
    expect(read({ ...headers, 'x-ratelimit-remaining-requests': '0' })).toBe(82_800_000);
  });

  it('reads reset headers of a rate limit only: every answer carries them', () => {
    expect(read({ 'x-ratelimit-reset-tokens': '7s' }, 500)).toBeUndefined();
  });

  it('is undefined for texts that are no delay', () => {
    expect(read({ 'retry-after': 'soon', 'x-ratelimit-reset-tokens': 'never' })).toBeUndefined();
  });
});

describe('readDurationMs', () => {
  it.each([
    ['34.4s', 34_400],
    ['1h2m3.5s', 3_723_500],
    ['2d', 172_800_000],
    ['12', undefined],
    ['1x', undefined],
  ])('%s', (text, expected) => {
    expect(readDurationMs(text)).toBe(expected);
  });
});
