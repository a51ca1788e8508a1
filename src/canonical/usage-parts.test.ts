import { describe, expect, it } from 'vitest';
import { partsMember, usageFromTotals } from './usage.ts';

describe('partsMember', () => {
  it('is nothing where all of it was text', () => {
    expect(partsMember({ inputAudio: undefined, inputImage: 0, outputAudio: 0, outputImage: undefined })).toEqual({});
  });

  it('names the parts that were told', () => {
    expect(partsMember({ inputAudio: 32, inputImage: undefined, outputAudio: undefined, outputImage: 1_290 })).toEqual({
      parts: { inputAudio: 32, outputImage: 1_290 },
    });
  });
});

describe('usageFromTotals', () => {
  it.each([1e20, -5, Number.POSITIVE_INFINITY, Number.NaN])('takes %d tokens for no count, and says so', (told) => {
    expect(usageFromTotals({ inputTotal: told, outputTotal: 3 })).toMatchObject({ input: 0, output: 3, anomaly: 'impossible count' });
  });
});
