import { describe, expect, it } from 'vitest';
import { decodeUsage } from './usage.ts';

describe('tokens that are no text', () => {
  it('are told apart, because sound and pictures have prices of their own', () => {
    const usage = decodeUsage({
      promptTokenCount: 40,
      candidatesTokenCount: 1_300,
      totalTokenCount: 1_340,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 8 },
        { modality: 'AUDIO', tokenCount: 32 },
      ],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }],
    });

    expect(usage).toMatchObject({ input: 40, output: 1_300, parts: { inputAudio: 32, outputImage: 1_290 } });
  });

  it('leave no trace where there are none', () => {
    const usage = decodeUsage({
      promptTokenCount: 8,
      candidatesTokenCount: 3,
      totalTokenCount: 11,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
    });

    expect(usage).not.toHaveProperty('parts');
  });
});
