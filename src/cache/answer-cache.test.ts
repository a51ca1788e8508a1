import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { AnswerCache, type AnswerStore, type CachedAnswer, type Flight } from './answer-cache.ts';

const answer = (text: string): CachedAnswer => ({
  response: { id: 'a', model: 'm', created: 1, choices: [{ index: 0, parts: [{ type: 'text', text }], finish: 'stop' }] },
  model: 'm',
  provider: 'p',
  storedMs: 0,
});

function stage(options: { readonly maxBytes?: number; readonly store?: AnswerStore } = {}) {
  const clock = fakeClock();
  const cache = new AnswerCache({ clock, maxBytes: options.maxBytes ?? 1_000_000, store: options.store });
  const lead = (key: string, fresh = false): Flight => {
    const found = cache.look(key, { fresh });
    if (found.kind !== 'lead') throw new Error(`expected to lead, got ${found.kind}`);
    return found.flight;
  };
  return { clock, cache, lead };
}

it('finds an answer until its time is over', () => {
  const { clock, cache, lead } = stage();
  lead('k').keep(answer('hi'), 1_000);

  expect(cache.look('k', { fresh: false })).toEqual({ kind: 'hit', answer: answer('hi') });
  clock.advance(1_000);
  expect(cache.look('k', { fresh: false }).kind).toBe('lead');
});

describe('callers that ask the same at once', () => {
  it('wait for the one that was first, and get its answer', async () => {
    const { cache, lead } = stage();
    const flight = lead('k');
    const waiting = cache.look('k', { fresh: false });

    flight.keep(answer('once'), 1_000);

    expect(waiting.kind).toBe('wait');
    await expect(waiting.kind === 'wait' && waiting.answer).resolves.toEqual(answer('once'));
  });

  it('are told when that came to nothing, and then one of them leads', async () => {
    const { cache, lead } = stage();
    const flight = lead('k');
    const waiting = cache.look('k', { fresh: false });

    flight.drop();
    flight.keep(answer('too late'), 1_000);

    await expect(waiting.kind === 'wait' && waiting.answer).resolves.toBeUndefined();
    expect(cache.look('k', { fresh: false }).kind).toBe('lead');
  });
});

it('gives a caller who wants it fresh a new answer, which the next one gets', () => {
  const { cache, lead } = stage();
  lead('k').keep(answer('old'), 1_000);

  lead('k', true).keep(answer('new'), 1_000);

  expect(cache.look('k', { fresh: false })).toEqual({ kind: 'hit', answer: answer('new') });
});

it('keeps no more bytes in memory than it may', () => {
  const { cache, lead } = stage({ maxBytes: 20_000 });

  for (let i = 0; i < 100; i += 1) lead(`k${i}`).keep(answer('x'.repeat(100)), 1_000);
  lead('huge').keep(answer('x'.repeat(50_000)), 1_000);

  const kept = Array.from({ length: 100 }, (_one, i) => cache.look(`k${i}`, { fresh: false }).kind).filter((kind) => kind === 'hit');
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(30);
  expect(cache.look('huge', { fresh: false }).kind).toBe('lead');
});

it('falls back to the store, and is not harmed by what it cannot read there', () => {
  const rows = new Map<string, string>();
  const store: AnswerStore = { read: (key) => rows.get(key), write: (key, json) => rows.set(key, json), trim: () => 0 };
  stage({ store }).lead('k').keep(answer('kept'), 1_000);
  rows.set('broken', '{');

  const { cache } = stage({ store });

  expect(cache.look('k', { fresh: false })).toEqual({ kind: 'hit', answer: answer('kept') });
  expect(cache.look('broken', { fresh: false }).kind).toBe('lead');
});

it('answers and keeps as ever while the store fails, and leaves it alone for a while', () => {
  let asked = 0;
  const locked = (): never => {
    asked += 1;
    throw new Error('database is locked');
  };
  const { cache, lead, clock } = stage({ store: { read: locked, write: locked, trim: locked } });

  lead('k').keep(answer('hi'), 10_000);

  expect(cache.look('k', { fresh: false })).toEqual({ kind: 'hit', answer: answer('hi') });
  expect(asked).toBe(1);
  clock.advance(2_000);
  lead('other').drop();
  expect(asked).toBe(2);
});
