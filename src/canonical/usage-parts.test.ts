import { describe, expect, it } from 'vitest';
import { partsMember } from './usage.ts';

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
