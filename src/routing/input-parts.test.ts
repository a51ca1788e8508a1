import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EmbedRequest } from '../canonical/tasks.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';
import { countParts, joinAnswers, partOf } from './input-parts.ts';

const embed = (texts: readonly string[]): EmbedRequest => ({
  task: 'embed',
  dialect: 'openai-embeddings',
  model: 'm',
  inputs: texts.map((text) => ({ kind: 'text', text })),
});
const usage = (more: Partial<Usage>): Usage => ({ ...noUsage, source: 'upstream', ...more });

it('asks for each input once, in order, never for too many at once', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (texts, maxInputs) => {
      const request = embed(texts);

      const parts = Array.from({ length: countParts(request, maxInputs) }, (_, part) => partOf(request, maxInputs, part));

      const inputs = parts.map((part) => (part.task === 'embed' ? part.inputs : []));
      expect(inputs.flat()).toEqual(request.inputs);
      for (const part of inputs) expect(part.length > 0 && part.length <= maxInputs).toBe(true);
    }),
  );
});

it('leaves requests alone that fit, that know no limit, or that are other work', () => {
  const request = embed(['a', 'b']);

  expect([countParts(request, 2), countParts(request, undefined)]).toEqual([1, 1]);
  expect(partOf(request, 2, 0)).toBe(request);
});

it('puts the vectors together in order, and adds up what was used', () => {
  const first = { model: 'm', vectors: [[1], [2]], usage: usage({ input: 5, billed: { input: 4, output: 0 }, parts: { inputImage: 2 } }) };
  const second = { model: 'm', vectors: [[3]], usage: usage({ input: 7, units: [{ unit: 'image', count: 1 }] }) };

  expect(joinAnswers([first, second])).toEqual({
    model: 'm',
    vectors: [[1], [2], [3]],
    usage: usage({ input: 12, billed: { input: 11, output: 0 }, parts: { inputImage: 2 }, units: [{ unit: 'image', count: 1 }] }),
  });
});

it('knows no sum when one of them does not tell, and no cost when one of them does not', () => {
  const told = { model: 'm', vectors: [[1]], usage: usage({ input: 5, providerCostNanoUsd: 3 }) };

  expect(joinAnswers([told, { model: 'm', vectors: [[2]] }])).not.toHaveProperty('usage');
  expect(joinAnswers([told, { model: 'm', vectors: [[2]], usage: usage({ input: 1 }) }])).toMatchObject({ usage: { input: 6 } });
  expect(JSON.stringify(joinAnswers([told, { ...told, usage: usage({ input: 1 }) }]))).not.toContain('providerCost');
});
