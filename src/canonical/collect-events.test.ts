import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChatResponse, Part } from './chat.ts';
import { AnswerCollector } from './collect-events.ts';
import { eventsOf } from './replay.ts';

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }),
  fc.record({ type: fc.constant('refusal' as const), text: fc.string() }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), signature: fc.string() }),
  fc.record({ type: fc.constant('tool-call' as const), id: fc.string(), name: fc.string(), arguments: fc.json() }),
);

it('is the inverse of replaying an answer as events', () => {
  fc.assert(
    fc.property(fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }), (choices) => {
      const response: ChatResponse = {
        id: 'a1',
        model: 'm',
        created: 7,
        choices: choices.map((parts, index) => ({ index, parts, finish: 'stop' })),
        usage: { input: 1, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 2, reasoning: 0, source: 'upstream' },
      };
      const collector = new AnswerCollector();

      for (const event of eventsOf(response)) collector.note(event);

      expect(collector.response()).toEqual(response);
    }),
  );
});

it('makes no answer of a stream that broke off', () => {
  const collector = new AnswerCollector();

  collector.note({ type: 'text-delta', block: 0, text: 'half an ans' });

  expect(collector.response()).toBeUndefined();
});
