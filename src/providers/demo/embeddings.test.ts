import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerEmbeddings, embed } from './embeddings.ts';

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

describe('embeddings', () => {
  it('are unit vectors of the dimensions asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 512 }), (text, dimensions) => {
        const vector = embed(text, dimensions);

        expect(vector).toHaveLength(dimensions);
        expect(dot(vector, vector)).toBeCloseTo(1, 4);
      }),
    );
  });

  it('are closer for texts that share words', () => {
    const cat = embed('the cat sat on the mat', 256);

    expect(dot(cat, embed('a cat on a mat', 256))).toBeGreaterThan(dot(cat, embed('quarterly revenue grew', 256)) + 0.2);
  });

  it('are the same numbers in base64 and as floats', () => {
    const ask = (encoding_format: string): { data: { embedding: unknown }[] } =>
      answerEmbeddings({ input: ['one', [1, 2]], encoding_format, dimensions: 8 }, 'demo-embed') as { data: { embedding: unknown }[] };

    const floats = ask('float').data.map((entry) => Float32Array.from(entry.embedding as number[]));
    const decoded = ask('base64').data.map(
      (entry) => new Float32Array(new Uint8Array(Buffer.from(String(entry.embedding), 'base64')).buffer),
    );

    expect(decoded).toEqual(floats);
  });
});
